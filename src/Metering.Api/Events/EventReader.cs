using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Metering.Core.Ids;
using Metering.Core.Time;
using Metering.Grid.Directory;
using Metering.Grid.Ingest;

namespace Metering.Api.Events;

/// <summary>What became of a body.</summary>
/// <param name="Faults">What is wrong with it; null when nothing is.</param>
/// <param name="TooMany">Whether it has more events than a request may have; the batch is then not whole.</param>
/// <param name="HasUnknownType">
/// Whether it has a type that the catalogue has no meter for. Another process may have made one just now.
/// </param>
internal readonly record struct ReadOutcome(EventFaults? Faults, bool TooMany, bool HasUnknownType);

/// <summary>
/// Reads a body of events into a batch: one pass over one span, no object an event, and no allocation unless there is a fault. Strings
/// stay where they are in the body; only those with escapes are copied. This file reads CloudEvents in JSON; the other parts read the
/// members of <c>data</c> and the flat shapes.
/// </summary>
/// <remarks>
/// Measured (<c>./run bench parse</c>, one core of a small server): 0.4 microseconds an event of 255 bytes with four properties; 56
/// bytes a body, for the batch.
/// </remarks>
internal ref partial struct EventReader
{
    /// <summary>Most members of an event's data, and most extension attributes of an event.</summary>
    public const int MembersMax = 256;

    /// <summary>Longest text of a property that a meter reads or keeps, in bytes.</summary>
    public const int TextMaxBytes = 256;

    private const int NoEvent = -1;

    private static readonly JsonReaderOptions JsonOptions = new() { MaxDepth = 32 };

    private readonly EventBatch batch;
    private readonly CatalogSnapshot catalog;
    private readonly ReadOnlySpan<byte> text;
    private readonly ReadOnlySpan<byte> body;
    private readonly bool isUtf8;
    private readonly ulong[] names;
    private readonly int eventsMax;
    private EventShape? lastShape;
    private EventFaults? faults;
    private TimeProvider? clock;
    private TextSlice source;
    private TextSlice one;
    private TextSlice lastMetric;
    private TextSlice lastMetricType;
    private int extensions;
    private int waitingData;
    private int faultsBefore;
    private int index;
    private int scratch;
    private bool hasUnknownType;

    private EventReader(EventBatch batch, TextSlice bodySlice, int extraBytes, CatalogSnapshot catalog, int eventsMax)
    {
        // Texts without their escapes are put behind the body, and are never longer than with them. With the room for all of them there
        // beforehand the buffer never moves while it is read.
        bool hasEscapes = batch.Slice(bodySlice).Contains((byte)'\\');
        scratch = (hasEscapes ? bodySlice.Length : 0) + extraBytes;
        batch.GetMemory(scratch);
        this.batch = batch;
        this.catalog = catalog;
        this.eventsMax = eventsMax;
        text = batch.Text;
        body = batch.Slice(bodySlice);
        isUtf8 = Utf8.IsValid(body);
        index = NoEvent;
        names = ArrayPool<ulong>.Shared.Rent(2 * MembersMax);
    }

    /// <summary>Reads one CloudEvent or an array of them.</summary>
    public static ReadOutcome ReadCloudEvents(EventBatch batch, TextSlice bodySlice, CatalogSnapshot catalog, int eventsMax)
    {
        var reader = new EventReader(batch, bodySlice, 0, catalog, eventsMax);
        return reader.Run(Dialect.CloudEvents);
    }

    private ReadOutcome Run(Dialect dialect)
    {
        bool whole = true;
        try
        {
            whole = ReadRoot(dialect);
        }
        catch (JsonException exception)
        {
            Fault("", body.IsEmpty ? "The body is empty." : $"Broken JSON: {exception.Message}");
        }

        ArrayPool<ulong>.Shared.Return(names);
        if (!isUtf8 && faults is null)
            (faults = new EventFaults()).Add(null, "", "The body is not valid UTF-8.");
        return new ReadOutcome(faults, !whole, hasUnknownType);
    }

    /// <returns>False when there are too many events.</returns>
    private bool ReadRoot(Dialect dialect)
    {
        var json = new Utf8JsonReader(body, JsonOptions);
        json.Read();
        if (dialect == Dialect.Ingest)
        {
            if (!ReadIngestRoot(ref json))
                return false;
        }
        else if (json.TokenType == JsonTokenType.StartArray)
        {
            if (!ReadArray(ref json, dialect))
                return false;
        }
        else
        {
            index = 0;
            ReadOne(ref json, dialect);
            index = NoEvent;
        }

        // Throws where anything follows.
        json.Read();
        return true;
    }

    private bool ReadArray(ref Utf8JsonReader json, Dialect dialect)
    {
        for (index = 0; json.Read() && json.TokenType != JsonTokenType.EndArray; index++)
        {
            if (index == eventsMax)
                return false;
            ReadOne(ref json, dialect);
        }

        index = NoEvent;
        return true;
    }

    private void ReadOne(ref Utf8JsonReader json, Dialect dialect)
    {
        if (json.TokenType != JsonTokenType.StartObject)
        {
            Fault("", "An event must be an object.");
            json.Skip();
        }
        else if (dialect == Dialect.CloudEvents)
        {
            ReadCloudEvent(ref json);
        }
        else
        {
            ReadFlatEvent(ref json, dialect);
        }
    }

    private void ReadCloudEvent(ref Utf8JsonReader json)
    {
        ref ParsedEvent item = ref batch[batch.AddEvent()];
        var seen = CloudAttributes.None;
        waitingData = -1;
        extensions = 0;
        faultsBefore = faults?.Total ?? 0;
        while (json.Read() && json.TokenType != JsonTokenType.EndObject)
        {
            ReadOnlySpan<byte> name = Name(ref json);
            CloudAttributes attribute = CloudAttribute.Of(name);
            ulong nameHash = EventDigest.Name(name);
            if (attribute == CloudAttributes.None ? !NoteName(nameHash, 0, ref extensions, "") : (seen & attribute) != 0)
                Fault(Quote(name), "Is there more than once.");
            json.Read();
            if (attribute == CloudAttributes.Data)
                ReadData(ref json, ref item, (seen & CloudAttributes.Type) != 0);
            else
                ReadAttribute(ref json, ref item, attribute, nameHash);
            seen |= attribute;
        }

        if (waitingData >= 0)
            ReadWaitingData(ref item);
        Require(seen);
        RequireValue(in item, Dialect.CloudEvents);
    }

    private void ReadAttribute(ref Utf8JsonReader json, ref ParsedEvent item, CloudAttributes attribute, ulong nameHash)
    {
        switch (attribute)
        {
            case CloudAttributes.Id:
                item.Id = ReadId(ref json, "id", out _);
                break;
            case CloudAttributes.Source:
                item.Source = ReadId(ref json, "source", out _);
                break;
            case CloudAttributes.Type:
                item.Type = ReadId(ref json, "type", out ReadOnlySpan<byte> type);
                item.Digest += EventDigest.Text(nameHash, type);
                Shape(ref item, type);
                break;
            case CloudAttributes.Subject:
                item.Subject = ReadId(ref json, "subject", out ReadOnlySpan<byte> subject);
                item.Digest += EventDigest.Text(nameHash, subject);
                break;
            case CloudAttributes.SpecVersion:
                ReadSpecVersion(ref json);
                break;
            case CloudAttributes.Time:
                ReadTime(ref json, ref item, "time", nameHash);
                break;
            case CloudAttributes.DataBase64:
                Fault("data_base64", "Is not supported: send data as an object.");
                json.Skip();
                break;
            default:
                // CloudEvents: an extension that is null is one that is not there.
                if (json.TokenType != JsonTokenType.Null)
                    item.Digest += ValueDigest(ref json, nameHash);
                break;
        }
    }

    private void ReadData(ref Utf8JsonReader json, ref ParsedEvent item, bool isTyped)
    {
        if (json.TokenType == JsonTokenType.Null)
            return;
        if (json.TokenType == JsonTokenType.StartObject && isTyped)
        {
            ReadMembers(ref json, ref item, Dialect.CloudEvents);
            return;
        }

        // What to take from it depends on the type, which comes later: it is read again then.
        if (json.TokenType == JsonTokenType.StartObject)
            waitingData = (int)json.TokenStartIndex;
        else
            Fault("data", "Must be an object.");
        json.Skip();
    }

    private void ReadWaitingData(ref ParsedEvent item)
    {
        var json = new Utf8JsonReader(body[waitingData..], JsonOptions);
        json.Read();
        ReadMembers(ref json, ref item, Dialect.CloudEvents);
    }

    private void Require(CloudAttributes seen)
    {
        if ((seen & CloudAttributes.Required) == CloudAttributes.Required)
            return;
        foreach ((CloudAttributes attribute, string name) in CloudAttribute.RequiredNames)
        {
            if ((seen & attribute) == 0)
                Fault(name, "Is required.");
        }
    }

    private void ReadSpecVersion(ref Utf8JsonReader json)
    {
        if (json.TokenType == JsonTokenType.String && TryString(ref json, out _, out ReadOnlySpan<byte> version)
            && version.SequenceEqual("1.0"u8))
            return;
        Fault("specversion", "Must be \"1.0\".");
        json.Skip();
    }

    private void ReadTime(ref Utf8JsonReader json, ref ParsedEvent item, string field, ulong nameHash)
    {
        if (json.TokenType == JsonTokenType.Null)
            return;
        if (json.TokenType == JsonTokenType.String && TryString(ref json, out _, out ReadOnlySpan<byte> time)
            && Instant.TryParseRfc3339(time, out item.Time))
        {
            item.HasTime = true;
            item.Digest += EventDigest.Text(nameHash, time);
            return;
        }

        Fault(field, "Must be a date and time by RFC 3339, such as 2025-01-17T14:30:00Z.");
        json.Skip();
    }

    /// <summary>Reads a string that names something: 1 to 256 bytes, no control characters. Empty where it is none.</summary>
    private TextSlice ReadId(ref Utf8JsonReader json, string field, out ReadOnlySpan<byte> content)
    {
        content = default;
        if (json.TokenType != JsonTokenType.String)
        {
            Fault(field, "Must be a string.");
            json.Skip();
            return default;
        }

        if (!TryString(ref json, out TextSlice slice, out content))
            Fault(field, "Is not valid Unicode.");
        else if (!IsId(content))
            Fault(field, WhyNoId(content));
        else
            return slice;
        return default;
    }

    internal static bool IsId(ReadOnlySpan<byte> value) =>
        (value.Length is > 0 and <= IdRules.MaxBytes && value.IndexOfAnyExceptInRange((byte)0x20, (byte)0x7E) < 0)
        || IdRules.IsValid(value);

    internal static string WhyNoId(ReadOnlySpan<byte> value) => value.Length switch
    {
        0 => "Must not be empty.",
        > IdRules.MaxBytes => $"Has {value.Length} bytes; at most {IdRules.MaxBytes} are allowed.",
        _ => "Has control characters or is not valid UTF-8.",
    };

    private void Shape(ref ParsedEvent item, scoped ReadOnlySpan<byte> type)
    {
        if (lastShape is null || !type.SequenceEqual(lastShape.TypeUtf8))
        {
            if (catalog.FindShape(type) is not { } found)
            {
                hasUnknownType = true;
                return;
            }

            lastShape = found;
        }

        item.Shape = lastShape;
        item.FirstValue = batch.AddValues(lastShape.Properties.Length);
    }

    private void Fault(string field, string message) => (faults ??= new EventFaults()).Add(index == NoEvent ? null : index, field, message);

    /// <summary>The member's name; without escapes where it has any.</summary>
    private ReadOnlySpan<byte> Name(ref Utf8JsonReader json)
    {
        if (!json.ValueIsEscaped)
            return json.ValueSpan;
        return TryString(ref json, out _, out ReadOnlySpan<byte> name) ? name : json.ValueSpan;
    }

    /// <summary>A string's content: in the body itself, or copied behind it where it has escapes.</summary>
    /// <returns>False for an escape that is half a surrogate pair, or for bytes that are not UTF-8.</returns>
    private bool TryString(ref Utf8JsonReader json, out TextSlice slice, out ReadOnlySpan<byte> content)
    {
        slice = default;
        content = json.ValueSpan;
        if (!json.ValueIsEscaped)
        {
            if (text.Overlaps(content, out int start))
                slice = new TextSlice(start, content.Length);
            return isUtf8 || Utf8.IsValid(content);
        }

        try
        {
            int length = json.CopyString(Reserved(content.Length));
            slice = Keep(length, out content);
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>Room behind the text that was set aside beforehand.</summary>
    private readonly Span<byte> Reserved(int length)
    {
        if (length > scratch)
            throw new InvalidOperationException("The room set aside is used up: the text would move while it is read.");
        return batch.GetMemory(length).Span;
    }

    /// <summary>Makes what was written into <see cref="Reserved"/> part of the text.</summary>
    private TextSlice Keep(int length, out ReadOnlySpan<byte> content)
    {
        var slice = new TextSlice(batch.Text.Length, length);
        scratch -= length;
        batch.Advance(length);
        content = batch.Slice(slice);
        return slice;
    }
}
