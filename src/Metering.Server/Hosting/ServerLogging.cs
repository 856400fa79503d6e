using Microsoft.Extensions.Logging.Console;

namespace Metering.Server.Hosting;

/// <summary>The log: one line each on standard error, so that what commands print can be piped.</summary>
internal static class ServerLogging
{
    public static ILoggerFactory Create(LogLevel least) => LoggerFactory.Create(logging => Configure(logging, least));

    public static void Configure(ILoggingBuilder logging, LogLevel least)
    {
        logging.ClearProviders();
        logging.SetMinimumLevel(least);
        // Kestrel and routing tell of every request and every client that went away; what matters of that is in the metrics.
        logging.AddFilter("Microsoft", least > LogLevel.Warning ? least : LogLevel.Warning);
        logging.AddFilter("Npgsql", least > LogLevel.Warning ? least : LogLevel.Warning);
        logging.Services.AddSingleton(TimeProvider.System);
        logging.AddConsole(console => console.FormatterName = LineFormatter.FormatterName);
        logging.AddConsoleFormatter<LineFormatter, ConsoleFormatterOptions>();
        logging.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
    }
}
