using Metering.Grid;
using Metering.Orleans.Grains;
using Metering.Orleans.Ownership;

namespace Metering.Silo.Hosting;

/// <summary>
/// Asks every partition's owner for a sign of life, every second. A front end is ready once each partition had an owner that answered,
/// and as long as one answers; a silo that has lost all of its partitions while others have theirs is cut off from the databases.
/// </summary>
/// <remarks>
/// An owner that says that its shard is away has answered: that is the shard's affair, and its customers are told.
/// </remarks>
internal sealed class ClusterWatch(
    IGrainFactory grains, IMeteringEngine engine, SiloPartitions? own, int partitions, TimeSpan cutOffAfter, TimeProvider time)
{
    private static readonly TimeSpan interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan patience = TimeSpan.FromSeconds(3);

    private readonly CancellationTokenSource stopping = new();
    private readonly bool[] hadOwner = new bool[partitions];
    private Task running = Task.CompletedTask;
    private long nothingSince;

    /// <summary>Raised once, where this silo is to leave its partitions to the others.</summary>
    public event Action<string>? CutOff;

    private enum Sign
    {
        /// <summary>It has the partition.</summary>
        Owned,

        /// <summary>There is an owner, and the partition's shard is away.</summary>
        ShardAway,

        /// <summary>Nobody answered.</summary>
        None,
    }

    /// <summary>Begins to ask.</summary>
    public Task StartAsync(CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        running = RunAsync();
        return Task.CompletedTask;
    }

    /// <summary>Asks no more.</summary>
    public async Task StopAsync()
    {
        await stopping.CancelAsync();
        await running;
    }

    private async Task RunAsync()
    {
        while (!stopping.IsCancellationRequested)
        {
            Sign[] signs = await Task.WhenAll(Enumerable.Range(0, partitions).Select(AskAsync));
            if (own is null)
                Tell(signs);
            else if (IsCutOff(signs))
                return;
            try
            {
                await Task.Delay(interval, time, stopping.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task<Sign> AskAsync(int partition)
    {
        try
        {
            await grains.GetGrain<IPartitionGrain>(partition).ReportAsync(stopping.Token).AsTask()
                .WaitAsync(patience, time, stopping.Token);
            return Sign.Owned;
        }
        catch (PartitionUnavailableException)
        {
            return Sign.ShardAway;
        }
        catch (Exception)
        {
            // Whatever it was: there was no answer.
            return Sign.None;
        }
    }

    private void Tell(Sign[] signs)
    {
        for (int partition = 0; partition < partitions; partition++)
            hadOwner[partition] |= signs[partition] != Sign.None;
        int owned = signs.Count(sign => sign == Sign.Owned);
        int silent = signs.Count(sign => sign == Sign.None);
        int never = hadOwner.Count(had => !had);
        EngineStatus status = engine.Status;
        status.PartitionsAway = partitions - owned;
        status.AwayReason = owned == partitions
            ? null
            : $"{partitions - owned} of {partitions} partitions do not answer, {silent} of them have no owner";
        status.NotReadyReason = never > 0
            ? $"{never} of {partitions} partitions have had no owner since this front end has started."
            : silent == partitions ? "No silo answers." : null;
        status.Ready = status.NotReadyReason is null;
    }

    private bool IsCutOff(Sign[] signs)
    {
        EngineStatus status = engine.Status;
        bool nothing = status is { PartitionsOwned: 0, PartitionsAway: > 0 } && signs.Contains(Sign.Owned);
        if (!nothing)
        {
            nothingSince = 0;
            return false;
        }

        if (nothingSince == 0)
            nothingSince = time.GetTimestamp();
        if (time.GetElapsedTime(nothingSince) < cutOffAfter)
            return false;
        CutOff?.Invoke($"none of this silo's {status.PartitionsAway} partitions could be had for {cutOffAfter.TotalSeconds} s, while other "
            + "silos have theirs");
        return true;
    }
}
