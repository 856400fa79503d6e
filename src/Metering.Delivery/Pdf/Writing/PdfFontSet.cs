using System.Text;
using Metering.Delivery.Pdf.Fonts;

namespace Metering.Delivery.Pdf.Writing;

/// <summary>Glyphs of one font, set one behind the other.</summary>
/// <param name="Font">The font.</param>
/// <param name="Glyphs">The glyphs.</param>
/// <param name="Width">Their width at size 1.</param>
internal readonly record struct GlyphRun(PdfFont Font, IReadOnlyList<ushort> Glyphs, double Width);

/// <summary>
/// The fonts of one document. Chooses for each character the first that has it: the shipped one, then the operator's. What none has is
/// shown
/// as U+FFFD and remembered in <see cref="Missing"/>.
/// </summary>
internal sealed class PdfFontSet
{
    private static readonly Rune replacement = new(0xFFFD);

    // Signs that a font may lack, with one that looks the same.
    private static readonly Dictionary<int, Rune> alike = new()
    {
        [0x2212] = new Rune('–'), // the minus sign of some cultures' numbers
        [0x202F] = new Rune(0x00A0),
        [0x2007] = new Rune(0x00A0),
    };

    private readonly PdfFont[] regular;
    private readonly PdfFont[] bold;
    private readonly List<PdfFont> all;

    /// <param name="further">Fonts for characters that the shipped ones lack, in order.</param>
    public PdfFontSet(IReadOnlyList<TrueTypeFont> further)
    {
        var own = (Regular: new PdfFont(ShippedFonts.Regular, "F0"), Bold: new PdfFont(ShippedFonts.Bold, "F1"));
        PdfFont[] others = [.. further.Select((font, index) => new PdfFont(font, PdfFile.Invariant($"F{index + 2}")))];
        regular = [own.Regular, .. others];
        bold = [own.Bold, .. others];
        all = [own.Regular, own.Bold, .. others];
    }

    /// <summary>The characters shown as U+FFFD, by code point.</summary>
    public SortedSet<int> Missing { get; } = [];

    /// <summary>The fonts that the document uses.</summary>
    public IEnumerable<PdfFont> Used => all.Where(font => font.IsUsed);

    /// <summary>Sets a text: composed characters where Unicode has them, controls as spaces, invisible marks left out.</summary>
    public IReadOnlyList<GlyphRun> Set(string text, bool isBold)
    {
        var runs = new List<GlyphRun>();
        var glyphs = new List<ushort>();
        PdfFont? current = null;
        double width = 0;
        foreach (Rune written in Normal(text).EnumerateRunes())
        {
            if (!Shows(written, out Rune rune))
                continue;
            (PdfFont font, ushort glyph) = Choose(rune, isBold ? bold : regular);
            if (current is not null && font != current)
            {
                runs.Add(new GlyphRun(current, [.. glyphs], width));
                glyphs.Clear();
                width = 0;
            }

            current = font;
            glyphs.Add(glyph);
            width += font.Width(glyph);
        }

        if (current is not null)
            runs.Add(new GlyphRun(current, [.. glyphs], width));
        return runs;
    }

    /// <summary>The width of a text at size 1.</summary>
    public double Width(string text, bool isBold) => Set(text, isBold).Sum(run => run.Width);

    // A lone half of a surrogate pair is no text that could be normalised; as runes it becomes U+FFFD.
    private static string Normal(string text)
    {
        string whole = text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF') < 0 ? text : string.Concat(text.EnumerateRunes());
        return whole.Normalize(NormalizationForm.FormC);
    }

    private static bool Shows(Rune written, out Rune shown)
    {
        shown = Rune.IsControl(written) || written.Value is 0x2028 or 0x2029 ? new Rune(' ') : written;
        // Soft hyphens, joiners, marks of direction, variation selectors: they have no form of their own.
        return Rune.GetUnicodeCategory(written) != System.Globalization.UnicodeCategory.Format
            && written.Value is not (>= 0xFE00 and <= 0xFE0F);
    }

    private (PdfFont Font, ushort Glyph) Choose(Rune rune, PdfFont[] fonts)
    {
        foreach (PdfFont font in fonts)
        {
            if (font.TryUse(rune, out ushort glyph))
                return (font, glyph);
        }

        if (alike.TryGetValue(rune.Value, out Rune other))
            return Choose(other, fonts);
        if (rune != replacement)
            Missing.Add(rune.Value);
        return fonts[0].TryUse(replacement, out ushort box)
            ? (fonts[0], box)
            : throw new InvalidOperationException("The shipped font has no U+FFFD.");
    }
}
