using Metering.Core.Money;
using Metering.Core.Time;

namespace Metering.Core.Wallets;

/// <summary>What became of a wallet command, in the order in which it is decided. Numbers are journaled and stable.</summary>
public enum WalletCode : byte
{
    /// <summary>Done.</summary>
    Done = 0,

    /// <summary>The idempotency key was used with another body. Not retryable.</summary>
    IdempotencyKeyReused = 1,

    /// <summary>No such hold. Not retryable.</summary>
    HoldNotFound = 2,

    /// <summary>A hold of that id exists. Not retryable.</summary>
    HoldExists = 3,

    /// <summary>The hold is captured, released or expired. Not retryable.</summary>
    HoldClosed = 4,

    /// <summary>The amount is more than what the hold has left. Not retryable as it is.</summary>
    ExceedsHold = 5,

    /// <summary>The wallet has less than that available. Retryable once it has more.</summary>
    InsufficientCredits = 6,

    /// <summary>A total would leave the range of amounts. Not retryable.</summary>
    OutOfRange = 7,

    /// <summary>The expiry is not after now. Not retryable.</summary>
    AlreadyExpired = 8,

    /// <summary>No such top-up. Not retryable.</summary>
    TopUpNotFound = 9,

    /// <summary>The top-up was confirmed or has failed before. Not retryable.</summary>
    TopUpClosed = 10,

    /// <summary>Too many grants, holds or idempotency keys are open in this wallet. Retryable later.</summary>
    TooMany = 11,

    /// <summary>The usage event a capture carries was refused; its own code says why. Nothing was taken.</summary>
    EventRefused = 12,
}

/// <summary>The state of a hold.</summary>
public enum HoldState : byte
{
    /// <summary>Credits are set aside.</summary>
    Pending = 0,

    /// <summary>Closed by a capture.</summary>
    Captured = 1,

    /// <summary>Given back.</summary>
    Released = 2,

    /// <summary>Given back because its time was over.</summary>
    Expired = 3,
}

/// <summary>A hold. <paramref name="Remaining"/> is what is still set aside: amount minus captured while pending, else zero.</summary>
public sealed record HoldView(
    string Id, Amount Amount, Amount Captured, Amount Remaining, HoldState State, Instant CreatedAt, Instant ExpiresAt, Instant? ClosedAt);

/// <summary>A grant. <paramref name="Remaining"/> is neither burned, nor held, nor expired.</summary>
public sealed record GrantView(
    string Id, GrantKind Kind, int Priority, Amount Amount, Amount Remaining, Amount Held,
    Instant? ExpiresAt, Instant CreatedAt, string Reason);

/// <summary>The state of a top-up.</summary>
public enum TopUpState : byte
{
    /// <summary>Waits for its payment.</summary>
    Pending = 0,

    /// <summary>Its credits are in the wallet.</summary>
    Confirmed = 1,

    /// <summary>Its payment failed.</summary>
    Failed = 2,
}

/// <summary>A top-up.</summary>
public sealed record TopUpView(string Id, Amount Amount, TopUpState State, Instant CreatedAt);

/// <summary>Automatic top-ups as they are set.</summary>
public sealed record AutoTopUpView(Amount Threshold, Amount Amount, int MaxPerDay, bool Trust);

/// <summary>The answer to a wallet command; the balances are those right after it.</summary>
/// <param name="Code">What became of it.</param>
/// <param name="Available">Credits that can be burned or held.</param>
/// <param name="Held">Credits set aside.</param>
/// <param name="Hold">The hold it was about, as it was right after.</param>
/// <param name="Grant">The grant it made.</param>
/// <param name="TopUp">The top-up it was about.</param>
/// <param name="AutoTopUp">Automatic top-ups, where it was about them.</param>
/// <param name="EventCode">For a capture with an event: what became of the event.</param>
/// <param name="Credits">For a capture: what was taken of the hold, or with an event what the event cost.</param>
/// <param name="At">When it was decided.</param>
public sealed record WalletResult(
    WalletCode Code, Amount Available, Amount Held, HoldView? Hold, GrantView? Grant, TopUpView? TopUp, AutoTopUpView? AutoTopUp,
    Usage.EventCode EventCode, Amount Credits, Instant At)
{
    /// <summary>For a capture with an event: when the event was taken, which for a duplicate was before.</summary>
    public Instant TakenAt { get; init; } = At;
}

/// <summary>A wallet as it is.</summary>
/// <param name="CustomerId">Whose.</param>
/// <param name="Available">Credits that can be burned or held.</param>
/// <param name="Held">Credits set aside.</param>
/// <param name="Burned">Credits taken by usage since the beginning, overage among them.</param>
/// <param name="Expired">Credits of grants that ended.</param>
/// <param name="Granted">Credits ever granted. <c>available + held + burned + expired = granted + overage</c>.</param>
/// <param name="Overage">Credits burned beyond the wallet.</param>
/// <param name="Grants">Grants with anything left, in the order of consumption.</param>
/// <param name="Holds">Pending holds.</param>
/// <param name="TopUps">Pending top-ups.</param>
/// <param name="AutoTopUp">Automatic top-ups, or null.</param>
/// <param name="AsOfSequence">The newest group of the partition that is contained.</param>
/// <param name="LedgerEntries">How many ledger entries the wallet has.</param>
public sealed record WalletView(
    string CustomerId, Amount Available, Amount Held, Amount Burned, Amount Expired, Amount Granted, Amount Overage,
    IReadOnlyList<GrantView> Grants, IReadOnlyList<HoldView> Holds, IReadOnlyList<TopUpView> TopUps,
    AutoTopUpView? AutoTopUp, long AsOfSequence, long LedgerEntries)
{
    /// <summary>The balance below which it is low, or null.</summary>
    public Amount? LowBalance { get; init; }
}
