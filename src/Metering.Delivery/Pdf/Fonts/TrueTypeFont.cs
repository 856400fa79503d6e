using System.Buffers.Binary;
using System.Text;

namespace Metering.Delivery.Pdf.Fonts;

/// <summary>
/// A TrueType font as a document needs it: which characters it has, how wide they are, and the tables to embed. Read as the OpenType
/// specification lays it out; fonts with PostScript outlines (<c>CFF</c>) and collections are refused.
/// </summary>
internal sealed class TrueTypeFont
{
    private const uint TrueTypeOutlines = 0x0001_0000;
    private const uint AppleTrueType = 0x7472_7565;

    private readonly Dictionary<string, (int Offset, int Length)> tables = [];
    private readonly Dictionary<int, ushort> glyphs = [];
    private readonly ushort[] advances;

    private TrueTypeFont(string name, byte[] data)
    {
        Name = name;
        Data = data;
        ReadDirectory();
        ReadOnlySpan<byte> head = Table("head");
        UnitsPerEm = Unsigned(head, 18);
        LongLocations = Unsigned(head, 50) != 0;
        Bounds = [Signed(head, 36), Signed(head, 38), Signed(head, 40), Signed(head, 42)];
        ReadOnlySpan<byte> horizontal = Table("hhea");
        Ascent = Signed(horizontal, 4);
        Descent = Signed(horizontal, 6);
        GlyphCount = Unsigned(Table("maxp"), 4);
        advances = ReadAdvances(Unsigned(horizontal, 34));
        CharacterMap.Read(Table("cmap"), glyphs);
        if (UnitsPerEm == 0 || GlyphCount == 0 || glyphs.Count == 0)
            throw new InvalidDataException("The font has no characters.");
    }

    /// <summary>The name it goes by in documents: letters, digits and hyphens.</summary>
    public string Name { get; }

    public byte[] Data { get; }

    public int UnitsPerEm { get; }

    public int GlyphCount { get; }

    /// <summary>The box around all glyphs: left, bottom, right, top, in font units.</summary>
    public IReadOnlyList<int> Bounds { get; }

    public int Ascent { get; }

    public int Descent { get; }

    /// <summary>Whether <c>loca</c> holds 32-bit offsets.</summary>
    public bool LongLocations { get; }

    /// <param name="name">For messages and documents; anything but letters, digits and hyphens is left out.</param>
    /// <param name="data">The file's bytes.</param>
    /// <exception cref="InvalidDataException">Not a TrueType font that can be embedded.</exception>
    public static TrueTypeFont Read(string name, byte[] data)
    {
        try
        {
            return new TrueTypeFont(string.Concat(name.Where(letter => char.IsAsciiLetterOrDigit(letter) || letter == '-')), data);
        }
        catch (Exception wrong) when (wrong is ArgumentOutOfRangeException or IndexOutOfRangeException or KeyNotFoundException)
        {
            throw new InvalidDataException($"{name} is no whole TrueType font.", wrong);
        }
    }

    /// <summary>The glyph of a character; false where the font has none.</summary>
    public bool TryGlyph(Rune character, out ushort glyph) => glyphs.TryGetValue(character.Value, out glyph);

    /// <summary>How far a glyph moves the pen, in font units.</summary>
    public int Advance(ushort glyph) => advances[Math.Min(glyph, advances.Length - 1)];

    public bool Has(string table) => tables.ContainsKey(table);

    /// <exception cref="KeyNotFoundException">The font has no such table.</exception>
    public ReadOnlySpan<byte> Table(string name)
    {
        var (offset, length) = tables[name];
        return Data.AsSpan(offset, length);
    }

    /// <summary>Where a glyph's outline stands in <c>glyf</c>; empty for one without, such as a space.</summary>
    public Range Outline(ushort glyph)
    {
        ReadOnlySpan<byte> locations = Table("loca");
        return LongLocations
            ? (int)BinaryPrimitives.ReadUInt32BigEndian(locations[(glyph * 4)..])..(int)BinaryPrimitives.ReadUInt32BigEndian(
                locations[(glyph * 4 + 4)..])
            : (Unsigned(locations, glyph * 2) * 2)..(Unsigned(locations, glyph * 2 + 2) * 2);
    }

    public static ushort Unsigned(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt16BigEndian(bytes[offset..]);

    public static short Signed(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadInt16BigEndian(bytes[offset..]);

    private void ReadDirectory()
    {
        uint kind = BinaryPrimitives.ReadUInt32BigEndian(Data);
        if (kind is not (TrueTypeOutlines or AppleTrueType))
            throw new InvalidDataException($"{Name} has no TrueType outlines; collections and PostScript outlines are not embedded.");
        int count = Unsigned(Data, 4);
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> entry = Data.AsSpan(12 + i * 16, 16);
            int offset = checked((int)BinaryPrimitives.ReadUInt32BigEndian(entry[8..]));
            int length = checked((int)BinaryPrimitives.ReadUInt32BigEndian(entry[12..]));
            tables[Encoding.ASCII.GetString(entry[..4])] = (offset, length);
        }
    }

    private ushort[] ReadAdvances(int count)
    {
        ReadOnlySpan<byte> metrics = Table("hmtx");
        var read = new ushort[count];
        for (int i = 0; i < count; i++)
            read[i] = Unsigned(metrics, i * 4);
        return read;
    }
}
