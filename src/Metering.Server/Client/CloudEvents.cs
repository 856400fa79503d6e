using System.Buffers;
using System.Text.Json;

namespace Metering.Server.Client;

/// <summary>Writes events as a CloudEvents 1.0 JSON batch (<c>application/cloudevents-batch+json</c>).</summary>
internal static class CloudEvents
{
    public const string BatchType = "application/cloudevents-batch+json";

    public static ReadOnlyMemory<byte> WriteBatch(IReadOnlyList<UsageEvent> events)
    {
        var buffer = new ArrayBufferWriter<byte>(events.Count * 256 + 16);
        using var writer = new Utf8JsonWriter(buffer);
        writer.WriteStartArray();
        foreach (UsageEvent item in events)
            Write(writer, item);
        writer.WriteEndArray();
        writer.Flush();
        return buffer.WrittenMemory;
    }

    private static void Write(Utf8JsonWriter writer, UsageEvent item)
    {
        writer.WriteStartObject();
        writer.WriteString("specversion"u8, "1.0"u8);
        writer.WriteString("id"u8, item.Id);
        writer.WriteString("source"u8, item.Source);
        writer.WriteString("type"u8, item.Type);
        writer.WriteString("subject"u8, item.Subject);
        writer.WriteString("time"u8, item.Time.ToString());
        writer.WriteStartObject("data"u8);
        foreach (EventProperty property in item.Data)
        {
            writer.WritePropertyName(property.Name);
            if (property.IsNumber)
                writer.WriteRawValue(property.Value);
            else
                writer.WriteStringValue(property.Value);
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    }
}
