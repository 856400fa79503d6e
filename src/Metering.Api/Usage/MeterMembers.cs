using System.Text.Json;
using Metering.Core.Catalog;
using Metering.Core.Money;
using Metering.Grid.Projects;

namespace Metering.Api.Usage;

/// <summary>Makes the members of an answer that are named by meters.</summary>
internal static class MeterMembers
{
    private static readonly JsonElement Null = JsonElement.Parse("null");

    /// <summary>One exact number a meter; null where the quantity is not known from hours, as of a unique count.</summary>
    public static Dictionary<string, JsonElement> Of(IEnumerable<KeyValuePair<string, MeterTotal>> totals) =>
        totals.ToDictionary(total => total.Key, total => total.Value.Quantity is { } quantity ? Number(quantity)
            : Null, StringComparer.Ordinal);

    /// <summary>What a project used in its running billing period, as its partition has it.</summary>
    public static Dictionary<string, JsonElement> Of(ProjectView view) =>
        view.Totals.ToDictionary(total => total.Meter, total => Number(total.Quantity), StringComparer.Ordinal);

    /// <summary>Adds the unique counts of the running billing period, which the partition knows.</summary>
    public static void AddUnique(
        Dictionary<string, JsonElement> members, ProjectView view, IReadOnlyDictionary<string, Meter> meters)
    {
        foreach (MeterUsageView total in view.Totals)
        {
            if (meters.TryGetValue(total.Meter, out Meter? meter) && meter.Aggregation == Aggregation.Unique)
                members[total.Meter] = Number(total.Quantity);
        }
    }

    private static JsonElement Number(Amount amount) => JsonElement.Parse(amount.ToString());
}
