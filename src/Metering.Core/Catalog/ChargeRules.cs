using Metering.Core.Money;

namespace Metering.Core.Catalog;

/// <summary>What a charge must keep to beyond the form of its members.</summary>
internal static class ChargeRules
{
    /// <summary>Which models go with which meters and units.</summary>
    public static void CheckPair(ObjectReader reader, Meter meter, ChargeUnit unit, ChargeModel model)
    {
        if (meter.Aggregation == Aggregation.Avg)
            reader.Fault("meter", "An average is for reports and cannot be charged.");
        if (model == ChargeModel.Matrix && meter.Aggregation is not (Aggregation.Sum or Aggregation.Count))
            reader.Fault("model", "A matrix prices parts of a whole, which only a sum and a count have.");
        if (unit != ChargeUnit.Credits)
            return;

        // Credits are burned at the event: it must be known then what the event alone adds, and that it can never cost less later.
        if (!Rating.CompiledCharge.CanPriceEvents(model))
            reader.Fault("model", "A charge in credits must be per_unit, graduated, package or matrix.");
        if (meter.Aggregation is not (Aggregation.Sum or Aggregation.Count))
            reader.Fault("meter", "A charge in credits must be on a sum or a count.");
    }

    public static Amount ReadPercent(ObjectReader reader)
    {
        var percent = reader.Amount("percent", required: true) ?? Amount.Zero;
        if (percent > Amount.FromWhole(100))
            reader.Fault("percent", "Must be from 0 to 100.");
        return percent;
    }

    public static void CheckTiers(ObjectReader charge, IReadOnlyList<(ObjectReader Reader, Tier Tier)> tiers)
    {
        if (tiers.Count == 0)
            charge.Fault("tiers", "Must have at least one tier.");
        for (var i = 0; i < tiers.Count; i++)
        {
            var (reader, tier) = tiers[i];
            var isLast = i == tiers.Count - 1;
            if (isLast && reader.Has("up_to") && tier.UpTo is not null)
                reader.Fault("up_to", "The last tier must be open: null.");
            if (!isLast && tier.UpTo is null)
                reader.Fault("up_to", "Only the last tier is open.");
            if (!isLast && tier.UpTo <= (i == 0 ? Amount.Zero : tiers[i - 1].Tier.UpTo))
                reader.Fault("up_to", "Must be above the tier before, and above zero.");
        }
    }

    public static void CheckDimensions(ObjectReader reader, Meter meter, ValueList<string> dimensions)
    {
        if (dimensions.Count == 0)
            reader.Fault("dimensions", "A matrix must name at least one dimension.");
        foreach (var dimension in dimensions)
        {
            if (!meter.Dimensions.Contains(dimension))
                reader.Fault("dimensions", $"Meter '{meter.Id}' has no dimension '{dimension}'.");
        }
    }

    public static void CheckCells(
        ObjectReader charge, IReadOnlyList<(ObjectReader Reader, MatrixCell Cell)> cells, ValueList<string> dimensions)
    {
        if (cells.Count == 0)
            charge.Fault("cells", "A matrix must have at least one cell.");
        var seen = new HashSet<ValueList<DimensionMatch>>();
        foreach (var (reader, cell) in cells)
        {
            if (cell.Match.Count == 0 && dimensions.Count > 0)
                reader.Fault("match", "Must name at least one dimension; what matches nothing else goes into otherwise.");
            else if (!seen.Add(cell.Match))
                reader.Fault("match", "Another cell before has the same match.");
        }
    }
}
