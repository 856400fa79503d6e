using System.Text.Encodings.Web;
using System.Text.Json;
using Metering.Core.Binary;
using Metering.Core.Money;
using Metering.Grid.Ingest;

namespace Metering.Storage.Postgres.Projections;

/// <summary>The properties of an event as a JSON object, in the order of its type's shape; one that the event does not have is left
/// out.</summary>
internal sealed class EventData
{
    /// <summary>The text is stored, never put into a page: only what JSON itself requires is escaped.</summary>
    public static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // What stands in JSON as it is, whatever the encoder: printable ASCII but for the quote and the backslash.
    private static readonly System.Buffers.SearchValues<byte> Plain = System.Buffers.SearchValues.Create(
        [.. Enumerable.Range(' ', '~' - ' ' + 1).Where(letter => letter is not ('"' or '\\')).Select(letter => (byte)letter)]);

    private readonly ByteWriter buffer = new(1024);

    /// <summary>A member's name as <see cref="Write"/> takes it: quoted, with the colon.</summary>
    public static byte[] Name(string name) =>
        [(byte)'"', .. JsonEncodedText.Encode(name, Options.Encoder).EncodedUtf8Bytes, (byte)'"', (byte)':'];

    /// <summary>Valid until the next call.</summary>
    public ReadOnlySpan<byte> Write(byte[][] names, ReadOnlySpan<PropertyValue> values, ReadOnlySpan<byte> text)
    {
        Span<byte> number = stackalloc byte[Amount.MaxLength];
        buffer.Clear();
        buffer.Byte((byte)'{');
        for (var i = 0; i < names.Length; i++)
        {
            ref readonly var value = ref values[i];
            if (value.Kind == PropertyKind.Absent)
                continue;
            if (buffer.Length > 1)
                buffer.Byte((byte)',');
            buffer.Raw(names[i]);
            switch (value.Kind)
            {
                case PropertyKind.Number:
                    value.Number.TryFormat(number, out var written);
                    buffer.Raw(number[..written]);
                    break;
                case PropertyKind.Text:
                    WriteText(text.Slice(value.Text.Start, value.Text.Length));
                    break;
                default:
                    buffer.Raw(value.Kind == PropertyKind.True ? "true"u8 : "false"u8);
                    break;
            }
        }

        buffer.Byte((byte)'}');
        return buffer.Span;
    }

    private void WriteText(ReadOnlySpan<byte> value)
    {
        buffer.Byte((byte)'"');
        buffer.Raw(value.ContainsAnyExcept(Plain) ? JsonEncodedText.Encode(value, Options.Encoder).EncodedUtf8Bytes : value);
        buffer.Byte((byte)'"');
    }
}
