using Metering.Core.Time;
using Metering.Grid.Dedup;
using Metering.Grid.Ingest;

namespace Metering.Grid.Partitions;

/// <summary>How far a try to decide something at once came.</summary>
internal enum Attempt
{
    /// <summary>Decided; the answer waits for its round.</summary>
    Decided = 0,

    /// <summary>The partition is not in memory, or the clock is not one to decide by.</summary>
    NotOwned = 1,

    /// <summary>An identity may be in a dedup segment: look it up first.</summary>
    LookUp = 2,

    /// <summary>A bucket is not in memory: load it first.</summary>
    Load = 3,
}

/// <summary>
/// One partition in this process: the asynchronous shell around its state machine. Holds the current <see cref="Incarnation"/>, if it is
/// owned, and everything that outlives one.
/// </summary>
/// <remarks>
/// <see cref="Gate"/> guards the incarnation and is held for microseconds: no await and no I/O under it. Order of locks: this gate, then
/// the shard writer's or the alarm's; never two partitions' at once.
/// </remarks>
internal sealed partial class PartitionHost
{
    private static readonly TimeSpan DropsBelongTogether = TimeSpan.FromMinutes(1);

    private volatile Incarnation? current;
    private string? lastDrop;
    private long lastDropAt;
    private TimeSpan dropBackOff;
    private int preloaded;

    /// <param name="partition">The partition.</param>
    /// <param name="shard">Where it lives.</param>
    /// <param name="context">What all partitions share.</param>
    /// <param name="elsewhere">Why it is not to be here; null where it is.</param>
    public PartitionHost(int partition, Shard shard, GridContext context, string? elsewhere)
    {
        Partition = partition;
        Shard = shard;
        Context = context;
        Rates = new RateWindows(context.Options.RateWindowsMax);
        alarm = new Alarm(context.Time);
        backOff = context.Options.BackOffMin;
        stopping = elsewhere is not null;
        unavailableReason = elsewhere;
    }

    public int Partition { get; }

    /// <summary>Where it lives; changes when the partition was moved.</summary>
    public Shard Shard { get; private set; }

    public GridContext Context { get; }

    public Lock Gate { get; } = new();

    public RateWindows Rates { get; }

    /// <summary>The partition in memory, or null while it is not owned.</summary>
    public Incarnation? Current => current;

    /// <summary>Decides work and waits until its answer may leave.</summary>
    /// <exception cref="OverloadedException">Too much is in flight; nothing was taken.</exception>
    /// <exception cref="PartitionUnavailableException">Send it again.</exception>
    public async ValueTask<TResult> RunAsync<TWork, TResult>(TWork work, CancellationToken cancellation)
        where TWork : struct, IPartitionWork<TResult>
    {
        if (work.IsWrite && Shard.Writer.IsFull)
            throw new OverloadedException("Too much is in flight.");
        Interlocked.Increment(ref Context.Status.CustomerLookups);
        if (TryDecide(ref work, null, null, out TResult? result, out RoundTicket? ticket) == Attempt.Decided)
            Interlocked.Increment(ref Context.Status.CustomerHits);
        else
            (result, ticket) = await DecideSlowlyAsync<TWork, TResult>(work, cancellation);
        // Not ended by the caller's cancellation: a round takes milliseconds and is bounded by the database's own time-out.
        await ticket!.Round.Done;
        if (!ticket.Held)
            throw NotHeld();
        return result!;
    }

    /// <summary>What the answer of a ticket that was not held is.</summary>
    public PartitionUnavailableException NotHeld() =>
        new($"Partition {Partition} was dropped before the answer was durable; the outcome is unknown, send it again.");

    /// <summary>Decides at once where everything needed is in memory; never waits.</summary>
    /// <param name="work">What to decide.</param>
    /// <param name="lookedIn">The segments that its identities were looked up in, or null to ask their filters here.</param>
    /// <param name="known">What was found there.</param>
    /// <param name="result">The result, not to be shown before the ticket's round is done and held.</param>
    /// <param name="ticket">What to wait for.</param>
    public Attempt TryDecide<TWork, TResult>(
        ref TWork work, SegmentSet? lookedIn, IReadOnlyDictionary<int, FirstOutcome>? known, out TResult? result, out RoundTicket? ticket)
        where TWork : struct, IPartitionWork<TResult>
    {
        result = default;
        ticket = null;
        Incarnation? incarnation = current;
        if (incarnation is null)
            return Attempt.NotOwned;
        Instant now = Context.Now;
        if (!Context.Clock.Trusts(now))
            return Attempt.NotOwned;
        if (lookedIn is null)
        {
            lookedIn = incarnation.Segments;
            if (!work.IsSurelyNew(lookedIn, now.UnixMicroseconds / Instant.MicrosecondsPerSecond))
                return Attempt.LookUp;
        }

        Volatile.Write(ref preloaded, work.Preload(incarnation.State));
        lock (Gate)
        {
            if (current != incarnation || stopping)
                return Attempt.NotOwned;
            if (incarnation.Segments != lookedIn)
                return Attempt.LookUp;
            if (!work.AreLoaded(incarnation.State))
                return Attempt.Load;
            try
            {
                var context = new DecisionContext(incarnation.State, Context.Directory.Catalog, now, incarnation.Open);
                if (incarnation.State.NextDue <= now)
                    work.RunDue(context);
                result = work.Decide(context, known);
            }
            catch (Exception exception)
            {
                // The state may be half changed: nothing of it may be seen again. What is durable is replayed; the work itself gets the
                // exception.
                DropLocked(incarnation, "a decision failed", exception);
                throw;
            }

            ticket = incarnation.Join();
            alarm.SetNoLaterThan(incarnation.State.NextDue);
        }

        incarnation.Shard.Writer.Kick();
        return Attempt.Decided;
    }

