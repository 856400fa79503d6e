using Metering.Core.Money;

namespace Metering.Core.Wallets;

/// <summary>What <see cref="CreditsBurned"/> says but for the grants it drew from.</summary>
/// <param name="Total">The credits taken.</param>
/// <param name="Overage">The part of them that was beyond the wallet.</param>
/// <param name="Events">How many events they are for.</param>
public readonly record struct BurnFigures(Amount Total, Amount Overage, int Events)
{
    /// <summary>The change of what is available, as of <see cref="WalletEvent.BalanceChange"/>.</summary>
    public Amount BalanceChange => Overage - Total;

    /// <summary>What the ledger says of it, as of <see cref="WalletEvent.Description"/>.</summary>
    public string Description => (Events == 1 ? "1 event" : $"{Events} events") + (Overage.IsZero ? "" : $", {Overage} of it overage");
}
