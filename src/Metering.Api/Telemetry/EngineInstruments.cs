using System.Diagnostics;
using System.Diagnostics.Metrics;
using Metering.Grid;

namespace Metering.Api.Telemetry;

/// <summary>The engine's counters and states, read when somebody collects them; the path of an event pays nothing for it.</summary>
internal sealed class EngineInstruments
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "Metering.Engine";

    private static readonly TimeSpan AtRiskInterval = TimeSpan.FromSeconds(5);

    private readonly IMeteringEngine engine;
    private readonly Lock atRiskGate = new();
    private long atRisk;
    private long atRiskAt;

    public EngineInstruments(IMeterFactory meters, IMeteringEngine engine)
    {
        this.engine = engine;
        Meter meter = meters.Create(MeterName);
        AddCounters(meter);
        AddStates(meter);
        AddShards(meter);
    }

    private EngineStatus Status => engine.Status;

    private void AddCounters(Meter meter)
    {
        meter.CreateObservableCounter(
            "metering.events.received", () => Volatile.Read(ref Status.EventsReceived), "{event}", "Events that arrived.");
        meter.CreateObservableCounter("metering.events", Outcomes, "{event}", "Events decided, by outcome.");
        meter.CreateObservableCounter("metering.groups", () => Volatile.Read(ref Status.GroupsWritten), "{group}", "Groups made durable.");
        meter.CreateObservableCounter(
            "metering.rounds",
            () => Volatile.Read(ref Status.RoundsWritten), "{round}", "Database transactions on the acknowledgement path.");
        meter.CreateObservableCounter("metering.journal.io", () => Volatile.Read(ref Status.JournalBytes), "By", "Journal bytes written.");
        meter.CreateObservableCounter(
            "metering.checkpoint.buckets", () => Volatile.Read(ref Status.CheckpointBuckets), "{bucket}",
            "Buckets of customers saved by checkpoints.");
        meter.CreateObservableCounter(
            "metering.checkpoint.io", () => Volatile.Read(ref Status.CheckpointBytes), "By", "Bytes of those buckets.");
        meter.CreateObservableCounter(
            "metering.checkpoint.time", () => TimeSpan.FromTicks(Volatile.Read(ref Status.CheckpointTicks)).TotalSeconds, "s",
            "Time that checkpoints took of this process, without waiting for the database.");
        meter.CreateObservableCounter(
            "metering.ledger.entries", () => Volatile.Read(ref Status.LedgerEntries), "{entry}", "Ledger entries journaled.");
        meter.CreateObservableCounter(
            "metering.invoices.issued", () => Volatile.Read(ref Status.InvoicesIssued), "{invoice}",
            "Invoices issued by themselves, after their period was closed.");
        meter.CreateObservableCounter(
            "metering.customer.lookups", Lookups, "{lookup}", "Requests by whether their customer was in memory.");
        meter.CreateObservableCounter(
            "metering.dedup.lookups", () => Volatile.Read(ref Status.DedupLookups), "{lookup}", "Identities looked up in segments.");
        meter.CreateObservableCounter(
            "metering.partitions.dropped", () => Volatile.Read(ref Status.PartitionsDropped), "{partition}",
            "Partitions dropped after a failed write or a fence.");
        meter.CreateObservableCounter(
            "metering.partitions.fenced", () => Volatile.Read(ref Status.PartitionsFenced), "{partition}",
            "Partitions dropped because another owner had taken them.");
    }

    private void AddStates(Meter meter)
    {
        meter.CreateObservableGauge("metering.ready", () => Status.Ready ? 1 : 0, description: "1 while requests are served.");
        meter.CreateObservableUpDownCounter(
            "metering.dedup.entries", () => Volatile.Read(ref Status.DedupEntries), "{identity}", "Identities in memory.");
        meter.CreateObservableUpDownCounter(
            "metering.customers.loaded", () => Volatile.Read(ref Status.CustomersInMemory), "{customer}", "Customers in memory.");
        meter.CreateObservableUpDownCounter(
            "metering.cluster.partitions", () => engine.Directory.Cluster.Partitions, "{partition}", "Partitions of the whole cluster.");
        meter.CreateObservableUpDownCounter(
            "metering.partitions.owned", () => Status.PartitionsOwned, "{partition}", "Partitions owned now.");
        meter.CreateObservableUpDownCounter(
            "metering.partitions.away", () => Status.PartitionsAway, "{partition}",
            "Partitions that should be served here, or from here, and are not.");
        meter.CreateObservableUpDownCounter(
            "metering.wallets.at_risk", AtRisk, "{wallet}",
            "Wallets in memory that had credits and have none left, or less than the threshold of their automatic top-up.");
        meter.CreateObservableUpDownCounter(
            "metering.partitions.unsaved", () => Status.PartitionsUnsaved, "{partition}",
            "Partitions with changes that no checkpoint has saved yet.");
        meter.CreateObservableUpDownCounter(
            "metering.journal.in_flight",
            () => Volatile.Read(ref Status.BytesInFlight), "By", "Bytes journaled in memory and not yet durable.");
        meter.CreateObservableGauge(
            "metering.projection.lag", () => engine.Lag.Seconds, "s", "The age of the oldest group that is not projected yet.");
        meter.CreateObservableUpDownCounter(
            "metering.projection.backlog", () => engine.Lag.Events, "{event}", "Events in groups that are not projected yet.");
    }

    private void AddShards(Meter meter)
    {
        meter.CreateObservableCounter(
            "metering.shard.events",
            () => Shards(static shard => Volatile.Read(ref shard.Events)), "{event}", "Events accepted, by shard.");
        meter.CreateObservableCounter(
            "metering.shard.journal.io",
            () => Shards(static shard => Volatile.Read(ref shard.Bytes)), "By", "Journal bytes written, by shard.");
        meter.CreateObservableUpDownCounter(
            "metering.shard.customers",
            () => Shards(static shard => Volatile.Read(ref shard.Customers)), "{customer}", "Customers in memory, by shard.");
        meter.CreateObservableGauge(
            "metering.shard.connected",
            () => Shards(static shard => shard.Connected ? 1 : 0), description: "0 while a shard's writes fail.");
    }

    // Looks at every customer in memory: so not more often than every few seconds, whoever asks for metrics.
    private long AtRisk()
    {
        lock (atRiskGate)
        {
            if (atRiskAt == 0 || Stopwatch.GetElapsedTime(atRiskAt) > AtRiskInterval)
                (atRisk, atRiskAt) = (Status.WalletsAtRisk, Stopwatch.GetTimestamp());
            return atRisk;
        }
    }

    private IEnumerable<Measurement<long>> Outcomes() =>
    [
        Tagged(Volatile.Read(ref Status.EventsAccepted), "metering.outcome", "accepted"),
        Tagged(Volatile.Read(ref Status.EventsDuplicate), "metering.outcome", "duplicate"),
        Tagged(Volatile.Read(ref Status.EventsRejected), "metering.outcome", "rejected"),
    ];

    private IEnumerable<Measurement<long>> Lookups()
    {
        long hits = Volatile.Read(ref Status.CustomerHits);
        long all = Volatile.Read(ref Status.CustomerLookups);
        return [Tagged(hits, "metering.cache.hit", "true"), Tagged(Math.Max(0, all - hits), "metering.cache.hit", "false")];
    }

    private IEnumerable<Measurement<long>> Shards(Func<ShardStatus, long> read) =>
        [.. Status.Shards.Select(shard => Tagged(read(shard), "metering.shard", shard.Name))];

    private static Measurement<long> Tagged(long value, string name, string tag) =>
        new(value, new KeyValuePair<string, object?>(name, tag));
}
