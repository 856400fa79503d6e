using System.Text.Json;
using System.Text.Json.Serialization;
using Metering.Core.Money;

namespace Metering.Api.Json;

/// <summary>An amount that is written as an exact JSON number, as under <c>/v1/usage</c> and <c>/api/usage</c>. Read from a number or a
/// string.</summary>
[JsonConverter(typeof(ExactNumberConverter))]
public readonly record struct ExactNumber(Amount Value)
{
    /// <summary>The same amount, to be written as a number.</summary>
    public static implicit operator ExactNumber(Amount value) => new(value);
}

/// <summary>Writes the decimal digits themselves, never by way of a binary floating point number.</summary>
internal sealed class ExactNumberConverter : JsonConverter<ExactNumber>
{
    public override ExactNumber Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        new(AmountTextConverter.Read(ref reader));

    public override void Write(Utf8JsonWriter writer, ExactNumber value, JsonSerializerOptions options) => WriteTo(writer, value.Value);

    public static void WriteTo(Utf8JsonWriter writer, Amount amount)
    {
        Span<byte> utf8 = stackalloc byte[Amount.MaxLength];
        amount.TryFormat(utf8, out var written);
        writer.WriteRawValue(utf8[..written], skipInputValidation: true);
    }
}
