using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Core.Usage;

namespace Metering.Grid.Ingest;

/// <summary>What became of one event.</summary>
public struct EventResult
{
    /// <summary>The decision.</summary>
    public EventCode Code;

    /// <summary>True for a duplicate whose body differs from the first one's.</summary>
    public bool Differs;

    /// <summary>The credits it burned; for a duplicate those of the first.</summary>
    public Amount Credits;

    /// <summary>When it was taken; for a duplicate when the first was.</summary>
    public Instant At;
}

/// <summary>A wallet's balance right after a request's last decision for it.</summary>
public readonly record struct CustomerBalance(string CustomerId, Amount Available, Amount Held);

/// <summary>A rate limit to count a request against.</summary>
/// <param name="KeyId">Whose window: the key's.</param>
/// <param name="Requests">How many requests a window allows.</param>
/// <param name="WindowSeconds">The window's length.</param>
public readonly record struct RateCheck(string KeyId, long Requests, int WindowSeconds);

/// <summary>Where a rate limit stands after a request was counted.</summary>
/// <param name="Allowed">False when the request is over the limit; it was not counted then.</param>
/// <param name="Limit">How many a window allows.</param>
/// <param name="Remaining">How many are left in it.</param>
/// <param name="ResetSeconds">Whole seconds until it ends, at least 1.</param>
public readonly record struct RateStatus(bool Allowed, long Limit, long Remaining, int ResetSeconds);

/// <summary>What became of a request as a whole.</summary>
public enum IngestStatus
{
    /// <summary>Each event has its own result.</summary>
    Decided = 0,

    /// <summary>Past the bound of work in flight; nothing was taken.</summary>
    Overloaded = 1,
}

/// <summary>The answer to a request of events; complete only when everything in it is durable and fenced.</summary>
/// <param name="Status">What became of the request as a whole.</param>
/// <param name="Results">One result an event, in order; empty unless <see cref="IngestStatus.Decided"/>.</param>
/// <param name="Balances">The wallets it touched, in order of first appearance; empty where the batch does not want them and nothing was
/// refused.</param>
public sealed record IngestAnswer(IngestStatus Status, EventResult[] Results, IReadOnlyList<CustomerBalance> Balances);
