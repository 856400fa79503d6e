using System.Text.Json;
using System.Text.Json.Serialization;
using Metering.Core.Money;
using Metering.Core.Time;

namespace Metering.Grid.Tests.Partitions;

/// <summary>Views as text, so that lists are compared by content and a difference can be read.</summary>
internal static class JsonText
{
    public static readonly JsonSerializerOptions Options = new()
    {
        WriteIndented = true,
        Converters = { new Written<Amount>(), new Written<Instant>(), new JsonStringEnumConverter() },
    };

    private sealed class Written<T> : JsonConverter<T>
        where T : notnull
    {
        public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            throw new NotSupportedException();

        public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.ToString());
    }
}
