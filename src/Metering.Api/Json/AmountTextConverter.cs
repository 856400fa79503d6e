using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Metering.Core.Money;

namespace Metering.Api.Json;

/// <summary>An amount as a decimal string, <c>"15.000000001"</c>. Read from a string or a number.</summary>
internal sealed class AmountTextConverter : JsonConverter<Amount>
{
    public override Amount Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Read(ref reader);

    public override void Write(Utf8JsonWriter writer, Amount value, JsonSerializerOptions options)
    {
        Span<byte> utf8 = stackalloc byte[Amount.MaxLength];
        value.TryFormat(utf8, out var written);
        writer.WriteStringValue(utf8[..written]);
    }

    public static Amount Read(ref Utf8JsonReader reader)
    {
        var status = ParseStatus.Malformed;
        Amount amount = default;
        if (reader.TokenType == JsonTokenType.Number)
            status = AmountParse.JsonNumber(reader.HasValueSequence ? reader.ValueSequence.ToArray() : reader.ValueSpan, out amount);
        else if (reader.TokenType == JsonTokenType.String)
            status = AmountParse.Text(Encoding.UTF8.GetBytes(reader.GetString()!), out amount);
        return status == ParseStatus.Ok ? amount
            : throw new JsonException("Not a decimal of at most 18 digits before and 9 after the point.");
    }
}
