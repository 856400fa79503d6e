using System.Text;
using Metering.Core.Catalog;
using Metering.Core.Ids;

namespace Metering.Core.Tests.Catalog;

/// <summary>Reads catalogue JSON as the callers do; faults come back as "field: message".</summary>
internal static class Read
{
    public static readonly IReadOnlyDictionary<MeterId, Meter> NoMeters = new Dictionary<MeterId, Meter>();

    public static readonly IReadOnlyDictionary<MeterId, Meter> Meters = new[]
    {
        new Meter { Id = MeterId.Parse("tokens"), EventType = "t", Aggregation = Aggregation.Sum, Value = "n", Dimensions = ["provider", "model"] },
        new Meter { Id = MeterId.Parse("calls"), EventType = "t", Aggregation = Aggregation.Count },
        new Meter { Id = MeterId.Parse("peak"), EventType = "t", Aggregation = Aggregation.Max, Value = "n", Dimensions = ["model"] },
        new Meter { Id = MeterId.Parse("mean"), EventType = "t", Aggregation = Aggregation.Avg, Value = "n" },
    }.ToDictionary(meter => meter.Id);

    public static Meter Meter(string json)
    {
        Assert.True(CatalogJson.TryReadMeter(MeterId.Parse("m"), Encoding.UTF8.GetBytes(json), out var meter, out var faults), Lines(faults));
        return meter;
    }

    public static string MeterFaults(string json)
    {
        Assert.False(CatalogJson.TryReadMeter(MeterId.Parse("m"), Encoding.UTF8.GetBytes(json), out _, out var faults));
        Assert.All(faults, fault => Assert.Equal("invalid_meter", fault.Code));
        return Lines(faults);
    }

    public static Plan Plan(string json)
    {
        Assert.True(CatalogJson.TryReadPlan(PlanId.Parse("p"), 3, Encoding.UTF8.GetBytes(json), Meters, out var plan, out var faults), Lines(faults));
        return plan;
    }

    public static string PlanFaults(byte[] json)
    {
        Assert.False(CatalogJson.TryReadPlan(PlanId.Parse("p"), 3, json, Meters, out _, out var faults));
        Assert.All(faults, fault => Assert.Equal("invalid_plan", fault.Code));
        return Lines(faults);
    }

    public static string PlanFaults(string json) => PlanFaults(Encoding.UTF8.GetBytes(json));

    /// <summary>A plan that is right but for what is given.</summary>
    public static string PlanWith(string members) => $$"""{"name":"P","currency":"USD","wallet_mode":"prepaid","credit_value":"0.001",{{members}}}""";

    public static string ChargeFaults(string members) => PlanFaults(PlanWith("\"charges\":[{" + members + "}]"));

    public static Charge Charge(string members) => Assert.Single(Plan(PlanWith("\"charges\":[{" + members + "}]")).Charges);

    public static string Lines(IEnumerable<CatalogFault> faults) => string.Join("\n", faults.Select(fault => $"{fault.Field}: {fault.Message}"));
}
