using Metering.Core.Catalog;
using Metering.Grid.Ingest;

namespace Metering.Grid.Directory;

/// <summary>
/// What must hold between the meters and the plans of a catalogue. A store asks within the database transaction that changes it: a
/// catalogue that breaks a rule could not be read again, by no process.
/// </summary>
public static class CatalogCheck
{
    /// <summary>Whether a meter can be put: every version of every plan that names it stays valid, and no more than
    /// <see cref="EventShape.MetersMax"/> meters read its event type.</summary>
    public static bool Takes(CatalogRecord catalog, Meter meter)
    {
        Meter[] others = [.. catalog.Meters.Where(other => other.Id != meter.Id)];
        if (others.Count(other => other.EventType == meter.EventType) >= EventShape.MetersMax)
            return false;
        var changed = new CatalogRecord([.. others, meter], catalog.Plans);
        return catalog.Plans.All(plan => !Names(plan, meter) || FaultsOf(changed, plan).Count == 0);
    }

    /// <summary>What is wrong with a plan beside the meters of a catalogue; empty where it can be put.</summary>
    public static IReadOnlyList<CatalogFault> FaultsOf(CatalogRecord catalog, Plan plan)
    {
        var meters = catalog.Meters.ToDictionary(meter => meter.Id);
        CatalogJson.TryReadPlan(plan.Id, plan.Version, CatalogJson.ToBody(plan), meters, out _, out IReadOnlyList<CatalogFault> faults);
        return faults;
    }

    private static bool Names(Plan plan, Meter meter) =>
        plan.Charges.Any(charge => charge.Meter == meter.Id) || plan.Limits.Any(limit => limit.Meter == meter.Id);
}

/// <summary>A plan does not fit the meters as they are now. Nothing was changed; the caller answers 422 <c>invalid_plan</c>.</summary>
public sealed class CatalogConflictException(IReadOnlyList<CatalogFault> faults)
    : Exception("The plan does not fit the catalogue: " + string.Join("; ", faults))
{
    /// <summary>Every fault.</summary>
    public IReadOnlyList<CatalogFault> Faults { get; } = faults;
}
