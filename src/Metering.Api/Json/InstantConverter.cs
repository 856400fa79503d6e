using System.Text.Json;
using System.Text.Json.Serialization;
using Metering.Core.Time;

namespace Metering.Api.Json;

/// <summary>A point in time as RFC 3339 in UTC.</summary>
internal sealed class InstantConverter : JsonConverter<Instant>
{
    public override Instant Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && Instant.TryParseRfc3339(reader.GetString(), out var instant)
            ? instant
            : throw new JsonException("Not a time by RFC 3339.");

    public override void Write(Utf8JsonWriter writer, Instant value, JsonSerializerOptions options)
    {
        Span<byte> utf8 = stackalloc byte[32];
        value.TryFormat(utf8, out var written);
        writer.WriteStringValue(utf8[..written]);
    }
}
