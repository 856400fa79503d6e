using Metering.Grid;

namespace Metering.Api.Operations;

/// <summary>The formulas of <c>GET /api/v1/metrics</c>.</summary>
internal static class EngineFigures
{
    /// <summary>Rows that per-event SQL writes for one event: an insert of the event, an update of the balance, a ledger row.</summary>
    private const int RowsPerEvent = 3;

    /// <summary>
    /// 1 minus rows written on the acknowledgement path by those that per-event SQL would write. On that path a group is one journal row;
    /// nothing is updated.
    /// 0 before the first event; below 0 where there were more groups than that, as with many wallet commands and few events.
    /// </summary>
    public static double WriteReduction(long groupsWritten, long eventsAccepted) =>
        eventsAccepted == 0 ? 0 : Round(1 - (double)groupsWritten / ((double)eventsAccepted * RowsPerEvent));

    /// <summary>Hits by look-ups; 0 before the first.</summary>
    public static double HitRate(long hits, long lookups) => lookups == 0 ? 0 : Round((double)hits / lookups);

    /// <summary>A mean rate; 0 where no time has passed.</summary>
    public static double PerSecond(long count, double seconds) => seconds <= 0 ? 0 : Math.Round(count / seconds, 1);

    /// <summary>Everything, of an engine.</summary>
    public static MetricsAnswer Of(IMeteringEngine engine, ProcessFigures figures)
    {
        EngineStatus status = engine.Status;
        (long count, double seconds) = figures.LastMinute(status);
        double[] latencies = figures.Latencies.PercentilesMs(0.5, 0.95, 0.99);
        return new MetricsAnswer(
            PerSecond(count, seconds), count,
            WriteReduction(Volatile.Read(ref status.GroupsWritten), Volatile.Read(ref status.EventsAccepted)),
            HitRate(Volatile.Read(ref status.CustomerHits), Volatile.Read(ref status.CustomerLookups)),
            status.Shards.ToDictionary(
                shard => shard.Name,
                shard => new ShardFigures(
                    Volatile.Read(ref shard.Events), Volatile.Read(ref shard.Bytes), Volatile.Read(ref shard.Customers))),
            Math.Round(engine.Lag.Seconds, 3), latencies[0], latencies[1], latencies[2]);
    }

    private static double Round(double share) => Math.Round(share, 6);
}
