using System.Buffers.Text;
using System.Text.Json;
using Metering.Core.Money;
using Metering.Grid.Directory;
using Metering.Grid.Ingest;

namespace Metering.Api.Events;

/// <summary>
/// Reads the two flat shapes, in which the properties stand beside the attributes: first the attributes, then, with the type known, the
/// rest of the same text.
/// </summary>
internal ref partial struct EventReader
{
    /// <summary>Most events of <c>/v1/events/ingest</c>.</summary>
    public const int IngestEventsMax = 1_000;

    /// <summary>Bytes of a UUID as text.</summary>
    private const int UuidBytes = 36;

    private static ReadOnlySpan<byte> IngestSource => "urn:metering:ingest"u8;

    private static ReadOnlySpan<byte> MetricSource => "urn:metering:usage"u8;

    private static ReadOnlySpan<byte> MetricTypePrefix => "usage."u8;

    private static ReadOnlySpan<byte> OneText => "1"u8;

    /// <summary>Reads the body of <c>/v1/events/ingest</c>.</summary>
    public static ReadOutcome ReadIngest(EventBatch batch, TextSlice bodySlice, CatalogSnapshot catalog)
    {
        TextSlice source = batch.Append(IngestSource);
        TextSlice one = batch.Append(OneText);
        var reader = new EventReader(batch, bodySlice, 0, catalog, IngestEventsMax) { source = source, one = one };
        return reader.Run(Dialect.Ingest);
    }

    /// <summary>Reads the body of <c>/api/v1/usage/events</c>. An event without idempotency key gets an id nobody else has.</summary>
    public static ReadOutcome ReadMetrics(EventBatch batch, TextSlice bodySlice, CatalogSnapshot catalog, int eventsMax, TimeProvider clock)
    {
        TextSlice source = batch.Append(MetricSource);
        // What an event gets added, an id and a longer type, is less than twice the least an event can be written with.
        int added = (2 * bodySlice.Length) + UuidBytes + MetricTypePrefix.Length;
        var reader = new EventReader(batch, bodySlice, added, catalog, eventsMax) { source = source, clock = clock };
        return reader.Run(Dialect.Metric);
    }

    /// <returns>False when there are too many events.</returns>
    private bool ReadIngestRoot(ref Utf8JsonReader json)
    {
        bool found = false;
        if (json.TokenType != JsonTokenType.StartObject)
        {
            WholeFault("", "The body must be an object with the member events.");
            json.Skip();
            return true;
        }

        while (json.Read() && json.TokenType != JsonTokenType.EndObject)
        {
            bool isEvents = Name(ref json).SequenceEqual("events"u8);
            json.Read();
            if (!isEvents)
            {
                json.Skip();
                continue;
            }

            if (found || json.TokenType != JsonTokenType.StartArray)
            {
                WholeFault("events", found ? "Is there more than once." : "Must be an array.");
                json.Skip();
            }
            else if (!ReadArray(ref json, Dialect.Ingest))
            {
                WholeFault("events", $"Has more than {IngestEventsMax} events.");
                return false;
            }

            found = true;
        }

        if (!found)
            WholeFault("events", "Is required.");
        else if (batch.Count == 0 && faults is null)
            WholeFault("events", "Has no events.");
        return true;
    }

    private void ReadFlatEvent(ref Utf8JsonReader json, Dialect dialect)
    {
        ref ParsedEvent item = ref batch[batch.AddEvent()];
        item.Source = source;
        faultsBefore = faults?.Total ?? 0;
        int start = (int)json.TokenStartIndex;
        var seen = FlatAttributes.None;
        TextSlice eventId = default;
        while (json.Read() && json.TokenType != JsonTokenType.EndObject)
        {
            ReadOnlySpan<byte> name = Name(ref json);
            FlatAttributes attribute = FlatAttribute.Of(name, dialect);
            ulong nameHash = EventDigest.Name(name);
            if ((seen & attribute) != 0)
                Fault(Quote(name), "Is there more than once.");
            json.Read();
            if (attribute is FlatAttributes.None || (json.TokenType == JsonTokenType.Null && attribute is FlatAttributes.IdempotencyKey))
            {
                json.Skip();
                continue;
            }

            seen |= attribute;
            if (attribute == FlatAttributes.EventId)
                eventId = ReadUuid(ref json);
            else
                ReadFlatAttribute(ref json, ref item, attribute, nameHash, dialect);
        }

        Identify(ref item, seen, eventId, dialect);
        var again = new Utf8JsonReader(body[start..], JsonOptions);
        again.Read();
        ReadMembers(ref again, ref item, dialect);
        Complete(ref item, dialect);
    }

    private void ReadFlatAttribute(
        ref Utf8JsonReader json, ref ParsedEvent item, FlatAttributes attribute, ulong nameHash, Dialect dialect)
    {
        switch (attribute)
        {
            case FlatAttributes.IdempotencyKey:
                item.Id = ReadId(ref json, "idempotency_key", out _);
                break;
            case FlatAttributes.Customer:
                item.Subject = ReadId(ref json, Quote(FlatAttribute.CustomerName(dialect)), out ReadOnlySpan<byte> customer);
                item.Digest += EventDigest.Text(nameHash, customer);
                break;
            case FlatAttributes.Time:
                ReadTime(ref json, ref item, "timestamp", nameHash);
                break;
            default:
                item.Type = ReadId(ref json, Quote(FlatAttribute.TypeName(dialect)), out ReadOnlySpan<byte> type);
                item.Digest += EventDigest.Text(nameHash, type);
                if (dialect == Dialect.Metric)
                    item.Type = MetricType(item.Type, type);
                else if (!IsIngestType(type))
                    Fault("event_type", "Must be TOKEN_USAGE, IMAGE_GENERATION, API_CALL or CUSTOM.");
                Shape(ref item, batch.Slice(item.Type));
                break;
        }
    }

    private static bool IsIngestType(ReadOnlySpan<byte> type) =>
        type.SequenceEqual("TOKEN_USAGE"u8) || type.SequenceEqual("API_CALL"u8) || type.SequenceEqual("CUSTOM"u8)
        || type.SequenceEqual("IMAGE_GENERATION"u8);

    /// <summary>Puts <c>usage.</c> before a metric's name; once for as many events of the same metric as follow each other.</summary>
    private TextSlice MetricType(TextSlice metric, scoped ReadOnlySpan<byte> name)
    {
        if (lastMetric.Length > 0 && batch.Slice(lastMetric).SequenceEqual(name))
            return lastMetricType;
        if (name.Length is 0 or > 256)
            return default;
        if (name.Length + MetricTypePrefix.Length > 256)
        {
            Fault("metric_name", $"Has {name.Length} bytes; at most {256 - MetricTypePrefix.Length} are allowed.");
            return default;
        }

        Span<byte> room = Reserved(MetricTypePrefix.Length + name.Length);
        MetricTypePrefix.CopyTo(room);
        name.CopyTo(room[MetricTypePrefix.Length..]);
        lastMetric = metric;
        return lastMetricType = Keep(MetricTypePrefix.Length + name.Length, out _);
    }

    private TextSlice ReadUuid(ref Utf8JsonReader json)
    {
        if (json.TokenType == JsonTokenType.String && TryString(ref json, out TextSlice slice, out ReadOnlySpan<byte> content)
            && content.Length == UuidBytes && Utf8Parser.TryParse(content, out Guid _, out int consumed) && consumed == UuidBytes)
            return slice;
        Fault("event_id", "Must be a UUID.");
        json.Skip();
        return default;
    }

    private void Identify(ref ParsedEvent item, FlatAttributes seen, TextSlice eventId, Dialect dialect)
    {
        if ((seen & FlatAttributes.Customer) == 0)
            Fault(Quote(FlatAttribute.CustomerName(dialect)), "Is required.");
        if ((seen & FlatAttributes.Type) == 0)
            Fault(Quote(FlatAttribute.TypeName(dialect)), "Is required.");
        if (dialect == Dialect.Ingest && (seen & FlatAttributes.EventId) == 0)
            Fault("event_id", "Is required.");
        if ((seen & FlatAttributes.IdempotencyKey) != 0)
            return;
        item.Id = eventId;
        if (dialect != Dialect.Metric || faults is not null)
            return;

        // Without a key each request counts, so the id only has to be new.
        Guid.CreateVersion7(clock!.GetUtcNow()).TryFormat(Reserved(UuidBytes), out int length);
        item.Id = Keep(length, out _);
    }

    private void Complete(ref ParsedEvent item, Dialect dialect)
    {
        if (dialect == Dialect.Ingest && batch.Slice(item.Type).SequenceEqual("API_CALL"u8))
            DefaultCalls(ref item);
        RequireValue(in item, dialect);
    }

    /// <summary>An API call that does not say how many it stands for is one.</summary>
    private readonly void DefaultCalls(ref ParsedEvent item)
    {
        if (item.Shape is null)
            return;
        int expected = 0;
        int at = IndexOf(item.Shape.Properties, "calls"u8, ref expected);
        if (at < 0)
            return;
        ref PropertyValue calls = ref batch.Values(in item)[at];
        if (calls.Kind == PropertyKind.Absent)
            calls = new PropertyValue { Kind = PropertyKind.Number, Number = Amount.One, Text = one };
    }

    private void WholeFault(string field, string message) => (faults ??= new EventFaults()).Add(null, field, message);
}
