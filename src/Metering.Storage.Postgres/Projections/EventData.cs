using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Metering.Core.Money;
using Metering.Grid.Ingest;

namespace Metering.Storage.Postgres.Projections;

/// <summary>The properties of an event as a JSON object, in the order of its type's shape; one that the event does not have is left
/// out.</summary>
internal sealed class EventData
{
    /// <summary>The text is stored, never put into a page: only what JSON itself requires is escaped.</summary>
    public static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ArrayBufferWriter<byte> buffer = new(1024);
    private readonly Utf8JsonWriter writer;

    public EventData() => writer = new Utf8JsonWriter(buffer, Options);

    /// <summary>Valid until the next call.</summary>
    public ReadOnlySpan<byte> Write(string[] names, ReadOnlySpan<PropertyValue> values, ReadOnlySpan<byte> text)
    {
        Span<byte> number = stackalloc byte[Amount.MaxLength];
        buffer.ResetWrittenCount();
        writer.Reset();
        writer.WriteStartObject();
        for (var i = 0; i < names.Length; i++)
        {
            ref readonly var value = ref values[i];
            switch (value.Kind)
            {
                case PropertyKind.Number:
                    value.Number.TryFormat(number, out var written);
                    writer.WritePropertyName(names[i]);
                    writer.WriteRawValue(number[..written], skipInputValidation: true);
                    break;
                case PropertyKind.Text:
                    writer.WriteString(names[i], text.Slice(value.Text.Start, value.Text.Length));
                    break;
                case PropertyKind.True or PropertyKind.False:
                    writer.WriteBoolean(names[i], value.Kind == PropertyKind.True);
                    break;
            }
        }

        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenSpan;
    }
}
