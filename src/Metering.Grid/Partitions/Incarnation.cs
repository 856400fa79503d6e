using Metering.Core.Time;
using Metering.Grid.Dedup;
using Metering.Grid.Journal;

namespace Metering.Grid.Partitions;

/// <summary>
/// A partition in memory from one claim to the moment it is dropped. Dropping replaces it whole, so nothing decided on a state that is no
/// longer trusted can reach anybody. All members are used under the host's lock, unless they say otherwise.
/// </summary>
internal sealed class Incarnation
{
    private readonly Dictionary<int, int> pins = [];
    private List<SealedAction> atSeal = [];
    private GroupWriter spare = new();
    private long countedOpenBytes;
    private int countedCustomers;
    private volatile SegmentSet segments;

    public Incarnation(
        PartitionHost host, Shard shard, PartitionState state, RecentEvents recent, long epoch, long lastSequence, SegmentSet segments)
    {
        Host = host;
        Shard = shard;
        State = state;
        Recent = recent;
        Epoch = epoch;
        CommittedSequence = lastSequence;
        this.segments = segments;
        NextSegmentId = segments.NextId;
        Open.Begin(lastSequence + 1);
    }

    public PartitionHost Host { get; }

    /// <summary>Where it lives; any thread.</summary>
    public Shard Shard { get; }

    public PartitionState State { get; }

    public RecentEvents Recent { get; }

    /// <summary>Any thread.</summary>
    public long Epoch { get; }

    /// <summary>The open group.</summary>
    public GroupWriter Open { get; private set; } = new();

    /// <summary>The dedup segments; read by any thread, set under the lock.</summary>
    public SegmentSet Segments
    {
        get => segments;
        set => segments = value;
    }

    /// <summary>The id of the next dedup segment; never given twice.</summary>
    public long NextSegmentId { get; set; }

    /// <summary>The ticket of those who wait for the open group, if anyone does.</summary>
    public RoundTicket? Waiting { get; private set; }

    /// <summary>The ticket of the round that is being written, if this partition is part of it.</summary>
    public RoundTicket? InFlight { get; private set; }

    /// <summary>The newest durable group.</summary>
    public long CommittedSequence { get; private set; }

    /// <summary>Events in groups that became durable since the claim.</summary>
    public long CommittedEvents { get; private set; }

    /// <summary>The newest group that nothing can be added to any more.</summary>
    public long SealedSequence => Open.Sequence - 1;

    /// <summary>True from the moment it is no longer the host's current one.</summary>
    public bool Dropped { get; private set; }

    /// <summary>Loads of buckets under way; one at a time for each bucket, so that an old read can never replace newer state.</summary>
    public Dictionary<int, Task> Loading { get; } = [];

    /// <summary>Buckets whose saved form is on its way to the database: clean, but not to be forgotten yet.</summary>
    public HashSet<int> Saving { get; } = [];

    /// <summary>Recovery begins after this group.</summary>
    public long ReplayAfter { get; set; }

    /// <summary>The newest group whose identities are in dedup segments.</summary>
    public long CoveredThrough { get; set; }

    /// <summary>Journal bytes that a recovery would replay.</summary>
    public long TailBytes { get; set; }

    /// <summary>Journal bytes since the last checkpoint began.</summary>
    public long BytesSinceCheckpoint { get; set; }

    /// <summary>When the first change after the last checkpoint was sealed.</summary>
    public Instant? ChangedSince { get; set; }

    /// <summary>Whether a checkpoint is wanted now, whatever its size and age.</summary>
    public bool CheckpointWanted { get; set; }

    /// <summary>Whether a checkpoint is running.</summary>
    public bool Checkpointing { get; set; }

    /// <summary>After a checkpoint that failed: the next one is not begun before this.</summary>
    public Instant CheckpointNotBefore { get; set; } = Instant.MinValue;

    /// <summary>Whether dedup segments are being merged.</summary>
    public bool Merging { get; set; }

    /// <summary>Takes part in the next round, together with everyone who waits for the open group.</summary>
    public RoundTicket Join()
    {
        long bytes = Open.IsEmpty ? 0 : Open.Bytes;
        Shard.Writer.AddBytes(bytes - countedOpenBytes);
        countedOpenBytes = bytes;
        return Waiting ??= Shard.Writer.Join(this);
    }

