using Metering.Core.Time;
using Metering.Grid.Outbox;
using Microsoft.Extensions.Logging;

namespace Metering.Delivery.Outbox;

/// <summary>
/// Has a handler do the due rows of its kinds: of all shards, each for itself, so that one that is away holds up no other; so many at once
/// in all and of one target. Any number of workers may serve the same kinds, in any number of processes.
/// </summary>
public sealed partial class OutboxWorker
{
    private static readonly TimeSpan newShardsInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan measureInterval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan upkeepInterval = TimeSpan.FromHours(1);
    private static readonly TimeSpan noPlaceFor = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan giveBackWithin = TimeSpan.FromSeconds(2);

    private readonly IOutbox outbox;
    private readonly IOutboxHandler handler;
    private readonly OutboxWorkerOptions options;
    private readonly TimeProvider time;
    private readonly OutboxInstruments instruments;
    private readonly ILogger<OutboxWorker> logger;
    private readonly TargetBounds targets;
    private readonly SemaphoreSlim places;

    /// <param name="outbox">Where rows come from.</param>
    /// <param name="handler">What does them.</param>
    /// <param name="options">How much at once.</param>
    /// <param name="time">The clock.</param>
    /// <param name="instruments">What is measured.</param>
    /// <param name="logger">Told of failures of shards, and of rows that were given up.</param>
    public OutboxWorker(
        IOutbox outbox, IOutboxHandler handler, OutboxWorkerOptions options, TimeProvider time, OutboxInstruments instruments,
        ILogger<OutboxWorker> logger)
    {
        options.Validate();
        (this.outbox, this.handler, this.options, this.time) = (outbox, handler, options, time);
        (this.instruments, this.logger) = (instruments, logger);
        targets = new TargetBounds(options, time);
        foreach (string shard in outbox.Shards)
            ShowNothing(shard);
        places = new SemaphoreSlim(options.Parallel, options.Parallel);
    }

    /// <summary>
    /// Works until cancelled. Then it takes nothing more, lets what it has in hand come to its end within
    /// <see cref="OutboxWorkerOptions.StopWithin"/>, ends the rest and gives it back.
    /// </summary>
    public async Task RunAsync(CancellationToken stop)
    {
        using var end = new CancellationTokenSource();
        var running = new Dictionary<string, Task>(StringComparer.Ordinal);
        do
        {
            // Shards are added while it works.
            foreach (string shard in outbox.Shards)
            {
                if (running.ContainsKey(shard))
                    continue;
                ShowNothing(shard);
                running.Add(shard, Task.WhenAll(RunShardAsync(shard, stop, end.Token), WatchAsync(shard, stop)));
            }

            // The wait ends with any of what is waited for, which is a fault, or with the stop.
            await Task.WhenAny([.. running.Values, Task.Delay(newShardsInterval, time, stop)]);
        }
        while (!stop.IsCancellationRequested && !running.Values.Any(task => task.IsCompleted));

        Task all = Task.WhenAll(running.Values);
        await Task.WhenAny(all, Task.Delay(options.StopWithin, time, CancellationToken.None));
        await end.CancelAsync();
        await all;
    }

    /// <summary>Does what is due in a shard now, once, and waits for it: for tests and for callers that keep their own time.</summary>
    /// <returns>How many rows were taken.</returns>
    public async Task<int> RunOnceAsync(string shard, CancellationToken cancellation)
    {
        IReadOnlyList<OutboxClaim> claims = await ClaimAsync(shard, cancellation);
        await Task.WhenAll(claims.Select(claim => DoAsync(claim, cancellation)));
        return claims.Count;
    }

    private void ShowNothing(string shard)
    {
        foreach (string kind in handler.Kinds)
            instruments.SetBacklog(shard, new OutboxBacklog(kind, 0, null), 0);
    }

    private async Task RunShardAsync(string shard, CancellationToken stop, CancellationToken end)
    {
        var inHand = new List<Task>();
        int failures = 0;
        while (!stop.IsCancellationRequested)
        {
            TimeSpan wait = TimeSpan.Zero;
            try
            {
                IReadOnlyList<OutboxClaim> claims = await ClaimAsync(shard, stop);
                inHand.RemoveAll(task => task.IsCompleted);
                inHand.AddRange(claims.Select(claim => DoAsync(claim, end)));
                failures = 0;
                if (claims.Count == 0)
                    wait = options.IdleInterval;
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                break;
            }
            catch (Exception e)
            {
                failures++;
                LogShard(logger, shard, failures, e);
                wait = TimeSpan.FromMilliseconds(Math.Min(10_000, 200 << Math.Min(failures, 6)));
            }

            await WaitAsync(wait, inHand, stop);
        }

        await Task.WhenAll(inHand);
    }

    /// <summary>Takes rows for as many places as there are, at least one. The places of these rows stay taken.</summary>
    private async Task<IReadOnlyList<OutboxClaim>> ClaimAsync(string shard, CancellationToken cancellation)
    {
        await places.WaitAsync(cancellation);
        int free = 1;
        while (free < options.Parallel && places.Wait(0, CancellationToken.None))
            free++;
        int taken = 0;
        try
        {
            IReadOnlyList<OutboxClaim> claims = await outbox.ClaimAsync(
                new OutboxClaimRequest(shard, handler.Kinds, free)
                {
                    LimitPerTarget = options.ParallelPerTarget,
                    TargetLimits = targets.Free(),
                },
                cancellation);
            taken = claims.Count;
            return claims;
        }
        finally
        {
            if (free > taken)
                places.Release(free - taken);
        }
    }

