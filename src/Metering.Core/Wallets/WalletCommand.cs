using Metering.Core.Money;
using Metering.Core.Time;

namespace Metering.Core.Wallets;

/// <summary>
/// Makes a money command safe to send again: the same scope and key get the first answer for at least 24 hours, with another body
/// <see cref="WalletCode.IdempotencyKeyReused"/>.
/// </summary>
/// <param name="Key">Hash of method, path and the key as sent; the customer is the wallet's own.</param>
/// <param name="BodyDigest">Digest of the body.</param>
public readonly record struct IdempotencyKey(UInt128 Key, ulong BodyDigest);

/// <summary>Something a caller asks of one wallet. Its answer leaves only when it is durable and fenced.</summary>
public abstract record WalletCommand
{
    /// <summary>Where given, the answer is journaled with the command and replayed to whoever sends it again.</summary>
    public IdempotencyKey? Idempotency { get; init; }
}

/// <summary>
/// Amounts and times that no wallet could decide about are refused where a command is made, before it can reach a partition.
/// </summary>
internal static class CommandBounds
{
    private static readonly TimeSpan TimeToLiveMax = TimeSpan.FromDays(3660);

    public static Amount Positive(Amount amount) =>
        amount.IsPositive ? amount : throw new ArgumentOutOfRangeException(nameof(amount), amount, "Must be more than zero.");

    public static Amount NotNegative(Amount amount) =>
        !amount.IsNegative ? amount : throw new ArgumentOutOfRangeException(nameof(amount), amount, "Must not be negative.");

    public static Amount NotZero(Amount amount) =>
        !amount.IsZero ? amount : throw new ArgumentOutOfRangeException(nameof(amount), amount, "Must not be zero.");

    public static int Positive(int count) =>
        count > 0 ? count : throw new ArgumentOutOfRangeException(nameof(count), count, "Must be more than zero.");

    public static TimeSpan TimeToLive(TimeSpan time) => time > TimeSpan.Zero && time <= TimeToLiveMax
        ? time
        : throw new ArgumentOutOfRangeException(nameof(time), time, "Must be more than nothing and at most ten years.");
}

/// <summary>What a grant is.</summary>
public enum GrantKind : byte
{
    /// <summary>Paid for.</summary>
    Paid = 0,

    /// <summary>Given.</summary>
    Promotional = 1,
}

/// <summary>Puts credits into the wallet. <paramref name="Priority"/> 0 is consumed first; the default is 50.</summary>
public sealed record GrantCredits(Amount Amount, GrantKind Kind, int Priority, Instant? ExpiresAt, string Reason) : WalletCommand
{
    /// <summary>How many; more than zero.</summary>
    public Amount Amount { get; } = CommandBounds.Positive(Amount);
}

/// <summary>Sets credits aside until they are captured, released, or the time to live is over.</summary>
public sealed record CreateHold(string? Id, Amount Amount, TimeSpan TimeToLive) : WalletCommand
{
    /// <summary>How many credits; more than zero.</summary>
    public Amount Amount { get; } = CommandBounds.Positive(Amount);

    /// <summary>More than nothing, at most ten years.</summary>
    public TimeSpan TimeToLive { get; } = CommandBounds.TimeToLive(TimeToLive);
}

/// <summary>Adds to a pending hold.</summary>
public sealed record RaiseHold(string Id, Amount By) : WalletCommand
{
    /// <summary>How many credits more; more than zero.</summary>
    public Amount By { get; } = CommandBounds.Positive(By);
}

/// <summary>Takes a part of a pending hold for good; with <paramref name="Close"/> the rest is released.</summary>
public sealed record CaptureHold(string Id, Amount Amount, bool Close) : WalletCommand
{
    /// <summary>How many credits; not negative.</summary>
    public Amount Amount { get; } = CommandBounds.NotNegative(Amount);
}

/// <summary>Gives the rest of a pending hold back.</summary>
public sealed record ReleaseHold(string Id) : WalletCommand;

/// <summary>
/// Tops the wallet up by <paramref name="Amount"/> whenever <c>available</c> falls below <paramref name="Threshold"/> or a burn is refused
/// for lack of credits, at most <paramref name="MaxPerDay"/> times a day of the customer's time zone. With <paramref name="Trust"/> the
/// credits appear at once, otherwise when the payment is confirmed.
/// </summary>
public sealed record SetAutoTopUp(Amount Threshold, Amount Amount, int MaxPerDay, bool Trust) : WalletCommand
{
    /// <summary>Not negative.</summary>
    public Amount Threshold { get; } = CommandBounds.NotNegative(Threshold);

    /// <summary>More than zero.</summary>
    public Amount Amount { get; } = CommandBounds.Positive(Amount);

    /// <summary>At least 1.</summary>
    public int MaxPerDay { get; } = CommandBounds.Positive(MaxPerDay);
}

/// <summary>Ends automatic top-ups; a pending one can still be confirmed.</summary>
public sealed record RemoveAutoTopUp : WalletCommand;

/// <summary>
/// Sets the balance below which the wallet is low: whoever listens is told once each time <c>available</c> falls from it, or above, to
/// below it. Null takes it away.
/// </summary>
public sealed record SetLowBalance(Amount? Threshold) : WalletCommand
{
    /// <summary>More than zero, or null.</summary>
    public Amount? Threshold { get; } = Threshold is { } threshold ? CommandBounds.Positive(threshold) : null;
}

/// <summary>The payment of a pending top-up has arrived.</summary>
public sealed record ConfirmTopUp(string Id) : WalletCommand;

/// <summary>The payment of a pending top-up has failed.</summary>
public sealed record FailTopUp(string Id) : WalletCommand;

/// <summary>
/// Corrects the balance by hand: adds as a grant, or takes from the grants in the order of consumption, never below zero.
/// </summary>
public sealed record AdjustCredits(Amount By, string Reason) : WalletCommand
{
    /// <summary>Not zero.</summary>
    public Amount By { get; } = CommandBounds.NotZero(By);
}
