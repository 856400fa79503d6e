using Metering.Core.Time;

namespace Metering.Grid.Outbox;

/// <summary>Something to be carried out of the grid, as it is put into the outbox.</summary>
/// <param name="Id">Follows from its cause (<see cref="OutboxIds"/>); a second row of the same id is not made.</param>
/// <param name="Kind">The queue it waits in.</param>
/// <param name="Partition">The partition of its customer: it waits in that partition's shard.</param>
/// <param name="CustomerId">Whom it is about; empty for nobody in particular.</param>
/// <param name="Data">What there is to say, as a JSON object of at most 256 KiB. Its members are the kind's contract.</param>
/// <param name="CreatedAt">When its cause happened, by the journal where it came from there.</param>
public sealed record OutboxMessage(string Id, string Kind, int Partition, string CustomerId, string Data, Instant CreatedAt)
{
    private readonly Instant? dueAt;
    private readonly string? topic;
    private readonly string? eventId;

    /// <summary>Not given out before. Default: <see cref="CreatedAt"/>.</summary>
    public Instant DueAt { get => dueAt ?? CreatedAt; init => dueAt = value; }

    /// <summary>What it is about, where that is not its queue: of a delivery, the event's kind. Default: <see cref="Kind"/>.</summary>
    public string Topic { get => topic ?? Kind; init => topic = value; }

    /// <summary>The event that it carries, where that is another row. Default: <see cref="Id"/>.</summary>
    public string EventId { get => eventId ?? Id; init => eventId = value; }

    /// <summary>Where it goes: of a delivery, the endpoint. Rows of one target are bounded together when they are claimed. Default:
    /// empty.</summary>
    public string Target { get; init; } = "";

    /// <summary>The customer whose keys may see it; null for the operator's alone. Default: null.</summary>
    public string? OwnerId { get; init; }

    /// <summary>A row of an inner kind that follows from this one, under an id that follows from its id, with what it says.</summary>
    /// <param name="prefix">The id's prefix, such as <c>mail_</c>.</param>
    /// <param name="kind">The queue of that row.</param>
    public OutboxMessage Following(string prefix, string kind) =>
        new(OutboxIds.Of(prefix, Partition, Id, kind), kind, Partition, CustomerId, Data, CreatedAt) { EventId = Id };

    /// <summary>How often it is tried; null for the setting. Default: null.</summary>
    public int? AttemptsMax { get; init; }
}

/// <summary>A row that a worker has taken, for as long as the lease lasts.</summary>
/// <param name="Message">What there is to do.</param>
/// <param name="Attempt">Which attempt this is, counted from 1 over the whole life of the row; it names the claim.</param>
/// <param name="LeasedUntil">When somebody else may take it.</param>
public sealed record OutboxClaim(OutboxMessage Message, int Attempt, Instant LeasedUntil)
{
    /// <summary>The row's id.</summary>
    public string Id => Message.Id;

    /// <summary>How many of the attempts were made before the row was last replayed. Default: 0.</summary>
    public int AttemptsBefore { get; init; }
}

/// <summary>What became of an attempt.</summary>
/// <param name="At">When it began.</param>
/// <param name="Took">How long it took.</param>
/// <param name="Status">The status that the other side answered with, in HTTP's numbers; null where it did not.</param>
/// <param name="Error">What went wrong, as a sentence of at most 1,000 characters; null where it succeeded.</param>
public sealed record OutboxAttempt(Instant At, TimeSpan Took, int? Status, string? Error);

/// <summary>Where a row stands.</summary>
public enum OutboxStatus : byte
{
    /// <summary>It is to be done, now or later.</summary>
    Pending = 0,

    /// <summary>It is done.</summary>
    Delivered = 1,

    /// <summary>It was given up, and comes again only when it is replayed.</summary>
    Dead = 2,

    /// <summary>It is not to be done any more.</summary>
    Cancelled = 3,
}

/// <summary>A row as it stands.</summary>
/// <param name="Message">What there is to do.</param>
/// <param name="Status">Where it stands.</param>
/// <param name="Attempts">How often it was taken.</param>
/// <param name="NextAttemptAt">While it is pending: when it is given out next, if nobody completes it before.</param>
/// <param name="ClosedAt">When it was delivered, given up or cancelled.</param>
/// <param name="LastError">What went wrong last.</param>
public sealed record OutboxRow(
    OutboxMessage Message, OutboxStatus Status, int Attempts, Instant? NextAttemptAt, Instant? ClosedAt, string? LastError);

/// <summary>An attempt as it is kept with its row.</summary>
/// <param name="Number">Which attempt.</param>
/// <param name="Attempt">What became of it.</param>
public sealed record OutboxAttemptRow(int Number, OutboxAttempt Attempt);
