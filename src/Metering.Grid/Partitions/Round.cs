namespace Metering.Grid.Partitions;

/// <summary>
/// One database transaction of a shard: the open groups of its partitions and the fence checks of those with nothing to write. All whose
/// answers it carries wait for one task; each then looks at its own ticket.
/// </summary>
internal sealed class Round
{
    // Continuations run asynchronously, so that the writer goes on with the next round before the answers are written.
    private readonly TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Who takes part; guarded by the writer's lock until the round begins.</summary>
    public List<RoundTicket> Tickets { get; } = [];

    /// <summary>Ends when the outcome is known for every ticket. Never fails.</summary>
    public Task Done => done.Task;

    public void Complete() => done.SetResult();
}

/// <summary>A partition's part in a round. Valid once the round is done.</summary>
internal sealed class RoundTicket(Round round, Incarnation incarnation)
{
    public Round Round { get; } = round;

    public Incarnation Incarnation { get; } = incarnation;

    /// <summary>Whether everything decided for this ticket is durable and the epoch was seen current afterwards.</summary>
    public bool Held { get; set; }

    /// <summary>Whether the partition is part of the database transaction at all: it was not dropped before.</summary>
    public bool Sent { get; set; }

    /// <summary>The group's sequence number, or 0 for a fence check.</summary>
    public long Sequence { get; set; }

    /// <summary>The group's events.</summary>
    public int Events { get; set; }

    /// <summary>The group's ledger entries.</summary>
    public int LedgerEntries { get; set; }

    /// <summary>Bytes this group counts for in the bound of work in flight.</summary>
    public long CountedBytes { get; set; }
}
