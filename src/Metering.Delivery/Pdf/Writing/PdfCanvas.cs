using System.Text;

namespace Metering.Delivery.Pdf.Writing;

/// <summary>Where a text stands relative to its point.</summary>
internal enum Alignment
{
    Left,
    Right,
    Center,
}

/// <summary>How a text looks.</summary>
/// <param name="Size">In points.</param>
/// <param name="IsBold">Whether it is bold.</param>
/// <param name="Ink">Its colour.</param>
internal readonly record struct TextStyle(double Size, bool IsBold, Ink Ink);

/// <summary>A colour: red, green and blue from 0 to 255.</summary>
internal readonly record struct Ink(byte Red, byte Green, byte Blue)
{
    /// <summary>As the operands of <c>rg</c> and <c>RG</c>.</summary>
    public override string ToString() => PdfFile.Invariant($"{Red / 255.0:0.###} {Green / 255.0:0.###} {Blue / 255.0:0.###}");
}

/// <summary>
/// One page to draw on, in points from its upper left corner; vertical places of text are those of the line it stands on.
/// </summary>
internal sealed class PdfCanvas(double width, double height, PdfFontSet fonts)
{
    private readonly StringBuilder operators = new();

    public double Width { get; } = width;

    public double Height { get; } = height;

    /// <summary>The page's content as PDF operators, in ASCII.</summary>
    public byte[] Content => Encoding.ASCII.GetBytes(operators.ToString());

    public void Text(string text, double x, double y, TextStyle style, Alignment alignment = Alignment.Left)
    {
        IReadOnlyList<GlyphRun> runs = fonts.Set(text, style.IsBold);
        double width = runs.Sum(run => run.Width) * style.Size;
        double left = alignment switch
        {
            Alignment.Right => x - width,
            Alignment.Center => x - width / 2,
            _ => x,
        };
        Append($"BT {style.Ink} rg ");
        Append($"1 0 0 1 {left:0.##} {Height - y:0.##} Tm ");
        Show(runs, style.Size);
        operators.Append("ET\n");
    }

    /// <summary>Draws a text over the page's middle, slanted upwards, in a pale ink: a mark that belongs under everything else.</summary>
    public void Watermark(string text, TextStyle style)
    {
        IReadOnlyList<GlyphRun> runs = fonts.Set(text, style.IsBold);
        double angle = Math.Atan2(Height, Width);
        (double sine, double cosine) = Math.SinCos(angle);
        double width = runs.Sum(run => run.Width) * style.Size;
        double x = Width / 2 - cosine * width / 2 + sine * style.Size / 3;
        double y = Height / 2 - sine * width / 2 - cosine * style.Size / 3;
        Append($"BT {style.Ink} rg {cosine:0.####} {sine:0.####} {-sine:0.####} {cosine:0.####} {x:0.##} {y:0.##} Tm ");
        Show(runs, style.Size);
        operators.Append("ET\n");
    }

    public void Line(double x1, double y1, double x2, double y2, double thickness, Ink ink) =>
        Append($"{ink} RG {thickness:0.##} w {x1:0.##} {Height - y1:0.##} m {x2:0.##} {Height - y2:0.##} l S\n");

    public void Fill(double x, double y, double width, double height, Ink ink) =>
        Append($"{ink} rg {x:0.##} {Height - y - height:0.##} {width:0.##} {height:0.##} re f\n");

    public void Frame(double x, double y, double width, double height, double thickness, Ink ink) =>
        Append($"{ink} RG {thickness:0.##} w {x:0.##} {Height - y - height:0.##} {width:0.##} {height:0.##} re S\n");

    /// <summary>Draws an image of the page's resources.</summary>
    public void Image(string resource, double x, double y, double width, double height) =>
        Append($"q {width:0.##} 0 0 {height:0.##} {x:0.##} {Height - y - height:0.##} cm /{resource} Do Q\n");

    private void Show(IReadOnlyList<GlyphRun> runs, double size)
    {
        foreach (GlyphRun run in runs)
        {
            Append($"/{run.Font.Resource} {size:0.##} Tf <");
            foreach (ushort glyph in run.Glyphs)
                Append($"{glyph:X4}");
            operators.Append("> Tj ");
        }
    }

    private void Append(FormattableString text) => operators.Append(PdfFile.Invariant(text));
}
