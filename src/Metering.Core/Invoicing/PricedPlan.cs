using Metering.Core.Catalog;
using Metering.Core.Ids;
using Metering.Core.Money;

namespace Metering.Core.Invoicing;

/// <summary>
/// A plan version with its prices in one currency, made ready for invoices. Immutable and safe to share: make it once, keep it beside the
/// plan.
/// </summary>
public sealed class PricedPlan
{
    private PricedPlan(Plan plan, PriceList prices, PricedCharge[] charges)
    {
        Plan = plan;
        Prices = prices;
        Charges = charges;
        BaseFeeDescription = $"Base fee, {plan.Name}";
        MinimumDescription = $"Minimum commitment, {plan.Name}";
        IntervalWord = PricedCharge.IntervalWord(plan.Interval);
    }

    public Plan Plan { get; }

    public PriceList Prices { get; }

    public Currency Currency => Prices.Currency;

    internal PricedCharge[] Charges { get; }

    internal string BaseFeeDescription { get; }

    internal string MinimumDescription { get; }

    internal string IntervalWord { get; }

    /// <param name="plan">The plan version.</param>
    /// <param name="currency">The customer's; ask <see cref="Plan.PricesIn"/> whether the plan has prices in it.</param>
    /// <param name="meters">At least those that the plan charges for.</param>
    /// <exception cref="ArgumentException">The plan has no prices in the currency, or a meter is missing.</exception>
    public static PricedPlan Compile(Plan plan, Currency currency, IReadOnlyDictionary<MeterId, Meter> meters)
    {
        var prices = plan.PricesIn(currency)
            ?? throw new ArgumentException($"Plan '{plan.Id}' has no prices in {currency}.", nameof(currency));
        PricedCharge Ready(Charge charge) => meters.TryGetValue(charge.Meter, out var meter)
            ? new PricedCharge(charge, meter, plan.Interval)
            : throw new ArgumentException($"Plan '{plan.Id}' charges for meter '{charge.Meter}', which is missing.", nameof(meters));
        return new PricedPlan(plan, prices, [.. prices.Charges.Select(Ready)]);
    }
}
