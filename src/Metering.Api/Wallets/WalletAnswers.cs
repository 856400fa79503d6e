using System.Text.Json.Serialization;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Core.Wallets;
using Metering.Grid.History;

namespace Metering.Api.Wallets;

/// <summary>What a wallet has right after a command.</summary>
public sealed record BalanceAnswer(Amount Available, Amount Held)
{
    internal static BalanceAnswer Of(WalletResult result) => new(result.Available, result.Held);
}

/// <summary>A grant of credits; <paramref name="Remaining"/> is neither burned, nor held, nor expired.</summary>
public sealed record GrantAnswer(
    string Id, string Kind, int Priority, Amount Amount, Amount Remaining, Amount Held,
    Instant? ExpiresAt, Instant CreatedAt, string Reason)
{
    internal static GrantAnswer Of(GrantView grant) => new(
        grant.Id, GrantRequest.KindWord(grant.Kind), grant.Priority, grant.Amount, grant.Remaining, grant.Held,
        grant.ExpiresAt, grant.CreatedAt, grant.Reason);
}

/// <summary>A grant that was just made, and the balance right after.</summary>
public sealed record NewGrantAnswer(GrantAnswer Grant, BalanceAnswer Balance);

/// <summary>A hold.</summary>
/// <param name="Id">Its id in the wallet.</param>
/// <param name="CustomerId">Whose wallet.</param>
/// <param name="Amount">What was set aside in all.</param>
/// <param name="Captured">What was taken of it for good.</param>
/// <param name="Remaining">What is still set aside.</param>
/// <param name="State"><c>pending</c>, <c>captured</c>, <c>released</c> or <c>expired</c>.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="ExpiresAt">When the rest goes back.</param>
/// <param name="ClosedAt">When it was closed, or null.</param>
/// <param name="Balance">The wallet right after the command; absent on a read.</param>
/// <param name="Event">What became of the event that a capture carried; absent without one.</param>
public sealed record HoldAnswer(
    string Id, string CustomerId, Amount Amount, Amount Captured, Amount Remaining, string State,
    Instant CreatedAt, Instant ExpiresAt, Instant? ClosedAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] BalanceAnswer? Balance,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] CapturedEventAnswer? Event)
{
    internal static HoldAnswer Of(string customerId, HoldView hold, BalanceAnswer? balance = null, CapturedEventAnswer? captured = null) =>
        new(
            hold.Id, customerId, hold.Amount, hold.Captured, hold.Remaining, StateWord(hold.State),
            hold.CreatedAt, hold.ExpiresAt, hold.ClosedAt, balance, captured);

    private static string StateWord(HoldState state) => state switch
    {
        HoldState.Pending => "pending",
        HoldState.Captured => "captured",
        HoldState.Released => "released",
        _ => "expired",
    };
}

/// <summary>The event that a capture carried.</summary>
/// <param name="Status"><c>accepted</c> or <c>duplicate</c>.</param>
/// <param name="Credits">What it cost.</param>
/// <param name="At">When it was taken.</param>
public sealed record CapturedEventAnswer(string Status, Amount Credits, Instant At);

/// <summary>A top-up.</summary>
/// <param name="Id">Its id in the wallet.</param>
/// <param name="Amount">How many credits.</param>
/// <param name="State"><c>pending</c>, <c>confirmed</c> or <c>failed</c>.</param>
/// <param name="CreatedAt">When it became due.</param>
/// <param name="Balance">The wallet right after the command; absent in a list.</param>
public sealed record TopUpAnswer(
    string Id, Amount Amount, string State, Instant CreatedAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] BalanceAnswer? Balance)
{
    internal static TopUpAnswer Of(TopUpView topUp, BalanceAnswer? balance = null) => new(
        topUp.Id, topUp.Amount, topUp.State switch { TopUpState.Pending => "pending", TopUpState.Confirmed => "confirmed", _ => "failed" },
        topUp.CreatedAt, balance);
}

/// <summary>Automatic top-ups as they are set.</summary>
public sealed record AutoTopUpAnswer(Amount Threshold, Amount Amount, int MaxPerDay, bool Trust)
{
    internal static AutoTopUpAnswer Of(AutoTopUpView view) => new(view.Threshold, view.Amount, view.MaxPerDay, view.Trust);
}

/// <summary>The balance below which the wallet is low.</summary>
public sealed record LowBalanceAnswer(Amount Threshold);

/// <summary>A wallet: <c>available + held + burned + expired = granted + overage</c>.</summary>
/// <param name="CustomerId">Whose.</param>
/// <param name="Available">Credits that can be burned or held.</param>
/// <param name="Held">Credits set aside.</param>
/// <param name="Burned">Credits taken by usage, overage among them.</param>
/// <param name="Expired">Credits of grants that ended.</param>
/// <param name="Granted">Credits ever granted.</param>
/// <param name="Overage">Credits burned beyond the wallet.</param>
/// <param name="Grants">Grants with anything left, in the order of consumption.</param>
/// <param name="Holds">Pending holds.</param>
/// <param name="TopUps">Pending top-ups.</param>
/// <param name="AutoTopUp">Automatic top-ups, or null.</param>
/// <param name="LowBalance">The balance below which it is low, or null.</param>
/// <param name="AsOfSeq">The newest group of the partition's journal that is contained.</param>
public sealed record WalletAnswer(
    string CustomerId, Amount Available, Amount Held, Amount Burned, Amount Expired, Amount Granted, Amount Overage,
    IReadOnlyList<GrantAnswer> Grants, IReadOnlyList<HoldAnswer> Holds, IReadOnlyList<TopUpAnswer> TopUps,
    AutoTopUpAnswer? AutoTopUp, LowBalanceAnswer? LowBalance, long AsOfSeq)
{
    internal static WalletAnswer Of(WalletView view) => new(
        view.CustomerId, view.Available, view.Held, view.Burned, view.Expired, view.Granted, view.Overage,
        [.. view.Grants.Select(GrantAnswer.Of)],
        [.. view.Holds.Select(hold => HoldAnswer.Of(view.CustomerId, hold))], [.. view.TopUps.Select(topUp => TopUpAnswer.Of(topUp))],
        view.AutoTopUp is null ? null : AutoTopUpAnswer.Of(view.AutoTopUp),
        view.LowBalance is { } low ? new LowBalanceAnswer(low) : null, view.AsOfSequence);
}

/// <summary>One line of a wallet's history.</summary>
/// <param name="Seq">Counts the wallet's entries.</param>
/// <param name="TransactionType"><c>GRANT</c>, <c>BURN</c>, <c>HOLD</c>, <c>CAPTURE</c>, <c>RELEASE</c>, <c>EXPIRE</c>, <c>TOP_UP</c> or
/// <c>ADJUST</c>.</param>
/// <param name="Amount">How many credits.</param>
/// <param name="BalanceBefore">What was available before.</param>
/// <param name="BalanceAfter">What was available after.</param>
/// <param name="Description">Why.</param>
/// <param name="At">When.</param>
public sealed record LedgerEntryAnswer(
    long Seq, string TransactionType, Amount Amount, Amount BalanceBefore, Amount BalanceAfter, string Description, Instant At)
{
    internal static LedgerEntryAnswer Of(LedgerRow row) =>
        new(row.Entry, row.TransactionType, row.Amount, row.BalanceBefore, row.BalanceAfter, row.Description, row.At);
}
