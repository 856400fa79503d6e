using Metering.Core.Time;
using Metering.Grid.Dedup;

namespace Metering.Grid.Partitions;

// What a partition does without being asked: what is due, checkpoints, merging segments, being taken again.
internal sealed partial class PartitionHost
{
    private const int DueBucketsPerSlice = 16;
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private readonly Alarm alarm;
    private readonly CancellationTokenSource stopped = new();
    private Task upkeep = Task.CompletedTask;

    /// <summary>Begins the upkeep; it goes on until <see cref="StopAsync"/>.</summary>
    public void StartUpkeep() => upkeep = KeepUpAsync();

    private async Task KeepUpAsync()
    {
        while (true)
        {
            await alarm.WaitAsync();
            if (stopping)
                return;
            try
            {
                await KeepUpOnceAsync();
            }
            catch (PartitionUnavailableException)
            {
                // Dropped meanwhile; the alarm was rung for it.
            }
            catch (Exception exception)
            {
                string message = $"The upkeep of partition {Partition} failed: {exception.Message}";
                Context.Notice(NoticeLevel.Warning, Partition, message, exception);
                alarm.SetNoLaterThan(Context.Now + RetryAfter);
            }
        }
    }

    /// <summary>Looks again at everything that waits for a time: the clock was wrong when those times were set.</summary>
    public void Wake()
    {
        lock (Gate)
        {
            nextTry = Instant.MinValue;
            if (current is { } incarnation)
                incarnation.CheckpointNotBefore = Instant.MinValue;
        }

        alarm.Ring();
    }

    /// <summary>Whether there are changes that no checkpoint has saved yet; a moment's view.</summary>
    public bool HasUnsaved
    {
        get
        {
            lock (Gate)
                return current is { } incarnation && (incarnation.Checkpointing || incarnation.State.HasDirty);
        }
    }

    /// <summary>Customers in memory whose wallet is empty or due for a top-up; a moment's view.</summary>
    public int WalletsAtRisk
    {
        get
        {
            lock (Gate)
                return current?.State.CountAtRisk() ?? 0;
        }
    }

    /// <summary>Asks for a checkpoint as soon as possible.</summary>
    public void RequestCheckpoint()
    {
        lock (Gate)
        {
            if (current is { } incarnation)
                incarnation.CheckpointWanted = true;
        }

        alarm.Ring();
    }

    /// <summary>After a group was sealed: looks whether a checkpoint has become due. Under no lock but its own.</summary>
    public void AfterSeal(Incarnation incarnation)
    {
        lock (Gate)
        {
            if (current != incarnation)
                return;
            CountRecent(incarnation);
            if (IsCheckpointDue(incarnation, Context.Now))
                alarm.Ring();
            else if (incarnation.ChangedSince is { } since)
                alarm.SetNoLaterThan(since + Context.Options.CheckpointAge);
        }
    }

    /// <summary>Forgets clean buckets, the ones used least recently first, until so many customers are left. Dirty and pinned ones
    /// stay.</summary>
    /// <returns>How many customers are left.</returns>
    public int Evict(long customersMax)
    {
        lock (Gate)
        {
            if (current is not { } incarnation || incarnation.State.CustomersInMemory <= customersMax)
                return current?.State.CustomersInMemory ?? 0;
            var clean = new List<int>();
            incarnation.State.ListBuckets([], clean);
            foreach (int bucket in clean)
            {
                if (incarnation.State.CustomersInMemory <= customersMax)
                    break;
                if (incarnation.CanEvict(bucket))
                    incarnation.State.Evict(bucket);
            }

            incarnation.CountCustomers();
            return incarnation.State.CustomersInMemory;
        }
    }

    /// <summary>Loads buckets, as far as they are not in memory.</summary>
    /// <param name="buckets">The buckets.</param>
    /// <param name="customers">Gets the ids of their customers.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>How many customers are in memory that were not before.</returns>
    public async ValueTask<long> WarmAsync(
        IReadOnlyCollection<int> buckets, ICollection<string> customers, CancellationToken cancellation)
    {
        Incarnation incarnation = await EnsureOwnedAsync(Context.Now + Context.Options.Patience, cancellation);
        int before;
        lock (Gate)
        {
            before = incarnation.State.CustomersInMemory;
            incarnation.Pin(buckets);
        }

        try
        {
            await EnsureLoadedAsync(incarnation, buckets, cancellation);
            lock (Gate)
            {
                if (incarnation.Dropped)
                    return 0;
                foreach (int bucket in buckets)
                    incarnation.State.ListCustomers(bucket, customers);
                return Math.Max(0, incarnation.State.CustomersInMemory - before);
            }
        }
        finally
        {
            lock (Gate)
                incarnation.Unpin(buckets);
        }
    }

    /// <summary>Ends service in good order: nothing new is taken, what is decided is written, everything changed is saved, the lease is
    /// released.</summary>
    public async Task StopAsync(CancellationToken cancellation)
    {
        Incarnation? incarnation;
        Task? pending;
        lock (Gate)
        {
            stopping = true;
            unavailableReason = "it was released";
            incarnation = current;
            pending = taking;
        }

        stopped.Cancel();
        alarm.Ring();
        await upkeep.UntilAsync(cancellation);
        alarm.Dispose();
        if (incarnation is null)
        {
            await GivenUpAsync(pending, cancellation);
            return;
        }

        try
        {
            await new Checkpointer(this, incarnation).RunAsync(final: true).UntilAsync(cancellation);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            Context.Notice(NoticeLevel.Warning, Partition, $"Partition {Partition} was not saved at stop: {exception.Message}", exception);
        }

        await FenceAsync(incarnation).UntilAsync(cancellation);
        lock (Gate)
        {
            if (current != incarnation)
                return;
            Leave(incarnation);
        }

        await incarnation.Shard.Store.ReleaseAsync(Partition, incarnation.Epoch, cancellation);
        Context.OnOwnershipChanged?.Invoke();
    }

