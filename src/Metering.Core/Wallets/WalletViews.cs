using Metering.Core.Money;

namespace Metering.Core.Wallets;

/// <content>What callers are shown.</content>
public sealed partial class Wallet
{
    /// <summary>The wallet as it is.</summary>
    public WalletView ToView(string customerId, long asOfSequence) => new(
        customerId, Available, Held, Burned, Expired, Granted, Overage,
        [.. grants.Select(grant => grant.ToView())],
        [.. PendingHolds.OrderBy(hold => hold.Id, StringComparer.Ordinal).Select(hold => hold.ToView())],
        [.. TopUps.Values.Where(topUp => topUp.State == TopUpState.Pending).OrderBy(topUp => topUp.Number).Select(topUp => topUp.ToView())],
        AutoTopUp, asOfSequence, LedgerEntries)
    {
        LowBalance = LowBalance,
    };

    /// <summary>A hold that is remembered, or null.</summary>
    public HoldView? FindHold(string id) => Holds.TryGetValue(id, out Hold? hold) ? hold.ToView() : null;
}
