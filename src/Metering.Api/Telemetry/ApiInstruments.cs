using System.Diagnostics.Metrics;

namespace Metering.Api.Telemetry;

/// <summary>What the API measures of itself, by OpenTelemetry's conventions: durations in seconds, names without units.</summary>
internal sealed class ApiInstruments
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "Metering.Api";

    private static readonly double[] DurationBounds =
        [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.065, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

    private readonly Histogram<double> ingestDuration;
    private readonly Counter<long> walletCommands;

    public ApiInstruments(IMeterFactory meters)
    {
        Meter meter = meters.Create(MeterName);
        ingestDuration = meter.CreateHistogram(
            "metering.ingest.duration", "s", "From the arrival of a request with events to its answer.", tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = DurationBounds });
        walletCommands = meter.CreateCounter<long>("metering.wallet.commands", "{command}", "Wallet commands that were decided.");
    }

    /// <summary>A request with events was answered.</summary>
    public void RecordIngest(TimeSpan took, string route, int status) => ingestDuration.Record(
        took.TotalSeconds, new KeyValuePair<string, object?>("http.route", route),
        new KeyValuePair<string, object?>("http.response.status_code", status));

    /// <summary>A wallet decided a command.</summary>
    public void CountWalletCommand(string command, string code) => walletCommands.Add(
        1, new KeyValuePair<string, object?>("metering.command", command), new KeyValuePair<string, object?>("metering.code", code));
}
