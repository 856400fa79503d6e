using Metering.Core.Ids;

namespace Metering.Core.Catalog;

/// <summary>Reads a whole catalogue file: the meters first, then the plans that name them.</summary>
internal static class CatalogueJson
{
    public static Catalogue Read(ObjectReader reader, IReadOnlyDictionary<MeterId, Meter> otherMeters, FaultList faults)
    {
        var known = new Dictionary<MeterId, Meter>(otherMeters);
        var meters = new Dictionary<MeterId, Meter>();
        faults.Code = CatalogFault.InvalidMeter;
        foreach (var item in reader.Objects("meters"))
        {
            if (!MeterId.TryCreate(item.Text("id", required: true), out var id) || MeterJson.Read(item, id) is not { } meter)
                continue;
            known[id] = meter;
            if (!meters.TryAdd(id, meter))
                item.Fault("id", "Another meter before has the same id.");
        }

        var plans = new Dictionary<PlanId, Plan>();
        faults.Code = CatalogFault.InvalidPlan;
        foreach (var item in reader.Objects("plans"))
        {
            if (!PlanId.TryCreate(item.Text("id", required: true), out var id) || PlanJson.Read(item, id, 1, known) is not { } plan)
                continue;
            if (!plans.TryAdd(id, plan))
                item.Fault("id", "Another plan before has the same id.");
        }

        reader.Close();
        return new Catalogue(meters.Values.ToValueList(), plans.Values.ToValueList());
    }
}
