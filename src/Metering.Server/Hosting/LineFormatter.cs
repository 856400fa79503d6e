using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Metering.Server.Hosting;

/// <summary>
/// One line an entry: time in UTC, level, which server where there are several, message; an exception's message behind it, its trace only
/// where the level asks for everything.
/// </summary>
internal sealed class LineFormatter(TimeProvider time, ProcessName process) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "metering";

    public override void Write<TState>(in LogEntry<TState> entry, IExternalScopeProvider? scopes, TextWriter output)
    {
        string message = entry.Formatter(entry.State, entry.Exception);
        output.Write(time.GetUtcNow().ToString("yyyy-MM-dd HH:mm:ss.fff ", CultureInfo.InvariantCulture));
        output.Write(LevelText(entry.LogLevel));
        if (process.Value is { } name)
        {
            output.Write(name);
            output.Write(": ");
        }

        output.Write(message);
        if (entry.Exception is { } failure)
        {
            output.Write(": ");
            // A failure that nobody foresaw is a bug, and a bug needs its trace.
            output.Write(entry.LogLevel >= LogLevel.Critical ? failure.ToString() : Chain(failure));
        }

        output.WriteLine();
    }

    private static string Chain(Exception failure) =>
        $"{failure.GetType().Name}: {failure.Message}" + (failure.InnerException is { } inner ? $" <- {Chain(inner)}" : "");

    private static string LevelText(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace ",
        LogLevel.Debug => "debug ",
        LogLevel.Information => "info  ",
        LogLevel.Warning => "warn  ",
        LogLevel.Error => "error ",
        _ => "fatal ",
    };
}

/// <summary>Which of several servers writes a log.</summary>
internal sealed record ProcessName(string? Value);
