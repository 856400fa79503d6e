using Metering.Core.Binary;
using Metering.Core.Time;
using Metering.Grid.Dedup;
using Metering.Grid.Directory;
using Metering.Grid.Storage;

namespace Metering.Grid.Partitions;

// Taking the partition, and bringing what commands need into memory.
internal sealed partial class PartitionHost
{
    // How often a partition that is being moved is looked for where it will be.
    private static readonly TimeSpan FollowEvery = TimeSpan.FromMilliseconds(25);

    private const int HopsMax = 8;

    private Task<Incarnation>? taking;
    private volatile bool following;
    private TimeSpan followWait;
    private long followedAt;
    private int hops;
    private Instant nextTry;
    private TimeSpan backOff;
    private bool mayTakeOver = true;
    private volatile bool stopping;
    private string? refusal;
    private string? unavailableReason;
    private int countedRecent;

    /// <summary>Why this process will not serve the partition again, or null: another process owns it, or its data is broken.</summary>
    public string? Refusal => refusal;

    /// <summary>Why it is not in memory now, or null.</summary>
    public string? UnavailableReason => current is null ? refusal ?? unavailableReason ?? "it was not claimed yet" : null;

    /// <summary>Whether the partition is not to be here: it was never given to this process, or it was left.</summary>
    public bool IsElsewhere => stopping;

    /// <summary>Whether another process has taken the partition from this one.</summary>
    public bool FencedByAnother { get; private set; }

    /// <summary>The current incarnation; claims and recovers the partition first where needed, one at a time. While the partition is being
    /// moved to another shard this waits for it to arrive, no longer than <see cref="GridOptions.Patience"/>.</summary>
    /// <exception cref="PartitionUnavailableException">It could not be had by the deadline, or a try has just failed.</exception>
    public ValueTask<Incarnation> EnsureOwnedAsync(Instant deadline, CancellationToken cancellation)
    {
        // The common case: neither a lock nor a state machine.
        return current is { } incarnation && !stopping
            ? new ValueTask<Incarnation>(incarnation)
            : FollowAsync(deadline, cancellation);
    }

    private async ValueTask<Incarnation> FollowAsync(Instant deadline, CancellationToken cancellation)
    {
        Instant patience = Context.Now + Context.Options.Patience;
        Instant until = deadline < patience ? deadline : patience;
        while (true)
        {
            try
            {
                return await TakeOnceAsync(deadline, cancellation);
            }
            catch (PartitionUnavailableException) when (following && !stopping && Context.Now < until)
            {
                TimeSpan wait = followWait - Context.Time.GetElapsedTime(followedAt);
                if (wait > TimeSpan.Zero)
                    await Task.Delay(wait, Context.Time, cancellation);
            }
        }
    }

    private async ValueTask<Incarnation> TakeOnceAsync(Instant deadline, CancellationToken cancellation)
    {
        TaskCompletionSource<Incarnation>? mine = null;
        Task<Incarnation> task;
        lock (Gate)
        {
            if (current is { } incarnation && !stopping)
                return incarnation;
            if (stopping)
                throw new PartitionUnavailableException($"Partition {Partition} is away: {unavailableReason}.");
            if (refusal is not null)
                throw new PartitionUnavailableException(refusal);
            if (taking is null)
            {
                bool isTooEarly = following ? Context.Time.GetElapsedTime(followedAt) < followWait : Context.Now < nextTry;
                if (isTooEarly)
                    throw new PartitionUnavailableException($"Partition {Partition} is away: {unavailableReason}.");
                mine = new TaskCompletionSource<Incarnation>(TaskCreationOptions.RunContinuationsAsynchronously);
                taking = mine.Task;
            }

            task = taking;
        }

        if (mine is not null)
            _ = TakeAsync(mine);
        if (task.IsCompletedSuccessfully)
            return await task;
        TimeSpan left = deadline - Context.Now;
        try
        {
            return await task.WithinAsync(left, Context.Time, cancellation);
        }
        catch (TimeoutException exception)
        {
            throw new PartitionUnavailableException($"Partition {Partition} was not taken in time.", exception);
        }
    }

