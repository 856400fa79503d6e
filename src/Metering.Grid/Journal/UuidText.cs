using System.Buffers.Text;

namespace Metering.Grid.Journal;

/// <summary>Ids that are UUIDs in their canonical form (RFC 9562: 36 characters, lower case) are kept as 16 bytes.</summary>
internal static class UuidText
{
    public const int TextLength = 36;

    /// <summary>Packs a canonical UUID; anything else, also one in capitals, is not one.</summary>
    public static bool TryPack(ReadOnlySpan<byte> text, Span<byte> packed)
    {
        if (text.Length != TextLength || !Utf8Parser.TryParse(text, out Guid uuid, out int read, 'D') || read != TextLength)
            return false;
        Span<byte> canonical = stackalloc byte[TextLength];
        return uuid.TryFormat(canonical, out _, "D") && canonical.SequenceEqual(text) && uuid.TryWriteBytes(packed, bigEndian: true, out _);
    }

    /// <summary>The text of a packed UUID.</summary>
    public static void Unpack(ReadOnlySpan<byte> packed, Span<byte> text) => new Guid(packed, bigEndian: true).TryFormat(text, out _, "D");
}
