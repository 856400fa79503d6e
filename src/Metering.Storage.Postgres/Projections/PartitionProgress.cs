using Metering.Core.Time;

namespace Metering.Storage.Postgres.Projections;

/// <summary>How far one partition is projected and what is known to wait.</summary>
internal sealed class PartitionProgress(int partition, long cursor)
{
    private const int PlansMax = 20_000;

    private readonly Queue<(long Sequence, long Events, Instant Since)> marks = new();
    private long markedSequence = cursor;
    private long projectedEvents;

    public int Partition => partition;

    /// <summary>Every group up to this one is projected.</summary>
    public long Cursor { get; private set; } = cursor;

    /// <summary>The newest durable group known.</summary>
    public long Committed { get; private set; } = cursor;

    public long CommittedEvents { get; private set; }

    public long WaitingEvents => HasWaiting ? Math.Max(0, CommittedEvents - projectedEvents) : 0;

    public bool HasWaiting => Committed > Cursor;

    public ProjectPlans Plans { get; private set; } = new(partition);

    /// <summary>Whether a wallet has a threshold; null where that was not read yet.</summary>
    public bool? HasThresholds { get; set; }

    /// <summary>Since when the oldest group that waits has been durable: not later than it really was.</summary>
    public Instant? WaitingSince => HasWaiting && marks.TryPeek(out var oldest) ? oldest.Since : null;

    /// <summary>Notes groups that have become durable since <paramref name="since"/>.</summary>
    public void Observe(long committed, long events, Instant since)
    {
        CommittedEvents = events;
        if (committed <= markedSequence)
            return;
        Committed = markedSequence = committed;
        marks.Enqueue((committed, events, since));
    }

    public void Advance(long cursor)
    {
        Cursor = cursor;
        while (marks.TryPeek(out var oldest) && oldest.Sequence <= cursor)
        {
            marks.Dequeue();
            projectedEvents = oldest.Events;
        }

        Plans.Keep();
        // The plans are a cache; one that has grown large starts over.
        if (Plans.Count > PlansMax)
            Plans = new ProjectPlans(partition);
    }
}
