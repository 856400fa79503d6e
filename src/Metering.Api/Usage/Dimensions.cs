using System.Text;
using System.Text.Json;
using Metering.Core.Catalog;
using Metering.Core.Rating;

namespace Metering.Api.Usage;

/// <summary>A combination of dimensions as the projections keep it: a JSON object of strings.</summary>
internal static class Dimensions
{
    /// <summary>The value of one dimension, or null where the combination does not have it.</summary>
    public static string? ValueOf(string combination, string dimension)
    {
        if (combination == "{}")
            return null;
        using var document = JsonDocument.Parse(combination);
        return document.RootElement.TryGetProperty(dimension, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()
            : null;
    }

    /// <summary>
    /// Lays the values out in the order that a charge wants them; <paramref name="slices"/> points into the bytes returned.
    /// </summary>
    public static byte[] LayOut(string combination, ValueList<string> order, Span<DimensionSlice> slices)
    {
        var bytes = new List<byte>();
        for (var i = 0; i < order.Count; i++)
        {
            if (ValueOf(combination, order[i]) is not { } value)
            {
                slices[i] = DimensionSlice.Missing;
                continue;
            }

            var utf8 = Encoding.UTF8.GetBytes(value);
            slices[i] = new DimensionSlice(bytes.Count, utf8.Length);
            bytes.AddRange(utf8);
        }

        return [.. bytes];
    }
}