    private async Task TakeAsync(TaskCompletionSource<Incarnation> taken)
    {
        try
        {
            bool takesOver = mayTakeOver && !Context.WasFenced;
            if (takesOver)
                await HandOver.WaitAsync(this, stopped.Token);
            // Before the claim: a process that is told to leave meanwhile has nothing to give back.
            await FollowDirectoryAsync();
            Incarnation incarnation = await PartitionRecovery.RunAsync(this, takesOver, OnClaimed, stopped.Token);
            lock (Gate)
            {
                taking = null;
                if (stopping)
                    throw new PartitionUnavailableException($"Partition {Partition} is away: {unavailableReason}.");
                current = incarnation;
                backOff = Context.Options.BackOffMin;
                // Fenced by a move and found again: that was no failure that could come back.
                if (following)
                    lastDrop = null;
                following = false;
                hops = 0;
                unavailableReason = null;
                Shard.Status.Connected = true;
                incarnation.CountCustomers();
                CountRecent(incarnation);
            }

            Interlocked.Increment(ref Context.Status.PartitionsOwned);
            alarm.Ring();
            Context.OnOwnershipChanged?.Invoke();
            taken.SetResult(incarnation);
        }
        catch (Exception exception)
        {
            taken.SetException(NotTaken(exception));
            // Somebody may have waited, or nobody.
            _ = taken.Task.Exception;
        }
    }

    /// <summary>The owner before may have been told of a plan that this process has not polled yet.</summary>
    private async Task FollowDirectoryAsync()
    {
        try
        {
            await Context.Directory.RefreshAsync(stopped.Token);
        }
        catch (DirectoryUnavailableException exception)
        {
            // What is cached goes on. Where it lacks such a plan, the partition is away until the plan can be read.
            Context.Notice(NoticeLevel.Warning, Partition, $"Partition {Partition} is served by what is cached: {exception.Message}");
        }
    }

    private void OnClaimed()
    {
        lock (Gate)
            mayTakeOver = false;
    }

    private PartitionUnavailableException NotTaken(Exception exception)
    {
        bool fenced = exception is OwnedByAnotherException;
        bool broken = exception is BrokenPartitionException;
        bool firstRefusal;
        bool news;
        Shard from = Shard;
        lock (Gate)
        {
            taking = null;
            news = unavailableReason != exception.Message;
            unavailableReason = exception.Message;
            following = exception is PartitionMovedException or PartitionAbsentException;
            if (!following)
            {
                nextTry = Context.Now + backOff;
                backOff = TimeSpan.FromTicks(Math.Min(backOff.Ticks * 2, Context.Options.BackOffMax.Ticks));
            }

            firstRefusal = refusal is null && (fenced || broken);
            if (fenced || broken)
                refusal = exception.Message;
            FencedByAnother |= fenced;
            if (exception is PartitionMovedException moved)
            {
                if (Context.FindShard(moved.Shard) is { } shard)
                    Shard = shard;
                else
                    Context.OnUnknownShard?.Invoke(moved.Shard);
            }

            // From mark to mark at once. While a partition comes back to a shard that it has left before, the marks lead round in a circle.
            if (following)
            {
                followWait = Shard == from || ++hops > HopsMax ? FollowEvery : TimeSpan.Zero;
                followedAt = Context.Time.GetTimestamp();
                nextTry = Context.Now + followWait;
            }

            alarm.SetNoLaterThan(nextTry);
            Shard.Status.Connected &= fenced || broken || following || stopping;
        }

        NoticeLevel level = fenced || broken ? NoticeLevel.Error : following ? NoticeLevel.Information : NoticeLevel.Warning;
        if (news && !stopping)
            Context.Notice(level, Partition, $"Partition {Partition} could not be taken: {exception.Message}", exception);
        Context.OnOwnershipChanged?.Invoke();
        if (fenced && firstRefusal)
            Context.OnFencedByAnother?.Invoke(Partition, exception.Message);
        return new PartitionUnavailableException($"Partition {Partition} could not be taken: {exception.Message}", exception);
    }

