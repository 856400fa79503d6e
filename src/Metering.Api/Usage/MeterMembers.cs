using System.Text.Json;
using Metering.Core.Money;

namespace Metering.Api.Usage;

/// <summary>Makes the members of an answer that are named by meters.</summary>
internal static class MeterMembers
{
    private static readonly JsonElement Null = JsonElement.Parse("null");

    /// <summary>One exact number a meter; null where the quantity is not known from hours, as of a unique count.</summary>
    public static Dictionary<string, JsonElement> Of(IEnumerable<KeyValuePair<string, MeterTotal>> totals) =>
        totals.ToDictionary(total => total.Key, total => total.Value.Quantity is { } quantity ? Number(quantity)
            : Null, StringComparer.Ordinal);

    private static JsonElement Number(Amount amount) => JsonElement.Parse(amount.ToString());
}
