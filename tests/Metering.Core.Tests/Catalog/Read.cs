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
        Make("tokens", Aggregation.Sum, "n", ["provider", "model"]), Make("calls", Aggregation.Count, null, []),
        Make("peak", Aggregation.Max, "n", ["model"]), Make("mean", Aggregation.Avg, "n", []),
    }.ToDictionary(meter => meter.Id);

    public static Meter Meter(string json)
    {
        var read = CatalogJson.TryReadMeter(MeterId.Parse("m"), Encoding.UTF8.GetBytes(json), out var meter, out var faults);
        Assert.True(read, Lines(faults));
        return meter!;
    }

    public static string MeterFaults(string json)
    {
        Assert.False(CatalogJson.TryReadMeter(MeterId.Parse("m"), Encoding.UTF8.GetBytes(json), out _, out var faults));
        Assert.All(faults, fault => Assert.Equal("invalid_meter", fault.Code));
        return Lines(faults);
    }

    public static Plan Plan(string json)
    {
        var read = CatalogJson.TryReadPlan(PlanId.Parse("p"), 3, Encoding.UTF8.GetBytes(json), Meters, out var plan, out var faults);
        Assert.True(read, Lines(faults));
        return plan!;
    }

    public static string PlanFaults(byte[] json)
    {
        Assert.False(CatalogJson.TryReadPlan(PlanId.Parse("p"), 3, json, Meters, out _, out var faults));
        Assert.All(faults, fault => Assert.Equal("invalid_plan", fault.Code));
        return Lines(faults);
    }

    public static string PlanFaults(string json) => PlanFaults(Encoding.UTF8.GetBytes(json));

    /// <summary>A plan that is right but for what is given.</summary>
    public static string PlanWith(string members) =>
        $$"""{"name":"P","currency":"USD","wallet_mode":"prepaid","credit_value":"0.001",{{members}}}""";

    public static string ChargeFaults(string members) => PlanFaults(PlanWith("\"charges\":[{" + members + "}]"));

    public static Charge Charge(string members) => Assert.Single(Plan(PlanWith("\"charges\":[{" + members + "}]")).Charges);

    public static string Lines(IEnumerable<CatalogFault> faults) =>
        string.Join("\n", faults.Select(fault => $"{fault.Field}: {fault.Message}"));

    private static Meter Make(string id, Aggregation aggregation, string? value, ValueList<string> dimensions) =>
        new() { Id = MeterId.Parse(id), EventType = "t", Aggregation = aggregation, Value = value, Dimensions = dimensions };
}
