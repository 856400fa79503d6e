using System.Diagnostics;

namespace Metering.Api.Telemetry;

/// <summary>The product's spans, below those that ASP.NET Core makes of requests.</summary>
internal static class ApiTraces
{
    /// <summary>The name to subscribe to.</summary>
    public const string SourceName = "Metering.Api";

    private static readonly ActivitySource Source = new(SourceName);

    /// <summary>A wallet deciding a command; null where nobody listens.</summary>
    public static Activity? StartWalletCommand(string command, int partition) =>
        Source.StartActivity("wallet " + command)?.SetTag("metering.command", command).SetTag("metering.partition", partition);
}
