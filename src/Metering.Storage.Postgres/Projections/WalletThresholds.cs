using Metering.Core.Money;

namespace Metering.Storage.Postgres.Projections;

/// <summary>The balances of a wallet that matter for whether it is low.</summary>
/// <param name="TopUp">Below which automatic top-ups are made; null for none.</param>
/// <param name="LowBalance">Below which it is low; null for none.</param>
internal readonly record struct WalletThresholds(Amount? TopUp, Amount? LowBalance)
{
    /// <summary>Below which it is low: where nobody said so, where it is topped up.</summary>
    public Amount? Low => LowBalance ?? TopUp;
}

/// <summary>What a batch has changed of them so far; what it has not stands in the database.</summary>
internal readonly record struct ThresholdChanges(int Partition)
{
    public bool HasTopUp { get; init; }

    public Amount? TopUp { get; init; }

    public bool HasLowBalance { get; init; }

    public Amount? LowBalance { get; init; }

    /// <summary>Whether what is low does not depend on what was before the batch.</summary>
    public bool IsWhole => HasLowBalance && (HasTopUp || LowBalance is not null);

    /// <summary>The thresholds after these changes.</summary>
    public WalletThresholds Over(WalletThresholds before) =>
        new(HasTopUp ? TopUp : before.TopUp, HasLowBalance ? LowBalance : before.LowBalance);
}
