using System.Security.Cryptography;
using System.Text;
using Metering.Delivery.Pdf.Fonts;

namespace Metering.Delivery.Pdf.Writing;

/// <summary>
/// A font within one document. Notes which glyphs are shown, and embeds those, with the way back to characters, so that text can be
/// searched and copied.
/// </summary>
/// <param name="font">The font.</param>
/// <param name="resource">Its name on the pages.</param>
internal sealed class PdfFont(TrueTypeFont font, string resource)
{
    private readonly SortedDictionary<ushort, Rune> used = [];

    public string Resource { get; } = resource;

    public bool IsUsed => used.Count > 0;

    /// <summary>Its glyph for a character, which is then embedded; false where it has none.</summary>
    public bool TryUse(Rune character, out ushort glyph)
    {
        if (!font.TryGlyph(character, out glyph))
            return false;
        used.TryAdd(glyph, character);
        return true;
    }

    /// <summary>The width of a glyph at size 1.</summary>
    public double Width(ushort glyph) => (double)font.Advance(glyph) / font.UnitsPerEm;

    /// <summary>Writes the font's objects.</summary>
    /// <returns>The number of the font's object.</returns>
    public int Write(PdfFile file)
    {
        string name = $"{Tag()}+{font.Name}";
        byte[] subset = TrueTypeSubset.Make(font, used.Keys);
        int data = file.AddStream(PdfFile.Invariant($"/Length1 {subset.Length}"), subset);
        string box = string.Join(' ', font.Bounds.Select(Thousandths));
        // Flags: 4, symbolic: its characters are not those of a standard alphabet.
        int descriptor = file.Add(PdfFile.Invariant(
            $"<< /Type /FontDescriptor /FontName /{name} /Flags 4 /FontBBox [{box}] /ItalicAngle 0 /Ascent {Thousandths(font.Ascent)} ")
            + PdfFile.Invariant($"/Descent {Thousandths(font.Descent)} /CapHeight {Thousandths(font.Ascent)} /StemV 80 ")
            + PdfFile.Invariant($"/FontFile2 {data} 0 R >>"));
        string widths = string.Concat(used.Keys.Select(glyph => PdfFile.Invariant($"{glyph} [{Thousandths(font.Advance(glyph))}] ")));
        int descendant = file.Add(
            $"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /{name} /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) "
            + PdfFile.Invariant($"/Supplement 0 >> /FontDescriptor {descriptor} 0 R /DW 0 /W [{widths}] /CIDToGIDMap /Identity >>"));
        int characters = file.AddStream("", Encoding.ASCII.GetBytes(Characters()));
        return file.Add($"<< /Type /Font /Subtype /Type0 /BaseFont /{name} /Encoding /Identity-H "
            + PdfFile.Invariant($"/DescendantFonts [{descendant} 0 R] /ToUnicode {characters} 0 R >>"));
    }

    private int Thousandths(int units) => (int)Math.Round(units * 1000.0 / font.UnitsPerEm);

    // Six letters that tell subsets of one font apart (ISO 32000-1, 9.6.4).
    private string Tag()
    {
        byte[] glyphs = [.. used.Keys.SelectMany(glyph => new[] { (byte)(glyph >> 8), (byte)glyph })];
        return string.Concat(SHA256.HashData(glyphs).Take(6).Select(value => (char)('A' + value % 26)));
    }

    // The map from glyphs to characters, in blocks of at most 100 as Adobe's specification of such maps demands.
    private string Characters()
    {
        var map = new StringBuilder("/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n")
            .Append("/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n")
            .Append("/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n");
        foreach (KeyValuePair<ushort, Rune>[] block in used.Chunk(100))
        {
            map.Append(PdfFile.Invariant($"{block.Length} beginbfchar\n"));
            foreach ((ushort glyph, Rune character) in block)
            {
                string text = Convert.ToHexString(Encoding.BigEndianUnicode.GetBytes(character.ToString()));
                map.Append(PdfFile.Invariant($"<{glyph:X4}> <{text}>\n"));
            }

            map.Append("endbfchar\n");
        }

        return map.Append("endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n").ToString();
    }
}
