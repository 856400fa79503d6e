using Metering.Core.Time;
using Metering.Grid;
using Microsoft.Extensions.Logging;

namespace Metering.Api.Operations;

/// <summary>
/// Whether this process should get requests: the engine serves and the control database answers. A shard that is away is told and does not
/// count: only its own customers are refused, the others are served.
/// </summary>
internal sealed partial class Readiness(IMeteringEngine engine, TimeProvider time, ILogger<Readiness> logger)
{
    private static readonly TimeSpan DatabaseWait = TimeSpan.FromSeconds(2);

    private string? logged;

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
        services["partitions"] = status.PartitionsAway == 0 ? "owned" : $"{status.PartitionsAway} away";
        foreach (ShardStatus shard in status.Shards)
            services[$"shard:{shard.Name}"] = shard.Connected ? "connected" : "unavailable";
        string? reason = !status.Ready
            ? "The engine does not serve."
            : hasDatabase ? null : "The control database does not answer.";
        Log(status.Ready ? reason : status.NotReadyReason ?? reason);
        return new ReadyAnswer(reason is null ? "ready" : "not_ready", Instant.FromDateTimeOffset(time.GetUtcNow()), services, reason);
    }

    /// <summary>Anybody may ask, so the answer has fixed words; what lies behind them is in the log, once.</summary>
    private void Log(string? reason)
    {
        if (Interlocked.Exchange(ref logged, reason) != reason && reason is not null)
            LogNotReady(logger, reason);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "not ready: {Reason}")]
    private static partial void LogNotReady(ILogger logger, string reason);

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
