using System.Text.Json;
using System.Text.Json.Serialization;

namespace Metering.Api.Json;

/// <summary>A decimal as a JSON number in its shortest form: <c>100</c>, not <c>100.000000000</c>.</summary>
internal sealed class DecimalConverter : JsonConverter<decimal>
{
    /// <summary>Dividing by a one with 28 decimals takes the zeros off the end.</summary>
    private const decimal Shortest = 1.0000000000000000000000000000m;

    public override decimal Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDecimal();

    public override void Write(Utf8JsonWriter writer, decimal value, JsonSerializerOptions options) =>
        writer.WriteNumberValue(value / Shortest);
}
