using Metering.Grid;
using Metering.Orleans.Grains;
using Metering.Orleans.Ownership;

namespace Metering.Silo.Hosting;

/// <summary>
/// Asks every partition's owner for a sign of life, every second. A front end begins to serve once each partition had an owner that
/// answered; a silo that has lost all of its partitions, or that no database answers, while others have theirs is cut off.
/// </summary>
/// <remarks>
/// An owner that says that its shard is away has answered: that is the shard's affair, and its customers are told.
/// </remarks>
internal sealed partial class ClusterWatch(
    IGrainFactory grains, IMeteringEngine engine, SiloPartitions? own, int partitions, TimeSpan cutOffAfter, ILogger log, TimeProvider time)
{
    private static readonly TimeSpan interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan patience = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan askAgain = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan sayEvery = TimeSpan.FromSeconds(5);

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

    /// <summary>Begins to ask; in a front end, ends once every partition had an owner.</summary>
    public async Task StartAsync(CancellationToken cancellation)
    {
        if (own is null)
            await OwnersAsync(cancellation);
        running = RunAsync();
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

    private async Task OwnersAsync(CancellationToken cancellation)
    {
        long said = 0;
        while (true)
        {
            Sign[] signs = await Task.WhenAll(Enumerable.Range(0, partitions).Select(AskAsync));
            for (int partition = 0; partition < partitions; partition++)
                hadOwner[partition] |= signs[partition] != Sign.None;
            int without = hadOwner.Count(had => !had);
            if (without == 0)
                return;
            if (said == 0 || time.GetElapsedTime(said) > sayEvery)
            {
                LogWaiting(log, without, partitions);
                said = time.GetTimestamp();
            }

            await Task.Delay(askAgain, time, cancellation);
        }
    }

    private void Tell(Sign[] signs)
    {
        int owned = signs.Count(sign => sign == Sign.Owned);
        int silent = signs.Count(sign => sign == Sign.None);
        EngineStatus status = engine.Status;
        status.PartitionsAway = partitions - owned;
        status.AwayReason = owned == partitions
            ? null
            : $"{partitions - owned} of {partitions} partitions do not answer, {silent} of them have no owner";
    }

    private bool IsCutOff(Sign[] signs)
    {
        EngineStatus status = engine.Status;
        // The own partitions give no sign without a database, nor do those of others.
        bool nothing = status is { PartitionsOwned: 0, PartitionsAway: > 0 } || own is { ReachesDatabases: false };
        if (!nothing || !signs.Contains(Sign.Owned))
        {
            nothingSince = 0;
            return false;
        }

        if (nothingSince == 0)
            nothingSince = time.GetTimestamp();
        if (time.GetElapsedTime(nothingSince) < cutOffAfter)
            return false;
        CutOff?.Invoke($"no database answers this silo, or none of its partitions could be had, for {cutOffAfter.TotalSeconds} s, while "
            + "other silos have theirs");
        return true;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "waiting for owners: {Without} of {Partitions} partitions have had none yet")]
    private static partial void LogWaiting(ILogger log, int without, int partitions);
}