    /// <summary>Decides work that needs the partition, segments or buckets loaded first; bounded by
    /// <see cref="GridOptions.Patience"/>.</summary>
    public async ValueTask<(TResult? Result, RoundTicket Ticket)> DecideSlowlyAsync<TWork, TResult>(
        TWork work, CancellationToken cancellation)
        where TWork : struct, IPartitionWork<TResult>
    {
        Instant deadline = Context.Now + Context.Options.Patience;
        var buckets = new HashSet<int>();
        work.AddBuckets(buckets);
        while (true)
        {
            if (Context.Clock.Fault is { } fault)
                throw new PartitionUnavailableException(fault);
            Incarnation incarnation = await EnsureOwnedAsync(deadline, cancellation);
            SegmentSet segments = incarnation.Segments;
            long second = Context.Now.UnixMicroseconds / Instant.MicrosecondsPerSecond;
            var wanted = new List<WantedIdentity>();
            work.AddWanted(segments, second, wanted);
            Dictionary<int, FirstOutcome>? known = null;
            if (wanted.Count > 0)
                known = await LookUpAsync(incarnation, segments, wanted, second, cancellation);
            if (known is not null || wanted.Count == 0)
            {
                lock (Gate)
                    incarnation.Pin(buckets);
                try
                {
                    await EnsureLoadedAsync(incarnation, buckets, cancellation);
                    if (work.IsWrite && Shard.Writer.IsFull)
                        throw new PartitionUnavailableException("Too much is in flight.");
                    if (TryDecide(ref work, segments, known, out TResult? result, out RoundTicket? ticket) == Attempt.Decided)
                        return (result, ticket!);
                }
                finally
                {
                    lock (Gate)
                        incarnation.Unpin(buckets);
                }
            }
            else
            {
                // A merge has just replaced these segments and is about to publish the new ones.
                await Task.Delay(TimeSpan.FromMilliseconds(1), Context.Time, cancellation);
            }

            if (Context.Now > deadline)
                throw new PartitionUnavailableException($"Partition {Partition} was not ready in time.");
        }
    }

    /// <summary>Looks whether the epoch is still current, as a read would. If not, the partition is dropped and taken again, where it
    /// lives now.</summary>
    public void CheckFence()
    {
        Incarnation incarnation;
        lock (Gate)
        {
            if (current is null || stopping)
                return;
            incarnation = current;
            incarnation.Join();
        }

        incarnation.Shard.Writer.Kick();
    }

    /// <summary>Counts a request against a rate limit.</summary>
    public RateStatus CountRequest(in RateCheck check) => Rates.Count(check, Context.Now);

    /// <summary>Drops an incarnation, if it is still the current one: everyone who waits on it is answered as unavailable.</summary>
    public void Drop(Incarnation incarnation, string why, Exception? exception)
    {
        lock (Gate)
            DropLocked(incarnation, why, exception);
    }

    /// <summary>Drops an incarnation whose epoch another owner has raised.</summary>
    public void DropFenced(Incarnation incarnation)
    {
        lock (Gate)
        {
            if (current == incarnation)
                Interlocked.Increment(ref Context.Status.PartitionsFenced);
            DropLocked(incarnation, "its epoch is no longer current", null);
        }
    }

    private void DropLocked(Incarnation incarnation, string why, Exception? exception)
    {
        if (current != incarnation)
            return;
        Leave(incarnation);
        Interlocked.Increment(ref Context.Status.PartitionsDropped);
        unavailableReason = why;
        // The loop takes it again, only where it is still this process's, and so finds out whether another one has it.
        SetNextTry(why);
        Context.Notice(NoticeLevel.Warning, Partition, $"Partition {Partition} was dropped from memory: {why}.", exception);
        Context.OnOwnershipChanged?.Invoke();
    }

    /// <summary>At once, unless it was dropped for the same cause a moment ago: what fails again after every recovery must not become a
    /// tight loop of recoveries.</summary>
    private void SetNextTry(string why)
    {
        long now = Context.Time.GetTimestamp();
        bool again = why == lastDrop && Context.Time.GetElapsedTime(lastDropAt, now) < DropsBelongTogether;
        (lastDrop, lastDropAt) = (why, now);
        if (!again)
        {
            dropBackOff = Context.Options.BackOffMin;
            alarm.Ring();
            return;
        }

        nextTry = Context.Now + dropBackOff;
        dropBackOff = TimeSpan.FromTicks(Math.Min(dropBackOff.Ticks * 2, Context.Options.BackOffMax.Ticks));
        alarm.SetNoLaterThan(nextTry);
    }

    private void Leave(Incarnation incarnation)
    {
        current = null;
        incarnation.MarkDropped();
        Interlocked.Decrement(ref Context.Status.PartitionsOwned);
        Interlocked.Add(ref Context.Status.DedupEntries, -countedRecent);
        countedRecent = 0;
        Context.Filters.Forget(incarnation.Segments.Segments);
    }
}
