using Microsoft.Extensions.Logging.Console;

namespace Metering.Server.Hosting;

/// <summary>The log: one line each on standard error, so that what commands print can be piped.</summary>
internal static class ServerLogging
{
    /// <param name="least">The least level that is logged.</param>
    /// <param name="process">Which of several servers writes: stands before each message. Null where there is one.</param>
    public static ILoggerFactory Create(LogLevel least, string? process = null) =>
        LoggerFactory.Create(logging => Configure(logging, least, process));

    private static void Configure(ILoggingBuilder logging, LogLevel least, string? process)
    {
        logging.ClearProviders();
        logging.SetMinimumLevel(least);
        // Kestrel and routing tell of every request and every client that went away; what matters of that is in the metrics.
        logging.AddFilter("Microsoft", least > LogLevel.Warning ? least : LogLevel.Warning);
        // Where this one is on, each request gets an activity and a scope for lines that nobody writes; traces ask for theirs themselves.
        logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
        logging.AddFilter("Npgsql", least > LogLevel.Warning ? least : LogLevel.Warning);
        logging.AddFilter("Orleans", least > LogLevel.Warning ? least : LogLevel.Warning);
        // Of what follows, nothing is for an operator to act upon: every placement that Orleans makes and makes again; that the processor
        // was busy; and calls that ended without an answer, which their callers were told.
        logging.AddFilter("Polly", LogLevel.Error);
        logging.AddFilter("Orleans.Runtime.Watchdog", LogLevel.Error);
        logging.AddFilter("Orleans.Runtime.CallbackData", LogLevel.Error);
        logging.Services.AddSingleton(TimeProvider.System);
        logging.Services.AddSingleton(new ProcessName(process));
        logging.AddConsole(console => console.FormatterName = LineFormatter.FormatterName);
        logging.AddConsoleFormatter<LineFormatter, ConsoleFormatterOptions>();
        logging.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
    }
}
