using Metering.Core.Time;
using Metering.Grid;

namespace Metering.Api.Operations;

/// <summary>
/// Whether this process should get requests: the engine serves and the control database answers. A shard that is away is told and does not
/// count: only its own customers are refused, the others are served.
/// </summary>
internal sealed class Readiness(IMeteringEngine engine, TimeProvider time)
{
    private static readonly TimeSpan DatabaseWait = TimeSpan.FromSeconds(2);

    /// <summary>Asks both.</summary>
    public async ValueTask<ReadyAnswer> CheckAsync(CancellationToken cancellation)
    {
        bool hasDatabase = await HasDatabaseAsync(cancellation);
        EngineStatus status = engine.Status;
        var services = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["database"] = hasDatabase ? "connected" : "unavailable",
            ["engine"] = status.Ready ? "ready" : "not_ready",
        };
        foreach (ShardStatus shard in status.Shards)
            services[$"shard:{shard.Name}"] = shard.Connected ? "connected" : "unavailable";
        string? reason = !status.Ready
            ? status.NotReadyReason ?? "The engine does not serve yet."
            : hasDatabase ? null : "The control database does not answer.";
        return new ReadyAnswer(reason is null ? "ready" : "not_ready", Instant.FromDateTimeOffset(time.GetUtcNow()), services, reason);
    }

    private async ValueTask<bool> HasDatabaseAsync(CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        try
        {
            await engine.DirectoryStore.ReadVersionAsync(patience.Token).AsTask().WaitAsync(DatabaseWait, time, cancellation);
            return true;
        }
        catch (Exception) when (!cancellation.IsCancellationRequested)
        {
            // Whatever keeps it from answering, it does not answer. The read that was left alone ends too.
            await patience.CancelAsync();
            return false;
        }
    }
}
