using Metering.Core.Catalog;
using Metering.Core.Money;
using Metering.Core.Rating;
using Metering.Core.Time;
using Metering.Core.Usage;
using Metering.Grid.Directory;
using Metering.Grid.Ingest;

namespace Metering.Grid.Partitions;

/// <content>Which meters count an event, and what it costs.</content>
public sealed partial class PartitionState
{
    /// <summary>
    /// The plan of the segment that the event's time belongs to: its prices hold for usage of that time, whatever the plan is by now.
    /// </summary>
    private static PlanBinding PricingOf(ProjectUsage project, in EventDecision decision, EventShape shape, CatalogSnapshot catalog)
    {
        PeriodSegment segment = project.SegmentAt(decision.Time);
        return segment.Plan == project.Plan && segment.PlanVersion == project.PlanVersion
            ? decision.Plan!
            : catalog.Bind(PlanOf(catalog, segment.Plan, segment.PlanVersion), shape);
    }

    /// <summary>Whether a meter counts an event: its filters pass and the event has its value.</summary>
    private static bool Counts(ShapeMeter meter, ReadOnlySpan<PropertyValue> values, ReadOnlySpan<byte> text)
    {
        foreach (ShapeFilter filter in meter.Filters)
        {
            ref readonly PropertyValue value = ref values[filter.PropertyIndex];
            bool passes = value.Kind == PropertyKind.Absent
                ? filter.Condition.AcceptsMissing
                : filter.Condition.Accepts(text.Slice(value.Text.Start, value.Text.Length));
            if (!passes)
                return false;
        }

        return meter.Counting.HasValue(values);
    }

    private static bool IsOutOfRange(CountingMeter meter, ReadOnlySpan<PropertyValue> values) =>
        meter.ValueIndex >= 0 && (values[meter.ValueIndex].OutOfRange || values[meter.ValueIndex].Number.IsNegative);

    private static bool TryPrice(
        ProjectUsage project, BoundMeter meter, ReadOnlySpan<PropertyValue> values, ReadOnlySpan<byte> text, Instant time, bool outOfRange,
        ref ExactSum cost)
    {
        if (meter.CreditCharges.Length == 0 && meter.MoneyMatrices.Length == 0)
            return true;
        CountingMeter counting = meter.Meter.Counting;
        Amount quantity = outOfRange ? Amount.Zero : counting.ValueIndex < 0 ? Amount.One : values[counting.ValueIndex].Number;
        foreach (BoundCharge charge in meter.CreditCharges)
        {
            Amount before = charge.Charge.NeedsQuantityBefore
                ? project.QuantityAt(time, counting.Meter, counting.Aggregation)
                : Amount.Zero;
            if (!TryPrice(charge, quantity, before, values, text, ref cost))
                return false;
        }

        var unused = new ExactSum();
        foreach (BoundCharge matrix in meter.MoneyMatrices)
        {
            if (!TryPrice(matrix, Amount.Zero, Amount.Zero, values, text, ref unused))
                return false;
        }

        return true;
    }

    private static bool TryPrice(
        BoundCharge charge, Amount quantity, Amount before, ReadOnlySpan<PropertyValue> values, ReadOnlySpan<byte> text, ref ExactSum cost)
    {
        int count = charge.DimensionIndexes.Length;
        if (count == 0)
            return charge.Charge.TryPrice(quantity, before, DimensionValues.None, ref cost);
        Span<DimensionSlice> slices = stackalloc DimensionSlice[count];
        for (int i = 0; i < count; i++)
        {
            ref readonly PropertyValue value = ref values[charge.DimensionIndexes[i]];
            slices[i] = value.Kind == PropertyKind.Absent
                ? DimensionSlice.Missing
                : new DimensionSlice(value.Text.Start, value.Text.Length);
        }

        return charge.Charge.TryPrice(quantity, before, new DimensionValues(text, slices), ref cost);
    }

    /// <summary>Whether an invoice needs the event's combination apart from the others: a money matrix has a cell for it.</summary>
    private static bool IsPricedApart(BoundMeter meter, ReadOnlySpan<PropertyValue> values, ReadOnlySpan<byte> text)
    {
        var unused = new ExactSum();
        foreach (BoundCharge cells in meter.MoneyCells)
        {
            if (TryPrice(cells, Amount.Zero, Amount.Zero, values, text, ref unused))
                return true;
        }

        return false;
    }
}
