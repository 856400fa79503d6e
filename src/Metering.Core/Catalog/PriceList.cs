using Metering.Core.Money;

namespace Metering.Core.Catalog;

/// <summary>
/// What a plan costs in one currency. A plan has one of its own, which its members make, and may have others beside it, which price the
/// same meters in the same order. Charges in credits are the plan's alone: a credit is a credit in every currency, its value is not.
/// </summary>
public sealed record PriceList
{
    public required Currency Currency { get; init; }

    /// <summary>Money for each interval, whatever the usage.</summary>
    public Amount BaseFee { get; init; }

    /// <summary>The least an invoice of the interval comes to, before tax; zero for none.</summary>
    public Amount MinimumCommitment { get; init; }

    /// <summary>What one credit is worth; null where no charge of the plan is in credits.</summary>
    public Amount? CreditValue { get; init; }

    /// <summary>The charges in money.</summary>
    public ValueList<Charge> Charges { get; init; } = [];
}
