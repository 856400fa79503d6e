using System.Text;
using Metering.Delivery.Pdf.Fonts;

namespace Metering.Delivery.Tests.Pdf;

public sealed class FontTests
{
    [Theory]
    [InlineData("AZaz09 .,-()%&@#/:;'\"")]
    [InlineData("ÀÖØöøÿĀőœŠžǺ€£¥₹₽₺₴₿₩₫")]
    [InlineData("Ελληνικά Ἀθῆναι")]
    [InlineData("Кириллица Ґєї Ђџ")]
    [InlineData("Tiếng Việt ẞ – — … “quoted”")]
    public void Shipped_fonts_cover(string text)
    {
        foreach (TrueTypeFont font in new[] { ShippedFonts.Regular, ShippedFonts.Bold })
            Assert.All(text.EnumerateRunes(), rune => Assert.True(font.TryGlyph(rune, out _), $"{font.Name} has no {rune}"));
    }

    [Fact]
    public void Digits_are_equally_wide() =>
        Assert.Single("0123456789".EnumerateRunes().Select(Advance).Distinct());

    [Fact]
    public void Subset_keeps_the_outlines_of_the_glyphs_used_and_of_their_components()
    {
        TrueTypeFont whole = ShippedFonts.Regular;
        Assert.True(whole.TryGlyph(new Rune('Å'), out ushort ring));
        Assert.True(whole.TryGlyph(new Rune('q'), out ushort unused));

        byte[] bytes = TrueTypeSubset.Make(whole, [ring]);
        ushort[] left = [.. Enumerable.Range(0, whole.GlyphCount).Select(glyph => (ushort)glyph)
            .Where(glyph => !Empty(Locations(bytes), glyph))];

        Assert.Contains(ring, left);
        Assert.DoesNotContain(unused, left);
        Assert.True(left.Length >= 3, "the letter is composed of a letter and a ring");
        Assert.Equal(bytes, TrueTypeSubset.Make(whole, [ring]));
        Assert.True(bytes.Length < whole.Data.Length / 4);
    }

    [Theory]
    [InlineData("")]
    [InlineData("OTTO and the rest")]
    [InlineData("\0\u0001\0\0\0\u0009")]
    public void File_that_is_no_font_is_refused(string content) =>
        Assert.Throws<InvalidDataException>(() => TrueTypeFont.Read("broken", Encoding.Latin1.GetBytes(content)));

    private static int Advance(Rune rune)
    {
        Assert.True(ShippedFonts.Regular.TryGlyph(rune, out ushort glyph));
        return ShippedFonts.Regular.Advance(glyph);
    }

    private static uint[] Locations(byte[] font)
    {
        int count = TrueTypeFont.Unsigned(font, 4);
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> entry = font.AsSpan(12 + i * 16, 16);
            if (entry[..4].SequenceEqual("loca"u8))
            {
                int offset = (int)System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(entry[8..]);
                int length = (int)System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(entry[12..]);
                return [.. Enumerable.Range(0, length / 4)
                    .Select(j => System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(font.AsSpan(offset + j * 4)))];
            }
        }

        throw new InvalidDataException("no loca");
    }

    private static bool Empty(uint[] locations, ushort glyph) => locations[glyph] == locations[glyph + 1];
}
