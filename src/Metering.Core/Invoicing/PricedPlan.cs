using Metering.Core.Catalog;
using Metering.Core.Ids;
using Metering.Core.Money;

namespace Metering.Core.Invoicing;

/// <summary>
/// A plan version with its prices in one currency, made ready for invoices. Immutable and safe to share: make it once, keep it beside the plan.
/// </summary>
public sealed class PricedPlan
{
    private PricedPlan(Plan plan, PriceList prices)
    {
        Plan = plan;
        Prices = prices;
    }

    public Plan Plan { get; }

    public PriceList Prices { get; }

    public Currency Currency => Prices.Currency;

    /// <param name="plan">The plan version.</param>
    /// <param name="currency">The customer's; ask <see cref="Plan.PricesIn"/> whether the plan has prices in it.</param>
    /// <param name="meters">At least those that the plan charges for.</param>
    /// <exception cref="ArgumentException">The plan has no prices in the currency, or a meter is missing.</exception>
    public static PricedPlan Compile(Plan plan, Currency currency, IReadOnlyDictionary<MeterId, Meter> meters)
    {
        var prices = plan.PricesIn(currency)
            ?? throw new ArgumentException($"Plan '{plan.Id}' has no prices in {currency}.", nameof(currency));
        return new PricedPlan(plan, prices);
    }
}
