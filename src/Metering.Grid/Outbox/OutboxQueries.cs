using Metering.Core.Time;

namespace Metering.Grid.Outbox;

/// <summary>What a worker wants.</summary>
/// <param name="Shard">The shard to take from; one of <see cref="IOutbox.Shards"/>.</param>
/// <param name="Kinds">The queues to take from.</param>
/// <param name="Limit">At most so many rows, 1 to 1,000.</param>
public sealed record OutboxClaimRequest(string Shard, IReadOnlyList<string> Kinds, int Limit)
{
    /// <summary>How long they are the worker's own. Default: the setting.</summary>
    public TimeSpan? Lease { get; init; }

    /// <summary>At most so many rows of one target; rows without a target are not bounded. Default: <see cref="Limit"/>.</summary>
    public int? LimitPerTarget { get; init; }

    /// <summary>Targets of which fewer rows are wanted, or none at 0. Default: none.</summary>
    public IReadOnlyDictionary<string, int> TargetLimits { get; init; } = new Dictionary<string, int>();
}

/// <summary>Which rows, newest first by when they were created; what is null does not matter.</summary>
/// <param name="Limit">Rows of a page, 1 to 1,000.</param>
/// <param name="Cursor">The place after which the page begins; null for the first.</param>
public sealed record OutboxQuery(int Limit, string? Cursor)
{
    /// <summary>Of this partition, which saves asking the other shards.</summary>
    public int? Partition { get; init; }

    /// <summary>Of this queue.</summary>
    public string? Kind { get; init; }

    /// <summary>About this.</summary>
    public string? Topic { get; init; }

    /// <summary>About this customer.</summary>
    public string? CustomerId { get; init; }

    /// <summary>That this customer's keys may see.</summary>
    public string? OwnerId { get; init; }

    /// <summary>To this target.</summary>
    public string? Target { get; init; }

    /// <summary>That stand so.</summary>
    public OutboxStatus? Status { get; init; }

    /// <summary>Created at this time or later.</summary>
    public Instant? From { get; init; }

    /// <summary>Created before this time.</summary>
    public Instant? To { get; init; }
}

/// <summary>How full a queue of a shard is.</summary>
/// <param name="Kind">The queue.</param>
/// <param name="Due">Rows that wait and are due, those taken just now among them; counted up to 10,000.</param>
/// <param name="OldestDueAt">Since when the oldest of them has been due; null where there is none.</param>
public sealed record OutboxBacklog(string Kind, long Due, Instant? OldestDueAt);
