using System.Buffers;
using System.Text.Json;
using Metering.Grid.Directory;
using Metering.Grid.Ingest;

namespace Metering.Api.Events;

/// <summary>Reads the event that a check of limits asks about, in the form that nearly all checks have.</summary>
internal ref partial struct EventReader
{
    private const int ObjectsMax = 2;

    /// <summary>Reads <c>{"type", "data"?}</c> whose data has plain values, no objects, arrays or escapes, as an event of the
    /// batch.</summary>
    /// <param name="batch">Its text holds the body, and the event's other attributes behind it.</param>
    /// <param name="bodySlice">The body.</param>
    /// <param name="catalog">The catalogue that counts.</param>
    /// <returns>False for any other form and for a body with faults: whoever reads it with more care names them. The batch is then to
    /// be thrown away.</returns>
    public static bool TryReadCheck(EventBatch batch, TextSlice bodySlice, CatalogSnapshot catalog)
    {
        ReadOnlySpan<byte> sent = batch.Slice(bodySlice);
        if (sent.ContainsAny((byte)'[', (byte)'\\') || sent.Count((byte)'{') > ObjectsMax)
            return false;
        var reader = new EventReader(batch, bodySlice, 0, catalog, 1);
        try
        {
            return reader.isUtf8 && reader.ReadCheck() && reader.faults is null;
        }
        catch (JsonException)
        {
            return false;
        }
        finally
        {
            ArrayPool<ulong>.Shared.Return(reader.names);
        }
    }

    /// <returns>False where the body has another form.</returns>
    private bool ReadCheck()
    {
        var json = new Utf8JsonReader(body, JsonOptions);
        json.Read();
        if (json.TokenType != JsonTokenType.StartObject)
            return false;
        ref ParsedEvent item = ref batch[batch.AddEvent()];
        var seen = CloudAttributes.None;
        waitingData = -1;
        while (json.Read() && json.TokenType != JsonTokenType.EndObject)
        {
            CloudAttributes attribute = CloudAttribute.Of(json.ValueSpan) & (CloudAttributes.Type | CloudAttributes.Data);
            if (attribute == CloudAttributes.None || (seen & attribute) != 0)
                return false;
            json.Read();
            if (attribute == CloudAttributes.Type)
            {
                item.Type = ReadId(ref json, "type", out ReadOnlySpan<byte> type);
                Shape(ref item, type);
            }
            else if (json.TokenType == JsonTokenType.StartObject)
            {
                ReadData(ref json, ref item, (seen & CloudAttributes.Type) != 0);
            }
            else
            {
                return false;
            }

            seen |= attribute;
        }

        // Throws where anything follows.
        json.Read();
        if (waitingData >= 0)
            ReadWaitingData(ref item);
        RequireValue(in item, Dialect.CloudEvents);
        return (seen & CloudAttributes.Type) != 0;
    }
}
