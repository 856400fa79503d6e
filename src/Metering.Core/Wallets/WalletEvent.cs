using Metering.Core.Money;
using Metering.Core.Time;

namespace Metering.Core.Wallets;

/// <summary>
/// Something that happened to a wallet, as journaled: results only,
/// so that applying it again gives the same wallet whatever the rules are by then.
/// </summary>
public abstract record WalletEvent
{
    /// <summary>The ledger entry it makes, or null for none.</summary>
    public abstract LedgerEntryType? Ledger { get; }

    /// <summary>The amount of the ledger entry.</summary>
    public abstract Amount LedgerAmount { get; }

    /// <summary>The description of the ledger entry.</summary>
    public abstract string Description { get; }

    /// <summary>What it adds to <c>available</c>: below zero where it takes.</summary>
    public abstract Amount BalanceChange { get; }
}

/// <summary>Why a grant was made.</summary>
public enum GrantOrigin : byte
{
    /// <summary>By an operator.</summary>
    Operator = 0,

    /// <summary>By a top-up.</summary>
    TopUp = 1,

    /// <summary>By a correction.</summary>
    Adjustment = 2,
}

/// <summary>Usage took credits: <paramref name="Draws"/> from grants, <paramref name="Overage"/> beyond the wallet.</summary>
public sealed record CreditsBurned(Amount Total, Amount Overage, IReadOnlyList<GrantDraw> Draws, int Events) : WalletEvent
{
    /// <inheritdoc />
    public override LedgerEntryType? Ledger => LedgerEntryType.Burn;

    /// <inheritdoc />
    public override Amount LedgerAmount => Total;

    /// <inheritdoc />
    public override string Description => new BurnFigures(Total, Overage, Events).Description;

    /// <inheritdoc />
    public override Amount BalanceChange => Overage - Total;
}

/// <summary>A grant was made.</summary>
public sealed record GrantAdded(
    long Number, Amount Amount, GrantKind Kind, int Priority, Instant? ExpiresAt, string Reason, GrantOrigin Origin) : WalletEvent
{
    /// <inheritdoc />
    public override LedgerEntryType? Ledger => Origin switch
    {
        GrantOrigin.TopUp => LedgerEntryType.TopUp,
        GrantOrigin.Adjustment => LedgerEntryType.Adjust,
        _ => LedgerEntryType.Grant,
    };

    /// <inheritdoc />
    public override Amount LedgerAmount => Amount;

    /// <inheritdoc />
    public override string Description => Reason;

    /// <inheritdoc />
    public override Amount BalanceChange => Amount;
}

/// <summary>What was free of a grant ended.</summary>
public sealed record GrantExpired(long Number, Amount Amount) : WalletEvent
{
    /// <inheritdoc />
    public override LedgerEntryType? Ledger => Amount.IsZero ? null : LedgerEntryType.Expire;

    /// <inheritdoc />
    public override Amount LedgerAmount => Amount;

    /// <inheritdoc />
    public override string Description => $"Grant {WalletIds.Grant(Number)} expired";

    /// <inheritdoc />
    public override Amount BalanceChange => -Amount;
}

/// <summary>Credits were set aside.</summary>
public sealed record HoldCreated(string Id, long Number, Amount Amount, Instant ExpiresAt, IReadOnlyList<GrantDraw> Draws) : WalletEvent
{
    /// <inheritdoc />
    public override LedgerEntryType? Ledger => LedgerEntryType.Hold;

    /// <inheritdoc />
    public override Amount LedgerAmount => Amount;

    /// <inheritdoc />
    public override string Description => $"Hold {Id}";

    /// <inheritdoc />
    public override Amount BalanceChange => -Amount;
}

/// <summary>More credits were set aside by a hold.</summary>
public sealed record HoldRaised(string Id, Amount By, IReadOnlyList<GrantDraw> Draws) : WalletEvent
{
    /// <inheritdoc />
    public override LedgerEntryType? Ledger => LedgerEntryType.Hold;

    /// <inheritdoc />
    public override Amount LedgerAmount => By;

    /// <inheritdoc />
    public override string Description => $"Hold {Id} raised";

    /// <inheritdoc />
    public override Amount BalanceChange => -By;
}

/// <summary>A part of a hold was taken, from its draws in their order.</summary>
public sealed record HoldCaptured(string Id, Amount Amount) : WalletEvent
{
    /// <inheritdoc />
    public override LedgerEntryType? Ledger => LedgerEntryType.Capture;

    /// <inheritdoc />
    public override Amount LedgerAmount => Amount;

    /// <inheritdoc />
    public override string Description => $"Hold {Id} captured";

    /// <inheritdoc />
    public override Amount BalanceChange => Money.Amount.Zero;
}

/// <summary>
/// A hold ended; <paramref name="Returned"/> went back to its grants. What went to an expired grant ends with the next event.
/// </summary>
public sealed record HoldClosed(string Id, HoldState State, Amount Returned) : WalletEvent
{
    /// <inheritdoc />
    public override LedgerEntryType? Ledger => Returned.IsZero ? null : LedgerEntryType.Release;

    /// <inheritdoc />
    public override Amount LedgerAmount => Returned;

    /// <inheritdoc />
    public override string Description => State switch
    {
        HoldState.Expired => $"Hold {Id} expired",
        HoldState.Captured => $"Rest of hold {Id}",
        _ => $"Hold {Id} released",
    };

    /// <inheritdoc />
    public override Amount BalanceChange => Returned;
}

/// <summary>Credits were taken by a correction.</summary>
public sealed record CreditsRemoved(Amount Amount, IReadOnlyList<GrantDraw> Draws, string Reason) : WalletEvent
{
    /// <inheritdoc />
    public override LedgerEntryType? Ledger => LedgerEntryType.Adjust;

    /// <inheritdoc />
    public override Amount LedgerAmount => -Amount;

    /// <inheritdoc />
    public override string Description => Reason;

    /// <inheritdoc />
    public override Amount BalanceChange => -Amount;
}

/// <summary>A wallet event that leaves the balance alone.</summary>
public abstract record SettingChanged : WalletEvent
{
    /// <inheritdoc />
    public override LedgerEntryType? Ledger => null;

    /// <inheritdoc />
    public override Amount LedgerAmount => Amount.Zero;

    /// <inheritdoc />
    public override string Description => "";

    /// <inheritdoc />
    public override Amount BalanceChange => Amount.Zero;
}

/// <summary>Automatic top-ups were set, or ended where null.</summary>
public sealed record AutoTopUpChanged(AutoTopUpView? Setting) : SettingChanged;

/// <summary>The balance below which the wallet is low was set, or taken away where null.</summary>
public sealed record LowBalanceChanged(Amount? Threshold) : SettingChanged;

/// <summary>A top-up was asked for; <paramref name="Day"/> is the start of the customer's day whose allowance it uses.</summary>
public sealed record TopUpRequested(long Number, Amount Amount, Instant Day) : SettingChanged;

/// <summary>A top-up was confirmed or has failed.</summary>
public sealed record TopUpClosed(long Number, TopUpState State) : SettingChanged;

/// <summary>An answer was remembered for its idempotency key.</summary>
public sealed record AnswerRemembered(UInt128 Key, ulong BodyDigest, WalletResult Result) : SettingChanged;
