using System.Text;
using System.Text.Json;
using Metering.Core.Money;
using Metering.Grid.Ingest;

namespace Metering.Api.Events;

/// <summary>Reads the members of an event's data: those that meters read or keep become values, all of them count for the digest.</summary>
internal ref partial struct EventReader
{
    /// <summary>Reads the object the reader stands at. Of a flat event the members that are attributes are left out.</summary>
    private void ReadMembers(ref Utf8JsonReader json, ref ParsedEvent item, Dialect dialect)
    {
        // Names are noted behind those of the extensions: each scope is looked at alone.
        int scopeStart = dialect == Dialect.CloudEvents ? extensions : 0;
        int scopeEnd = scopeStart;
        int expected = 0;
        Span<PropertyValue> values = batch.Values(in item);
        while (json.Read() && json.TokenType != JsonTokenType.EndObject)
        {
            ReadOnlySpan<byte> name = Name(ref json);
            if (dialect != Dialect.CloudEvents && FlatAttribute.Of(name, dialect) != FlatAttributes.None)
            {
                json.Read();
                json.Skip();
                continue;
            }

            ulong nameHash = EventDigest.Name(name);
            if (!NoteName(nameHash, scopeStart, ref scopeEnd, "data"))
                Fault(FieldOf(name, dialect), "Is there more than once.");
            int property = item.Shape is null ? -1 : IndexOf(item.Shape.Properties, name, ref expected);
            json.Read();
            if (property < 0)
                item.Digest += ValueDigest(ref json, nameHash);
            else
                ReadProperty(ref json, ref item, item.Shape!.Properties[property], ref values[property], nameHash, dialect);
        }
    }

    /// <summary>Finds a property; senders write members in the same order, so the one after the last found is tried first.</summary>
    private static int IndexOf(ShapeProperty[] properties, ReadOnlySpan<byte> name, ref int expected)
    {
        for (int i = 0; i < properties.Length; i++)
        {
            int at = expected + i;
            if (at >= properties.Length)
                at -= properties.Length;
            if (!name.SequenceEqual(properties[at].Utf8))
                continue;
            expected = at + 1 == properties.Length ? 0 : at + 1;
            return at;
        }

        return -1;
    }

    private void ReadProperty(
        ref Utf8JsonReader json, ref ParsedEvent item, ShapeProperty property, ref PropertyValue value, ulong nameHash, Dialect dialect)
    {
        switch (json.TokenType)
        {
            case JsonTokenType.Number:
                ReadNumber(ref json, property, ref value, dialect);
                item.Digest += EventDigest.Number(nameHash, json.ValueSpan);
                break;
            case JsonTokenType.String:
                if (TryString(ref json, out TextSlice slice, out ReadOnlySpan<byte> content))
                    ReadText(content, slice, property, ref value, dialect);
                else
                    Fault(FieldOf(property.Utf8, dialect), "Is not valid Unicode.");
                item.Digest += EventDigest.Text(nameHash, content);
                break;
            case JsonTokenType.Null:
                item.Digest += EventDigest.Literal(nameHash, json.TokenType);
                break;
            case JsonTokenType.True or JsonTokenType.False when !property.IsValue:
                value.Kind = json.TokenType == JsonTokenType.True ? PropertyKind.True : PropertyKind.False;
                value.Text = SliceOf(json.ValueSpan);
                item.Digest += EventDigest.Literal(nameHash, json.TokenType);
                break;
            default:
                Fault(FieldOf(property.Utf8, dialect), property.IsValue
                    ? "Must be a number, or a string that holds a decimal."
                    : "Must be a string, a number, true or false: a meter reads it.");
                json.Skip();
                break;
        }
    }

    private void ReadNumber(ref Utf8JsonReader json, ShapeProperty property, ref PropertyValue value, Dialect dialect)
    {
        ReadOnlySpan<byte> token = json.ValueSpan;
        value.Kind = PropertyKind.Number;
        value.OutOfRange = AmountParse.JsonNumber(token, out value.Number) == ParseStatus.OutOfRange;
        if (token.Length > TextMaxBytes)
        {
            // A number that is too large stays the single event's fault, however many digits it has.
            if (!value.OutOfRange || !property.IsValue)
                Fault(FieldOf(property.Utf8, dialect), $"Has {token.Length} digits; at most {TextMaxBytes} are allowed.");
            token = token[..TextMaxBytes];
        }

        value.Text = SliceOf(token);
    }

    private void ReadText(
        scoped ReadOnlySpan<byte> content, TextSlice slice, ShapeProperty property, ref PropertyValue value, Dialect dialect)
    {
        value.Kind = PropertyKind.Text;
        value.Text = slice;
        if (content.Length > TextMaxBytes)
        {
            Fault(FieldOf(property.Utf8, dialect),
                $"Has {content.Length} bytes; at most {TextMaxBytes} are allowed where a meter reads it.");
        }
        else if (property.IsValue)
        {
            ParseStatus status = AmountParse.Text(content, out value.Number);
            value.OutOfRange = status == ParseStatus.OutOfRange;
            if (status == ParseStatus.Malformed)
                Fault(FieldOf(property.Utf8, dialect), "Must be a number, or a string that holds a decimal.");
            else if (status == ParseStatus.TooPrecise)
                Fault(FieldOf(property.Utf8, dialect), "Has more than 9 decimals.");
        }
        else if (!content.IsEmpty && !IsId(content))
        {
            Fault(FieldOf(property.Utf8, dialect), "Has control characters or is not valid UTF-8.");
        }
    }

    /// <summary>
    /// An event that a meter would count, but which has no value for any such meter, is most likely misspelt: it is refused rather than
    /// free.
    /// </summary>
    private void RequireValue(in ParsedEvent item, Dialect dialect)
    {
        // Of an event that has other faults it is not known what it means to say.
        if (item.Shape is null || (faults?.Total ?? 0) > faultsBefore)
            return;
        Span<PropertyValue> values = batch.Values(in item);
        string? missing = null;
        foreach (ShapeMeter meter in item.Shape.Meters)
        {
            // A count needs no value; one value is enough.
            if (meter.Counting.ValueIndex < 0 || values[meter.Counting.ValueIndex].Kind != PropertyKind.Absent)
                return;
        }

        foreach (ShapeMeter meter in item.Shape.Meters)
        {
            if (missing is null && Passes(meter, values))
                missing = FieldOf(item.Shape.Properties[meter.Counting.ValueIndex].Utf8, dialect);
        }

        if (missing is not null)
            Fault(missing, "Is required: without it no meter has anything to count.");
    }

    private readonly bool Passes(ShapeMeter meter, Span<PropertyValue> values)
    {
        foreach (ShapeFilter filter in meter.Filters)
        {
            ref PropertyValue value = ref values[filter.PropertyIndex];
            bool passes = value.Kind == PropertyKind.Absent
                ? filter.Condition.AcceptsMissing
                : filter.Condition.Accepts(batch.Slice(value.Text));
            if (!passes)
                return false;
        }

        return true;
    }

    /// <summary>The share in the digest of the value the reader stands at; afterwards it stands at the value's end.</summary>
    private ulong ValueDigest(ref Utf8JsonReader json, ulong name)
    {
        switch (json.TokenType)
        {
            case JsonTokenType.String:
                return EventDigest.Text(name, Content(ref json));
            case JsonTokenType.Number:
                return EventDigest.Number(name, json.ValueSpan);
            case JsonTokenType.StartObject:
                ulong members = 0;
                while (json.Read() && json.TokenType != JsonTokenType.EndObject)
                {
                    ulong member = EventDigest.Name(Content(ref json));
                    json.Read();
                    members += ValueDigest(ref json, member);
                }

                return EventDigest.Object(name, members);
            case JsonTokenType.StartArray:
                ulong elements = name;
                while (json.Read() && json.TokenType != JsonTokenType.EndArray)
                    elements = EventDigest.Element(elements, ValueDigest(ref json, 0));
                return EventDigest.Element(elements, name);
            default:
                return EventDigest.Literal(name, json.TokenType);
        }
    }

    /// <summary>A string for the digest alone; one that is not Unicode counts as it is written.</summary>
    private ReadOnlySpan<byte> Content(ref Utf8JsonReader json)
    {
        if (!json.ValueIsEscaped)
            return json.ValueSpan;
        return TryString(ref json, out _, out ReadOnlySpan<byte> content) ? content : json.ValueSpan;
    }

    /// <returns>False when the name is in its scope already.</returns>
    private bool NoteName(ulong hash, int scopeStart, ref int scopeEnd, string scope)
    {
        int count = scopeEnd - scopeStart;
        if (names.AsSpan(scopeStart, count).Contains(hash))
            return false;
        if (count < MembersMax)
            names[scopeEnd++] = hash;
        else
            Fault(scope, $"Has more than {MembersMax} members.");
        return true;
    }

    private readonly TextSlice SliceOf(ReadOnlySpan<byte> part) =>
        text.Overlaps(part, out int start) ? new TextSlice(start, part.Length) : default;

    private static string FieldOf(ReadOnlySpan<byte> name, Dialect dialect) =>
        dialect == Dialect.CloudEvents ? "data." + Quote(name) : Quote(name);

    /// <summary>A name from a body, short enough to be said back.</summary>
    private static string Quote(ReadOnlySpan<byte> name) => Encoding.UTF8.GetString(name.Length > 64 ? name[..64] : name);
}
