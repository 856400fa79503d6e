using System.Globalization;
using System.Text;
using System.Text.Json;
using Metering.Core.Time;
using Metering.Grid.Directory;
using Metering.Grid.Ingest;
using Microsoft.AspNetCore.Http;

namespace Metering.Api.Events;

/// <summary>
/// Reads one event in binary content mode: attributes in <c>ce-</c> headers, the body is the data. CloudEvents 1.0, HTTP protocol
/// binding, section 3.1.
/// </summary>
internal ref partial struct EventReader
{
    /// <summary>What the names of the headers begin with.</summary>
    public const string HeaderPrefix = "ce-";

    /// <summary>Reads headers and body.</summary>
    public static ReadOutcome ReadBinary(EventBatch batch, TextSlice bodySlice, IHeaderDictionary headers, CatalogSnapshot catalog)
    {
        int room = 0;
        foreach ((string name, Microsoft.Extensions.Primitives.StringValues values) in headers)
        {
            if (IsAttribute(name))
                room += Encoding.UTF8.GetMaxByteCount(values.ToString().Length);
        }

        var reader = new EventReader(batch, bodySlice, room, catalog, 1) { index = 0 };
        return reader.Run(headers);
    }

    private static bool IsAttribute(string header) => header.StartsWith(HeaderPrefix, StringComparison.OrdinalIgnoreCase);

    private ReadOutcome Run(IHeaderDictionary headers)
    {
        ref ParsedEvent item = ref batch[batch.AddEvent()];
        CloudAttributes seen = ReadHeaders(headers, ref item);
        Require(seen);
        try
        {
            ReadBinaryData(ref item);
        }
        catch (JsonException exception)
        {
            Fault("data", $"Broken JSON: {exception.Message}");
        }

        System.Buffers.ArrayPool<ulong>.Shared.Return(names);
        RequireValue(in item, Dialect.CloudEvents);
        return new ReadOutcome(faults, false, hasUnknownType);
    }

    private CloudAttributes ReadHeaders(IHeaderDictionary headers, ref ParsedEvent item)
    {
        var seen = CloudAttributes.None;
        foreach ((string header, Microsoft.Extensions.Primitives.StringValues values) in headers)
        {
            if (!IsAttribute(header))
                continue;
            string name = header[HeaderPrefix.Length..].ToLowerInvariant();
            byte[] nameUtf8 = Encoding.UTF8.GetBytes(name);
            CloudAttributes attribute = CloudAttribute.Of(nameUtf8);
            seen |= attribute;
            if (values.Count != 1)
                Fault(name, "Is there more than once.");
            else if (!TryDecode(values[0] ?? "", out byte[] content))
                Fault(name, "Is not percent-encoded UTF-8.");
            else
                ReadHeader(ref item, attribute, name, EventDigest.Name(nameUtf8), content);
        }

        return seen;
    }

    private void ReadHeader(ref ParsedEvent item, CloudAttributes attribute, string name, ulong nameHash, byte[] content)
    {
        switch (attribute)
        {
            case CloudAttributes.Id:
                item.Id = KeepId(name, content);
                break;
            case CloudAttributes.Source:
                item.Source = KeepId(name, content);
                break;
            case CloudAttributes.Type:
                item.Type = KeepId(name, content);
                item.Digest += EventDigest.Text(nameHash, content);
                Shape(ref item, content);
                break;
            case CloudAttributes.Subject:
                item.Subject = KeepId(name, content);
                item.Digest += EventDigest.Text(nameHash, content);
                break;
            case CloudAttributes.SpecVersion:
                if (!content.AsSpan().SequenceEqual("1.0"u8))
                    Fault(name, "Must be \"1.0\".");
                break;
            case CloudAttributes.Time:
                item.HasTime = Instant.TryParseRfc3339(content, out item.Time);
                item.Digest += EventDigest.Text(nameHash, content);
                if (!item.HasTime)
                    Fault(name, "Must be a date and time by RFC 3339, such as 2025-01-17T14:30:00Z.");
                break;
            case CloudAttributes.Data or CloudAttributes.DataBase64:
                Fault(name, "Is not an attribute: data is the body.");
                break;
            default:
                item.Digest += EventDigest.Text(nameHash, content);
                break;
        }
    }

    private TextSlice KeepId(string name, byte[] content)
    {
        if (!IsId(content))
        {
            Fault(name, WhyNoId(content));
            return default;
        }

        content.CopyTo(Reserved(content.Length));
        return Keep(content.Length, out _);
    }

    private void ReadBinaryData(ref ParsedEvent item)
    {
        if (!isUtf8)
        {
            Fault("data", "Is not valid UTF-8.");
            return;
        }

        if (body.IsEmpty)
            return;
        var json = new Utf8JsonReader(body, JsonOptions);
        json.Read();
        if (json.TokenType == JsonTokenType.StartObject)
        {
            ReadMembers(ref json, ref item, Dialect.CloudEvents);
        }
        else
        {
            if (json.TokenType != JsonTokenType.Null)
                Fault("data", "Must be an object.");
            json.Skip();
        }

        json.Read();
    }

    /// <summary>Takes quotes and percent-encoding off a header's value, as section 3.1.3.2 of the binding says.</summary>
    internal static bool TryDecode(string value, out byte[] content)
    {
        byte[] raw = Encoding.UTF8.GetBytes(value.Trim());
        bool isQuoted = raw is [(byte)'"', .., (byte)'"'];
        var decoded = new byte[raw.Length];
        int length = 0;
        int end = isQuoted ? raw.Length - 1 : raw.Length;
        content = [];
        for (int i = isQuoted ? 1 : 0; i < end; i++)
        {
            byte next = raw[i];
            if (isQuoted && next == '\\' && i + 1 < end)
                next = raw[++i];
            if (next == '%')
            {
                if (i + 2 >= end
                    || !byte.TryParse(raw.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out next))
                    return false;
                i += 2;
            }

            decoded[length++] = next;
        }

        content = decoded[..length];
        return System.Text.Unicode.Utf8.IsValid(content);
    }
}