    private async Task DoAsync(OutboxClaim claim, CancellationToken end)
    {
        bool? succeeded = null;
        bool hasPlace = targets.TryTake(claim.Message.Target);
        // From here the loop goes on: it has to know of the place that was taken, and is not to be held up by what is done there.
        await Task.Yield();
        try
        {
            if (hasPlace)
                succeeded = await AttemptAsync(claim, end);
            else
                await outbox.PostponeAsync([claim], noPlaceFor, CancellationToken.None);
        }
        catch (Exception e)
        {
            // What became of it could not be said: the lease ends, and it comes again.
            LogLost(logger, claim.Message.Kind, claim.Id, e);
        }
        finally
        {
            if (hasPlace)
                targets.Return(claim.Message.Target, succeeded);
            places.Release();
        }
    }

    /// <summary>Makes an attempt and says what became of it.</summary>
    /// <returns>Whether it succeeded; null where nothing was tried.</returns>
    private async Task<bool?> AttemptAsync(OutboxClaim claim, CancellationToken end)
    {
        long began = time.GetTimestamp();
        Instant at = Instant.FromDateTimeOffset(time.GetUtcNow());
        OutboxOutcome outcome = await HandleAsync(claim, end);
        var attempt = new OutboxAttempt(at, time.GetElapsedTime(began), outcome.Status, outcome.Error);
        instruments.RecordAttempt(claim.Message.Kind, outcome.Verdict, attempt.Took);
        // What was done has to be said, also while the process ends.
        using var limit = new CancellationTokenSource(giveBackWithin, time);
        CancellationToken saying = end.IsCancellationRequested ? limit.Token : CancellationToken.None;
        switch (outcome.Verdict)
        {
            case OutboxVerdict.Done:
                await outbox.CompleteAsync(claim, outcome.IsRecorded ? attempt : null, outcome.FollowUps, saying);
                return true;
            case OutboxVerdict.Retry:
                if (await outbox.RetryAsync(claim, attempt, outcome.NotBefore, saying) == OutboxStatus.Dead)
                    LogGivenUp(logger, claim.Message.Kind, claim.Id, claim.Attempt, outcome.Error);
                return false;
            case OutboxVerdict.GiveUp:
                if (await outbox.GiveUpAsync(claim, attempt, saying))
                    LogGivenUp(logger, claim.Message.Kind, claim.Id, claim.Attempt, outcome.Error);
                return false;
            default:
                await outbox.PostponeAsync([claim], outcome.NotBefore ?? noPlaceFor, saying);
                return null;
        }
    }

    private async Task<OutboxOutcome> HandleAsync(OutboxClaim claim, CancellationToken end)
    {
        if (end.IsCancellationRequested)
            return OutboxOutcome.Postpone(TimeSpan.Zero);
        using var timeout = new CancellationTokenSource(options.AttemptTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(end, timeout.Token);
        try
        {
            return await handler.HandleAsync(claim, either.Token);
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            return OutboxOutcome.Postpone(TimeSpan.Zero);
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested)
        {
            return OutboxOutcome.Retry($"It took longer than {options.AttemptTimeout.TotalSeconds:0} s.");
        }
        catch (Exception e)
        {
            return OutboxOutcome.Retry($"{e.GetType().Name}: {e.Message}");
        }
    }

    private async Task WatchAsync(string shard, CancellationToken stop)
    {
        long upkeepAt = 0;
        while (!stop.IsCancellationRequested)
        {
            try
            {
                foreach (OutboxBacklog backlog in await outbox.MeasureAsync(shard, handler.Kinds, stop))
                {
                    double age = backlog.OldestDueAt is { } since
                        ? Math.Max(0, (Instant.FromDateTimeOffset(time.GetUtcNow()) - since).TotalSeconds)
                        : 0;
                    instruments.SetBacklog(shard, backlog, age);
                }

                if (upkeepAt == 0 || time.GetElapsedTime(upkeepAt) >= upkeepInterval)
                {
                    await outbox.MaintainAsync(shard, stop);
                    upkeepAt = time.GetTimestamp();
                }
            }
            catch (Exception e) when (!stop.IsCancellationRequested)
            {
                LogUpkeep(logger, shard, e);
            }
            catch (Exception)
            {
                return;
            }

            await WaitAsync(measureInterval, [], stop);
        }
    }

    // A row that comes to its end makes room for the next of its target.
    private async Task WaitAsync(TimeSpan wait, List<Task> inHand, CancellationToken stop)
    {
        if (wait == TimeSpan.Zero)
            return;
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        Task delay = Task.Delay(wait, time, over.Token);
        await Task.WhenAny([delay, .. inHand.Where(task => !task.IsCompleted)]);
        await over.CancelAsync();
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The outbox of shard {Shard} failed {Failures} times in a row; it is tried again")]
    private static partial void LogShard(ILogger logger, string shard, int failures, Exception exception);

    [LoggerMessage(Level = LogLevel.Warning, Message = "What became of {Kind} {Id} could not be written down; it comes again")]
    private static partial void LogLost(ILogger logger, string kind, string id, Exception exception);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Kind} {Id} was given up after attempt {Attempt}: {Error}")]
    private static partial void LogGivenUp(ILogger logger, string kind, string id, int attempt, string? error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The upkeep of the outbox of shard {Shard} failed; it is tried again")]
    private static partial void LogUpkeep(ILogger logger, string shard, Exception exception);
}
