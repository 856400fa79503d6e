using Metering.Core.Ids;
using Metering.Core.Money;
using Metering.Core.Time;

namespace Metering.Core.Catalog;

/// <summary>One version of a plan: what a project pays and how far it may go. A version never changes.</summary>
public sealed record Plan
{
    /// <summary>Thresholds of a plan that names none.</summary>
    public static readonly ValueList<int> DefaultAlertThresholds = [80, 95];

    public required PlanId Id { get; init; }

    /// <summary>Counts from 1.</summary>
    public required int Version { get; init; }

    public required string Name { get; init; }

    public required Currency Currency { get; init; }

    public BillingInterval Interval { get; init; } = BillingInterval.Month;

    /// <summary>Money for each interval, whatever the usage.</summary>
    public Amount BaseFee { get; init; }

    /// <summary>The least an invoice of the interval comes to, before tax; zero for none.</summary>
    public Amount MinimumCommitment { get; init; }

    public required WalletMode WalletMode { get; init; }

    /// <summary>What one credit is worth in <see cref="Currency"/>; null where no charge is in credits.</summary>
    public Amount? CreditValue { get; init; }

    /// <summary>Percentages of a limit, 1 to 100, rising, at which an alert is raised.</summary>
    public ValueList<int> AlertThresholds { get; init; } = DefaultAlertThresholds;

    public RateLimit? RateLimit { get; init; }

    public ValueList<PlanLimit> Limits { get; init; } = [];

    public ValueList<Charge> Charges { get; init; } = [];

    /// <summary>Prices in other currencies than <see cref="Currency"/>, each currency once, in the order of their codes.</summary>
    public ValueList<PriceList> Prices { get; init; } = [];

    /// <summary>
    /// What the plan costs in a currency; null where it has no prices in it, and a customer of that currency cannot be on it.
    /// </summary>
    public PriceList? PricesIn(Currency currency)
    {
        if (currency != Currency)
            return Prices.FirstOrDefault(list => list.Currency == currency);
        return new PriceList
        {
            Currency = Currency,
            BaseFee = BaseFee,
            MinimumCommitment = MinimumCommitment,
            CreditValue = CreditValue,
            Charges = Charges.Where(charge => charge.In == ChargeUnit.Money).ToValueList(),
        };
    }
}

/// <summary>What happens when the credits run out. The numbers stand in the journal: never reuse one.</summary>
public enum WalletMode
{
    /// <summary>Usage that the wallet cannot pay is refused.</summary>
    Prepaid = 1,

    /// <summary>The wallet pays first; what it cannot pay is counted as overage for the invoice.</summary>
    PrepaidOverage = 2,

    /// <summary>Everything is counted for the invoice.</summary>
    Postpaid = 3,
}

/// <summary>How many requests a key of the plan may send.</summary>
public sealed record RateLimit(int Requests, RateInterval Per);

/// <summary>The numbers stand in the journal: never reuse one.</summary>
public enum RateInterval
{
    Second = 1,
    Minute = 2,
    Hour = 3,
    Day = 4,
}

/// <summary>The most of a meter in a period.</summary>
/// <param name="Meter">Whose quantity is limited, over all its dimensions.</param>
/// <param name="Max">The last quantity that is within the limit; null is unlimited.</param>
/// <param name="Period">Over what it counts.</param>
/// <param name="Hard">Whether an event past it is refused; otherwise it is only alerted on.</param>
public sealed record PlanLimit(MeterId Meter, Amount? Max, PeriodKind Period, bool Hard);
