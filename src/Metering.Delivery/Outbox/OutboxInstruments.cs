using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Metering.Grid.Outbox;

namespace Metering.Delivery.Outbox;

/// <summary>What workers measure, by OpenTelemetry's conventions: attempts and how they went, and how much waits for how long.</summary>
public sealed class OutboxInstruments : IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "Metering.Outbox";

    private static readonly double[] DurationBounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

    private readonly Meter meter;
    private readonly Histogram<double> attempts;
    private readonly ConcurrentDictionary<(string Shard, string Kind), (OutboxBacklog Backlog, double Age)> backlogs = new();

    /// <param name="meters">Makes the meter; null where nobody collects through a host.</param>
    public OutboxInstruments(IMeterFactory? meters = null)
    {
        meter = meters?.Create(MeterName) ?? new Meter(MeterName);
        attempts = meter.CreateHistogram(
            "metering.outbox.attempt.duration", "s", "Attempts at outbox rows, by kind and by what became of them.", tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = DurationBounds });
        meter.CreateObservableUpDownCounter("metering.outbox.due", Due, "{row}", "Outbox rows that are due and not done, by kind.");
        meter.CreateObservableGauge(
            "metering.outbox.age", Ages, "s", "For how long the oldest outbox row that is not done has been due, by kind.");
    }

    /// <summary>An attempt has ended.</summary>
    public void RecordAttempt(string kind, OutboxVerdict verdict, TimeSpan took) => attempts.Record(
        took.TotalSeconds, new KeyValuePair<string, object?>("metering.outbox.kind", kind),
        new KeyValuePair<string, object?>("metering.outcome", Word(verdict)));

    /// <summary>A shard was measured.</summary>
    /// <param name="shard">The shard.</param>
    /// <param name="backlog">What waits of a kind.</param>
    /// <param name="age">How long the oldest has been due, in seconds; 0 where there is none.</param>
    public void SetBacklog(string shard, OutboxBacklog backlog, double age) => backlogs[(shard, backlog.Kind)] = (backlog, age);

    /// <summary>Ends the meter.</summary>
    public void Dispose() => meter.Dispose();

    private IEnumerable<Measurement<long>> Due() => backlogs.GroupBy(row => row.Key.Kind)
        .Select(kind => new Measurement<long>(kind.Sum(row => row.Value.Backlog.Due), Tag(kind.Key)));

    private IEnumerable<Measurement<double>> Ages() => backlogs.GroupBy(row => row.Key.Kind)
        .Select(kind => new Measurement<double>(kind.Max(row => row.Value.Age), Tag(kind.Key)));

    private static KeyValuePair<string, object?> Tag(string kind) => new("metering.outbox.kind", kind);

    private static string Word(OutboxVerdict verdict) => verdict switch
    {
        OutboxVerdict.Done => "done",
        OutboxVerdict.Retry => "failed",
        OutboxVerdict.GiveUp => "given_up",
        OutboxVerdict.Postpone => "postponed",
        _ => throw new ArgumentOutOfRangeException(nameof(verdict), verdict, "Not a verdict."),
    };
}
