using Metering.Core.Catalog;
using Metering.Core.Rating;
using Metering.Grid.Ingest;

namespace Metering.Grid.Partitions;

/// <summary>One meter of an event type as one plan version sees it.</summary>
/// <param name="Meter">The meter.</param>
/// <param name="CreditCharges">What its usage costs in credits, at the event.</param>
/// <param name="MoneyMatrices">Money charges that need a price for the dimensions, although they are rated later.</param>
/// <param name="MoneyCells">The same without what they charge otherwise: they have a price only where a cell matches.</param>
/// <param name="Limits">The plan's limits on it; an unlimited one is counted too, so that what was used can be shown and a later plan finds
/// it.</param>
internal sealed record BoundMeter(
    ShapeMeter Meter, BoundCharge[] CreditCharges, BoundCharge[] MoneyMatrices, BoundCharge[] MoneyCells, PlanLimit[] Limits);

/// <summary>A charge, and the properties of the event type that its dimensions are.</summary>
internal sealed record BoundCharge(CompiledCharge Charge, int[] DimensionIndexes);

/// <summary>Everything a decision needs of a plan version and an event type, found once. Immutable.</summary>
internal sealed class PlanBinding
{
    public PlanBinding(Plan plan, EventShape shape)
    {
        Plan = plan;
        Shape = shape;
        Meters = [.. shape.Meters.Select(meter => Bind(plan, meter))];
        Thresholds = [.. plan.AlertThresholds.Append(100).Where(threshold => threshold > 0).Distinct().Order()];
    }

    public Plan Plan { get; }

    public EventShape Shape { get; }

    public BoundMeter[] Meters { get; }

    /// <summary>The plan's alert thresholds and 100, rising.</summary>
    public int[] Thresholds { get; }

    private static BoundMeter Bind(Plan plan, ShapeMeter meter)
    {
        Charge[] charges = [.. plan.Charges.Where(charge => charge.Meter == meter.Meter.Id)];
        Charge[] matrices = [.. charges.Where(charge => charge.In == ChargeUnit.Money && charge.Model == ChargeModel.Matrix)];
        return new BoundMeter(
            meter,
            [.. charges.Where(charge => charge.In == ChargeUnit.Credits).Select(charge => Bind(charge, meter))],
            [.. matrices.Select(charge => Bind(charge, meter))],
            [.. matrices.Select(charge => Bind(charge with { Otherwise = null }, meter))],
            [.. plan.Limits.Where(limit => limit.Meter == meter.Meter.Id)]);
    }

    private static BoundCharge Bind(Charge charge, ShapeMeter meter)
    {
        CompiledCharge compiled = CompiledCharge.Compile(charge);
        CountingMeter counting = meter.Counting;
        int[] indexes = [.. compiled.Dimensions.Select(name => counting.DimensionIndexes[Array.IndexOf(counting.DimensionNames, name)])];
        return new BoundCharge(compiled, indexes);
    }
}

/// <summary>A plan version in one catalogue, and its bindings so far; every project on it keeps it at hand.</summary>
internal sealed class PlanCache(Directory.CatalogSnapshot catalog, Plan plan)
{
    // Replaced, never changed: partitions read it without a lock. There are as many as event types that were sent.
    private PlanBinding[] bindings = [];

    public Directory.CatalogSnapshot Catalog { get; } = catalog;

    public Plan Plan { get; } = plan;

    /// <summary>The plan's id, the same object as in every <see cref="Core.Usage.ProjectUsage"/> on it.</summary>
    public string PlanId { get; } = string.Intern(plan.Id.Value);

    public PlanBinding Bind(EventShape shape)
    {
        foreach (PlanBinding binding in bindings)
        {
            if (ReferenceEquals(binding.Shape, shape))
                return binding;
        }

        PlanBinding made = Catalog.Bind(Plan, shape);
        bindings = [.. bindings, made];
        return made;
    }
}
