using System.Buffers.Binary;

namespace Metering.Delivery.Pdf.Fonts;

/// <summary>Reads a font's <c>cmap</c> table: the segments of format 4 (the basic plane) and the groups of format 12 (all
/// planes).</summary>
internal static class CharacterMap
{
    private const int UnicodePlatform = 0;
    private const int WindowsPlatform = 3;

    /// <summary>Adds the glyph of every Unicode character that the table has.</summary>
    /// <param name="table">The table.</param>
    /// <param name="glyphs">Receives glyphs by code point.</param>
    public static void Read(ReadOnlySpan<byte> table, Dictionary<int, ushort> glyphs)
    {
        int count = TrueTypeFont.Unsigned(table, 2);
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> record = table.Slice(4 + i * 8, 8);
            int platform = TrueTypeFont.Unsigned(record, 0);
            int encoding = TrueTypeFont.Unsigned(record, 2);
            if (platform != UnicodePlatform && !(platform == WindowsPlatform && encoding is 1 or 10))
                continue;
            ReadOnlySpan<byte> subtable = table[checked((int)BinaryPrimitives.ReadUInt32BigEndian(record[4..]))..];
            switch (TrueTypeFont.Unsigned(subtable, 0))
            {
                case 4:
                    ReadSegments(subtable, glyphs);
                    break;
                case 12:
                    ReadGroups(subtable, glyphs);
                    break;
            }
        }
    }

    private static void ReadSegments(ReadOnlySpan<byte> table, Dictionary<int, ushort> glyphs)
    {
        int segments = TrueTypeFont.Unsigned(table, 6) / 2;
        int starts = 16 + segments * 2;
        int deltas = starts + segments * 2;
        int offsets = deltas + segments * 2;
        for (int i = 0; i < segments; i++)
        {
            int last = TrueTypeFont.Unsigned(table, 14 + i * 2);
            int first = TrueTypeFont.Unsigned(table, starts + i * 2);
            int delta = TrueTypeFont.Unsigned(table, deltas + i * 2);
            int offset = TrueTypeFont.Unsigned(table, offsets + i * 2);
            for (int code = first; code <= last && code != 0xFFFF; code++)
            {
                int glyph = code;
                if (offset != 0)
                    glyph = TrueTypeFont.Unsigned(table, offsets + i * 2 + offset + (code - first) * 2);
                if (offset == 0 || glyph != 0)
                    Add(glyphs, code, (glyph + delta) & 0xFFFF);
            }
        }
    }

    private static void ReadGroups(ReadOnlySpan<byte> table, Dictionary<int, ushort> glyphs)
    {
        int groups = checked((int)BinaryPrimitives.ReadUInt32BigEndian(table[12..]));
        for (int i = 0; i < groups; i++)
        {
            ReadOnlySpan<byte> group = table.Slice(16 + i * 12, 12);
            uint first = BinaryPrimitives.ReadUInt32BigEndian(group);
            uint last = Math.Min(BinaryPrimitives.ReadUInt32BigEndian(group[4..]), 0x10FFFF);
            uint glyph = BinaryPrimitives.ReadUInt32BigEndian(group[8..]);
            for (uint code = first; code <= last; code++)
                Add(glyphs, (int)code, (int)Math.Min(glyph + (code - first), ushort.MaxValue));
        }
    }

    private static void Add(Dictionary<int, ushort> glyphs, int code, int glyph)
    {
        if (glyph != 0)
            glyphs[code] = (ushort)glyph;
    }
}
