using Metering.Grid.Outbox;

namespace Metering.Delivery.Outbox;

/// <summary>Does what rows of some kinds ask for. Called at once for many rows; at least once for each.</summary>
public interface IOutboxHandler
{
    /// <summary>The queues it serves.</summary>
    IReadOnlyList<string> Kinds { get; }

    /// <summary>Does one row. An exception counts as a failure that may pass.</summary>
    /// <param name="claim">What there is to do.</param>
    /// <param name="cancellation">Asks to end at once: the attempt took too long, or the process ends.</param>
    ValueTask<OutboxOutcome> HandleAsync(OutboxClaim claim, CancellationToken cancellation);
}

/// <summary>What became of a row.</summary>
public sealed record OutboxOutcome
{
    private OutboxOutcome(OutboxVerdict verdict) => Verdict = verdict;

    /// <summary>What is to become of it.</summary>
    public OutboxVerdict Verdict { get; }

    /// <summary>What the other side answered, in HTTP's numbers; null where it did not.</summary>
    public int? Status { get; private init; }

    /// <summary>What went wrong, as a sentence.</summary>
    public string? Error { get; private init; }

    /// <summary>The least time to wait before the next attempt.</summary>
    public TimeSpan? NotBefore { get; private init; }

    /// <summary>What follows from it.</summary>
    public IReadOnlyList<OutboxMessage> FollowUps { get; private init; } = [];

    /// <summary>Whether the attempt is kept in the row's list of attempts.</summary>
    public bool IsRecorded { get; private init; } = true;

    /// <summary>Done; <paramref name="followUps"/> are put in with its completion.</summary>
    /// <param name="status">What the other side answered.</param>
    /// <param name="followUps">Of the row's own partition.</param>
    public static OutboxOutcome Done(int? status = null, params IReadOnlyList<OutboxMessage> followUps) =>
        new(OutboxVerdict.Done) { Status = status, FollowUps = followUps };

    /// <summary>Done within the grid: nobody else was asked, so there is no attempt to tell of.</summary>
    public static OutboxOutcome DoneWithin(params IReadOnlyList<OutboxMessage> followUps) =>
        new(OutboxVerdict.Done) { FollowUps = followUps, IsRecorded = false };

    /// <summary>Failed in a way that may pass.</summary>
    public static OutboxOutcome Retry(string error, int? status = null, TimeSpan? notBefore = null) =>
        new(OutboxVerdict.Retry) { Error = error, Status = status, NotBefore = notBefore };

    /// <summary>Failed in a way that will not pass.</summary>
    public static OutboxOutcome GiveUp(string error, int? status = null) =>
        new(OutboxVerdict.GiveUp) { Error = error, Status = status };

    /// <summary>Not tried: what it needs is away.</summary>
    public static OutboxOutcome Postpone(TimeSpan after) => new(OutboxVerdict.Postpone) { NotBefore = after };
}

/// <summary>What is to become of a row.</summary>
public enum OutboxVerdict
{
    /// <summary>It is done.</summary>
    Done = 0,

    /// <summary>It is tried again, as long as the settings allow.</summary>
    Retry = 1,

    /// <summary>It is given up.</summary>
    GiveUp = 2,

    /// <summary>It is given back, and this attempt counts for nothing.</summary>
    Postpone = 3,
}
