using System.Buffers;
using System.Text.Json;
using Metering.Grid.Outbox;

namespace Metering.Delivery.Webhooks;

/// <summary>The body of a delivery: <c>{"id","type","created_at","customer_id","data"}</c>, the same bytes at each attempt.</summary>
internal static class WebhookBody
{
    public static byte[] Write(OutboxMessage delivery)
    {
        var buffer = new ArrayBufferWriter<byte>(delivery.Data.Length + 256);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("id", delivery.EventId);
            json.WriteString("type", delivery.Topic);
            json.WriteString("created_at", delivery.CreatedAt.ToString());
            if (delivery.CustomerId.Length > 0)
                json.WriteString("customer_id", delivery.CustomerId);
            else
                json.WriteNull("customer_id");
            json.WritePropertyName("data");
            json.WriteRawValue(delivery.Data);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }
}
