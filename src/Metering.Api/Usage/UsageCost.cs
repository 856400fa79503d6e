using Metering.Core.Catalog;
using Metering.Core.Money;
using Metering.Core.Rating;
using Metering.Grid.History;

namespace Metering.Api.Usage;

/// <summary>
/// What hours of usage cost under one version of a plan, added up exactly: their credits at the plan's credit value, plus the money charges
/// that can be priced as usage comes in (per unit, graduated, package and matrix, on a sum, a count or a maximum). Give it the hours of a
/// billing period in order, from its start, so that what is included and the tiers count from there. Base fee, flat, volume and percentage
/// charges, minimums and tax belong to the invoice alone.
/// </summary>
internal sealed class UsageCost
{
    private readonly Amount? creditValue;
    private readonly Dictionary<string, List<CompiledCharge>> charges = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Amount> before = new(StringComparer.Ordinal);
    private readonly IReadOnlyDictionary<string, Meter> meters;

    public UsageCost(Plan plan, IReadOnlyDictionary<string, Meter> meters)
    {
        creditValue = plan.CreditValue;
        this.meters = meters;
        foreach (var charge in plan.Charges)
        {
            if (charge.In != ChargeUnit.Money || !CompiledCharge.CanPriceEvents(charge.Model))
                continue;
            if (!charges.TryGetValue(charge.Meter.Value, out var list))
                charges[charge.Meter.Value] = list = [];
            list.Add(CompiledCharge.Compile(charge));
        }
    }

    /// <summary>A new billing period: nothing has been used in it yet.</summary>
    public void BeginPeriod() => before.Clear();

    /// <summary>Adds what an hour of one meter and combination costs, after the hours given before it.</summary>
    public void Add(UsageHourRow row, ref ExactSum cost)
    {
        if (creditValue is { } value)
            cost.Add(row.Credits, value);
        if (!charges.TryGetValue(row.Meter, out var priced) || !meters.TryGetValue(row.Meter, out var meter))
            return;
        var used = before.GetValueOrDefault(row.Meter);
        if (Increase(meter.Aggregation, row, used) is not { } more || more.IsNegative)
            return;
        foreach (var charge in priced)
        {
            Span<DimensionSlice> slices = new DimensionSlice[charge.Dimensions.Count];
            var bytes = Dimensions.LayOut(row.Dimensions, charge.Dimensions, slices);
            charge.TryPrice(more, used, new DimensionValues(bytes, slices), ref cost);
        }

        before[row.Meter] = used + more;
    }

    private static Amount? Increase(Aggregation aggregation, UsageHourRow row, Amount used) => aggregation switch
    {
        Aggregation.Sum => row.Sum,
        Aggregation.Count => Amount.FromWhole(row.Count),
        Aggregation.Max => Amount.Max(row.Max - used, Amount.Zero),
        _ => null,
    };
}