    /// <summary>A claim under way gives the partition up when it sees that the process stops.</summary>
    private static async Task GivenUpAsync(Task? pending, CancellationToken cancellation)
    {
        if (pending is null)
            return;
        try
        {
            await pending.UntilAsync(cancellation);
        }
        catch (PartitionUnavailableException)
        {
            // That is how it ends.
        }
    }

    private async Task FenceAsync(Incarnation incarnation)
    {
        RoundTicket ticket;
        lock (Gate)
        {
            if (incarnation.Dropped)
                return;
            ticket = incarnation.Join();
        }

        incarnation.Shard.Writer.Kick();
        await ticket.Round.Done;
    }

    private async Task KeepUpOnceAsync()
    {
        if (current is not { } incarnation)
        {
            if (refusal is null && Context.Now >= nextTry)
                await EnsureOwnedAsync(Context.Now + Context.Options.Patience, CancellationToken.None);
            else if (refusal is null)
                alarm.SetNoLaterThan(nextTry);
            return;
        }

        if (!Context.Clock.Trusts(Context.Now))
        {
            // Where the clock is at fault it is woken when that is right again; else only the reading was too old.
            if (Context.Clock.Fault is null)
                alarm.Ring();
            return;
        }

        await RunDueAsync(incarnation);
        if (IsCheckpointDue(incarnation, Context.Now))
            await CheckpointAsync(incarnation);
        SetAlarm(incarnation);
    }

    private async Task CheckpointAsync(Incarnation incarnation)
    {
        await Context.CheckpointSlots.WaitAsync();
        try
        {
            await new Checkpointer(this, incarnation).RunAsync(final: false);
        }
        finally
        {
            Context.CheckpointSlots.Release();
        }

        bool merge;
        lock (Gate)
        {
            CountRecent(incarnation);
            merge = !incarnation.Merging && !incarnation.Dropped;
            incarnation.Merging |= merge;
        }

        if (!merge)
            return;
        // Beside the upkeep: merging may take seconds, and what is due must not wait for it.
        _ = new SegmentKeeper(this, incarnation).RunAsync();
    }

    private bool IsCheckpointDue(Incarnation incarnation, Instant now) =>
        now >= incarnation.CheckpointNotBefore
        && (incarnation.CheckpointWanted
            || incarnation.BytesSinceCheckpoint >= Context.Options.CheckpointBytes
            || incarnation.Recent.Count >= Context.Options.RecentEventsMax
            || (incarnation.ChangedSince is { } since && now >= since + Context.Options.CheckpointAge));

    private void SetAlarm(Incarnation incarnation)
    {
        lock (Gate)
        {
            if (current != incarnation)
                return;
            Instant now = Context.Now;
            Instant due = incarnation.State.NextDue;
            // What is due and could not be run now is tried again in a moment, not at once.
            alarm.SetNoLaterThan(due <= now ? now + RetryAfter : due);
            if (incarnation.CheckpointWanted)
                alarm.SetNoLaterThan(Instant.Max(incarnation.CheckpointNotBefore, now));
            if (incarnation.ChangedSince is { } since)
                alarm.SetNoLaterThan(Instant.Max(since + Context.Options.CheckpointAge, now + TimeSpan.FromMilliseconds(10)));
        }
    }

    /// <summary>
    /// Journals what is due, a few buckets under the lock at a time, each slice durable before the next: at the end of a month thousands
    /// of customers close their period, and none of the others may stall for it. A command needs only what is due of its own customers,
    /// and runs that itself.
    /// </summary>
    private async Task RunDueAsync(Incarnation incarnation)
    {
        var due = new List<int>();
        var done = new HashSet<int>();
        while (true)
        {
            due.Clear();
            Instant now = Context.Now;
            lock (Gate)
            {
                if (current != incarnation || stopping)
                    return;
                if (incarnation.State.NextDue > now || !Context.Clock.Trusts(now))
                    return;
                incarnation.State.ListDue(now, due);
            }

            due.RemoveAll(bucket => !done.Add(bucket));
            if (due.Count == 0)
                return;
            foreach (int[] slice in due.Chunk(DueBucketsPerSlice))
            {
                if (incarnation.Shard.Writer.IsFull || !await RunDueAsync(incarnation, slice))
                    return;
            }
        }
    }

    private async Task<bool> RunDueAsync(Incarnation incarnation, int[] buckets)
    {
        RoundTicket? ticket = null;
        lock (Gate)
            incarnation.Pin(buckets);
        try
        {
            await EnsureLoadedAsync(incarnation, buckets, CancellationToken.None);
            lock (Gate)
            {
                if (current != incarnation || stopping)
                    return false;
                ticket = RunDueLocked(incarnation, buckets);
            }

            if (ticket is not null)
                incarnation.Shard.Writer.Kick();
            if (!await IssueAsync(incarnation, buckets))
                return false;
        }
        finally
        {
            lock (Gate)
                incarnation.Unpin(buckets);
        }

        if (ticket is null)
            return true;
        await ticket.Round.Done;
        return ticket.Held;
    }

    private RoundTicket? RunDueLocked(Incarnation incarnation, int[] buckets)
    {
        try
        {
            Instant now = Context.Now;
            if (!Context.Clock.Trusts(now))
                return null;
            foreach (int bucket in buckets)
                incarnation.State.RunDue(bucket, Context.Directory.Catalog, now, incarnation.Open);
        }
        catch (Exception exception)
        {
            DropLocked(incarnation, "what is due failed", exception);
            throw;
        }

        return incarnation.Open.IsEmpty ? null : incarnation.Join();
    }
}