    /// <summary>Brings buckets into memory; the caller has pinned them.</summary>
    private async ValueTask EnsureLoadedAsync(Incarnation incarnation, IReadOnlyCollection<int> buckets, CancellationToken cancellation)
    {
        List<Task>? waits = null;
        List<int>? missing = null;
        TaskCompletionSource? mine = null;
        lock (Gate)
        {
            if (incarnation.Dropped)
                return;
            foreach (int bucket in buckets)
            {
                if (incarnation.State.IsLoaded(bucket))
                    continue;
                if (incarnation.Loading.TryGetValue(bucket, out Task? loading))
                {
                    (waits ??= []).Add(loading);
                    continue;
                }

                mine ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                incarnation.Loading.Add(bucket, mine.Task);
                (missing ??= []).Add(bucket);
            }
        }

        if (mine is not null)
        {
            _ = LoadAsync(incarnation, missing!, mine);
            (waits ??= []).Add(mine.Task);
        }

        if (waits is null)
            return;
        foreach (Task wait in waits)
            await wait.UntilAsync(cancellation);
    }

    private async Task LoadAsync(Incarnation incarnation, List<int> buckets, TaskCompletionSource loaded)
    {
        IReadOnlyList<BucketRow> rows;
        try
        {
            rows = await incarnation.Shard.Loader.LoadAsync(Partition, buckets);
        }
        catch (Exception exception)
        {
            lock (Gate)
                EndLoading(incarnation, buckets);
            loaded.SetException(new PartitionUnavailableException($"Customers of partition {Partition} could not be read.", exception));
            _ = loaded.Task.Exception;
            return;
        }

        lock (Gate)
        {
            EndLoading(incarnation, buckets);
            if (!incarnation.Dropped)
                PutIntoMemory(incarnation, buckets, rows);
        }

        loaded.SetResult();
    }

    private void PutIntoMemory(Incarnation incarnation, List<int> buckets, IReadOnlyList<BucketRow> rows)
    {
        try
        {
            PartitionRecovery.PutIntoMemory(incarnation.State, buckets, rows);
            incarnation.CountCustomers();
            alarm.SetNoLaterThan(incarnation.State.NextDue);
        }
        catch (Exception exception)
        {
            Refuse(incarnation, "a checkpoint cannot be read", exception);
        }
    }

    /// <summary>Serves the partition no more: its data is broken, and guessing would be worse.</summary>
    private void Refuse(Incarnation incarnation, string why, Exception? exception)
    {
        refusal = $"The data of partition {Partition} is broken: {why}.";
        Context.Notice(NoticeLevel.Error, Partition, refusal, exception);
        DropLocked(incarnation, why, exception);
    }

    private static void EndLoading(Incarnation incarnation, List<int> buckets)
    {
        foreach (int bucket in buckets)
            incarnation.Loading.Remove(bucket);
    }

    private async ValueTask<Dictionary<int, FirstOutcome>?> LookUpAsync(
        Incarnation incarnation, SegmentSet segments, List<WantedIdentity> wanted, long second, CancellationToken cancellation)
    {
        var lookup = new DedupLookup(incarnation.Shard.Store, Partition, Context.Filters, Context.Status);
        try
        {
            return await lookup.FindAsync(segments, wanted, second, cancellation);
        }
        catch (CorruptDataException exception)
        {
            lock (Gate)
                Refuse(incarnation, exception.Message, exception);
            throw new PartitionUnavailableException(exception.Message, exception);
        }
        catch (Exception exception) when (!cancellation.IsCancellationRequested)
        {
            throw new PartitionUnavailableException($"Dedup segments of partition {Partition} could not be read.", exception);
        }
    }

    private void CountRecent(Incarnation incarnation)
    {
        int recent = incarnation.Recent.Count;
        Interlocked.Add(ref Context.Status.DedupEntries, recent - countedRecent);
        countedRecent = recent;
    }
}
