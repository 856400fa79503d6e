using System.Buffers.Binary;
using System.Text;

namespace Metering.Delivery.Pdf.Fonts;

/// <summary>
/// Makes a font file with only the outlines that a document uses. Glyphs keep their numbers, so text and widths need no translation; a
/// glyph that is not used is empty. The same glyphs give the same bytes.
/// </summary>
internal static class TrueTypeSubset
{
    // Composite glyphs: the flags of a component, by the OpenType specification of the table 'glyf'.
    private const int ArgumentsAreWords = 0x0001;
    private const int HasScale = 0x0008;
    private const int MoreComponents = 0x0020;
    private const int HasTwoScales = 0x0040;
    private const int HasMatrix = 0x0080;

    // What a reader of documents needs of a TrueType font (ISO 32000-1, 9.9), in the order of the directory.
    private static readonly string[] kept = ["cvt ", "fpgm", "glyf", "head", "hhea", "hmtx", "loca", "maxp", "prep"];

    /// <param name="font">The whole font.</param>
    /// <param name="used">The glyphs that the document shows.</param>
    public static byte[] Make(TrueTypeFont font, IEnumerable<ushort> used)
    {
        var needed = new SortedSet<ushort> { 0 };
        foreach (ushort glyph in used)
            AddWithComponents(font, glyph, needed);

        (byte[] outlines, byte[] locations) = Outlines(font, needed);
        var tables = new List<(string Name, byte[] Data)>();
        foreach (string name in kept.Where(font.Has))
        {
            byte[] data = name switch
            {
                "glyf" => outlines,
                "loca" => locations,
                "head" => Head(font),
                _ => font.Table(name).ToArray(),
            };
            tables.Add((name, data));
        }

        return Assemble(tables);
    }

    private static void AddWithComponents(TrueTypeFont font, ushort glyph, SortedSet<ushort> needed)
    {
        if (glyph >= font.GlyphCount || !needed.Add(glyph))
            return;
        ReadOnlySpan<byte> outline = font.Table("glyf")[font.Outline(glyph)];
        if (outline.Length < 10 || TrueTypeFont.Signed(outline, 0) >= 0)
            return;
        int position = 10;
        int flags;
        do
        {
            flags = TrueTypeFont.Unsigned(outline, position);
            AddWithComponents(font, TrueTypeFont.Unsigned(outline, position + 2), needed);
            position += (flags & ArgumentsAreWords) != 0 ? 8 : 6;
            position += (flags & HasScale) != 0 ? 2 : (flags & HasTwoScales) != 0 ? 4 : (flags & HasMatrix) != 0 ? 8 : 0;
        }
        while ((flags & MoreComponents) != 0);
    }

    private static (byte[] Outlines, byte[] Locations) Outlines(TrueTypeFont font, SortedSet<ushort> needed)
    {
        using var outlines = new MemoryStream();
        byte[] locations = new byte[(font.GlyphCount + 1) * 4];
        for (int glyph = 0; glyph <= font.GlyphCount; glyph++)
        {
            BinaryPrimitives.WriteUInt32BigEndian(locations.AsSpan(glyph * 4), (uint)outlines.Length);
            if (glyph == font.GlyphCount || !needed.Contains((ushort)glyph))
                continue;
            outlines.Write(font.Table("glyf")[font.Outline((ushort)glyph)]);
            while (outlines.Length % 4 != 0)
                outlines.WriteByte(0);
        }

        return (outlines.ToArray(), locations);
    }

    private static byte[] Head(TrueTypeFont font)
    {
        byte[] head = font.Table("head").ToArray();
        BinaryPrimitives.WriteUInt32BigEndian(head.AsSpan(8), 0);
        BinaryPrimitives.WriteUInt16BigEndian(head.AsSpan(50), 1);
        return head;
    }

    private static byte[] Assemble(List<(string Name, byte[] Data)> tables)
    {
        int powers = 1;
        while (powers * 2 <= tables.Count)
            powers *= 2;
        using var file = new MemoryStream();
        Span<byte> header = stackalloc byte[16];
        BinaryPrimitives.WriteUInt32BigEndian(header, 0x0001_0000);
        BinaryPrimitives.WriteUInt16BigEndian(header[4..], (ushort)tables.Count);
        BinaryPrimitives.WriteUInt16BigEndian(header[6..], (ushort)(powers * 16));
        BinaryPrimitives.WriteUInt16BigEndian(header[8..], (ushort)int.Log2(powers));
        BinaryPrimitives.WriteUInt16BigEndian(header[10..], (ushort)(tables.Count * 16 - powers * 16));
        file.Write(header[..12]);
        int offset = 12 + tables.Count * 16;
        foreach ((string name, byte[] data) in tables)
        {
            Encoding.ASCII.GetBytes(name, header);
            BinaryPrimitives.WriteUInt32BigEndian(header[4..], Checksum(data));
            BinaryPrimitives.WriteUInt32BigEndian(header[8..], (uint)offset);
            BinaryPrimitives.WriteUInt32BigEndian(header[12..], (uint)data.Length);
            file.Write(header);
            offset += (data.Length + 3) / 4 * 4;
        }

        foreach ((_, byte[] data) in tables)
        {
            file.Write(data);
            while (file.Length % 4 != 0)
                file.WriteByte(0);
        }

        byte[] bytes = file.ToArray();
        int head = 12 + tables.FindIndex(table => table.Name == "head") * 16;
        int place = (int)BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(head + 8));
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(place + 8), 0xB1B0_AFBA - Checksum(bytes));
        return bytes;
    }

    private static uint Checksum(ReadOnlySpan<byte> data)
    {
        uint sum = 0;
        for (int i = 0; i < data.Length; i += 4)
        {
            uint word = 0;
            for (int j = 0; j < 4; j++)
                word = (word << 8) | (i + j < data.Length ? data[i + j] : 0u);
            sum += word;
        }

        return sum;
    }
}