    /// <summary>Closes the open group for additions and begins the next one; then runs what waited for this moment.</summary>
    /// <returns>False when the partition was dropped: nothing of it may be written.</returns>
    public bool TrySeal(RoundTicket ticket, out GroupWriter? group)
    {
        group = null;
        if (Waiting == ticket)
            Waiting = null;
        if (Dropped)
            return false;
        InFlight = ticket;
        ticket.Sent = true;
        ticket.CountedBytes = countedOpenBytes;
        countedOpenBytes = 0;
        if (!Open.IsEmpty)
        {
            group = Open;
            ticket.Sequence = group.Sequence;
            ticket.Events = group.Events;
            ticket.LedgerEntries = group.LedgerEntries;
            TailBytes += group.Bytes;
            BytesSinceCheckpoint += group.Bytes;
            ChangedSince ??= State.Clock;
            (Open, spare) = (spare, Open);
            Open.Begin(group.Sequence + 1);
        }

        CountCustomers();
        RunAtSeal();
        return true;
    }

    private void RunAtSeal()
    {
        if (atSeal.Count == 0)
            return;
        // An action may add another one, or drop the partition.
        List<SealedAction> actions = atSeal;
        atSeal = [];
        foreach (SealedAction action in actions)
            action.Run();
    }

    /// <summary>Ends the round of a ticket; its outcome is in the ticket.</summary>
    public void EndRound(RoundTicket ticket)
    {
        if (InFlight == ticket)
            InFlight = null;
        if (!ticket.Held || ticket.Sequence == 0)
            return;
        CommittedSequence = ticket.Sequence;
        CommittedEvents += ticket.Events;
    }

    /// <summary>Runs something at a moment when the open group is empty: the state is then exactly that of the newest sealed
    /// group.</summary>
    public Task<T> WhenSealed<T>(Func<T> action)
    {
        if (Dropped)
            return Task.FromException<T>(Gone());
        if (Open.IsEmpty)
            return Task.FromResult(action());
        var waiting = new SealedAction<T>(action);
        atSeal.Add(waiting);
        Join();
        return waiting.Done;
    }

    /// <summary>Keeps buckets from being evicted.</summary>
    public void Pin(IReadOnlyCollection<int> buckets)
    {
        foreach (int bucket in buckets)
            pins[bucket] = pins.GetValueOrDefault(bucket) + 1;
    }

    /// <summary>Ends a pin.</summary>
    public void Unpin(IReadOnlyCollection<int> buckets)
    {
        foreach (int bucket in buckets)
        {
            if (--pins[bucket] == 0)
                pins.Remove(bucket);
        }
    }

    /// <summary>Whether a clean bucket may leave memory.</summary>
    public bool CanEvict(int bucket) => !pins.ContainsKey(bucket) && !Saving.Contains(bucket) && !State.IsDirty(bucket);

    /// <summary>Brings the counts of customers in memory up to date.</summary>
    public void CountCustomers()
    {
        int customers = Dropped ? 0 : State.CustomersInMemory;
        Host.Context.AddCustomers(Shard, customers - countedCustomers);
        countedCustomers = customers;
    }

    /// <summary>Ends it: nothing that was not yet sealed is ever written.</summary>
    public void MarkDropped()
    {
        Dropped = true;
        Shard.Writer.AddBytes(-countedOpenBytes);
        countedOpenBytes = 0;
        CountCustomers();
        State.Leave();
        foreach (SealedAction action in atSeal)
            action.Fail(Gone());
        atSeal.Clear();
    }

    private PartitionUnavailableException Gone() => new($"Partition {Host.Partition} was dropped from memory.");

    private abstract class SealedAction
    {
        public abstract void Run();

        public abstract void Fail(Exception exception);
    }

    private sealed class SealedAction<T>(Func<T> action) : SealedAction
    {
        private readonly TaskCompletionSource<T> done = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<T> Done => done.Task;

        public override void Run()
        {
            try
            {
                done.SetResult(action());
            }
            catch (Exception exception)
            {
                done.SetException(exception);
            }
        }

        public override void Fail(Exception exception) => done.TrySetException(exception);
    }
}
