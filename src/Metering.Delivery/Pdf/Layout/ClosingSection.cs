using Metering.Delivery.Pdf.Writing;

namespace Metering.Delivery.Pdf.Layout;

/// <summary>What follows the table: the sums, kept on one page, the notes, the small print, and at last the footers.</summary>
internal static class ClosingSection
{
    private const double SumGap = 4;

    public static void DrawSums(PageFlow flow, PrintedDocument document)
    {
        double amounts = document.Sums.Max(sum => Width(flow, sum.Amount, Style(sum)));
        double labelRight = flow.Right - 5 - amounts - 18;
        double labelWidth = Math.Min(labelRight - flow.Left, Math.Max(150, document.Sums.Max(sum => Width(flow, sum.Label, Style(sum)))));
        List<(PrintedSum Sum, IReadOnlyList<string> Lines)> rows =
            [.. document.Sums.Select(sum => (sum, TextWrap.Lines(flow.Fonts, sum.Label, Style(sum), labelWidth)))];
        double height = rows.Sum(row => row.Lines.Count * Style(row.Sum).Leading() + 2 * SumGap);
        flow.Y += 8;
        flow.Need(Math.Min(height, flow.WholePage));
        foreach ((PrintedSum sum, IReadOnlyList<string> lines) in rows)
        {
            TextStyle style = Style(sum);
            flow.Need(lines.Count * style.Leading() + 2 * SumGap);
            if (sum.Weight == PrintedWeight.Total)
                flow.Page.Line(labelRight - labelWidth, flow.Y + 1, flow.Right, flow.Y + 1, 1, Look.Dark);
            flow.Y += SumGap;
            flow.Page.Text(sum.Amount, flow.Right - 5, flow.Y + style.Leading() - style.Size * 0.3, style, Alignment.Right);
            foreach (string line in lines)
            {
                flow.Y += style.Leading();
                flow.Page.Text(line, labelRight - labelWidth, flow.Y - style.Size * 0.3, style);
            }
        }

        flow.Y += 20;
    }

    public static void DrawNotes(PageFlow flow, PrintedDocument document)
    {
        foreach (PrintedNote note in document.Notes)
        {
            IReadOnlyList<string> lines = TextWrap.Lines(flow.Fonts, note.Text, Look.Body, flow.ContentWidth);
            double heading = note.Heading.Length == 0 ? 0 : Look.Name.Leading();
            flow.Need(Math.Min(heading + lines.Count * Look.Body.Leading(), flow.WholePage / 2));
            if (heading > 0)
                flow.Page.Text(note.Heading, flow.Left, flow.Y += heading, Look.Name);
            DrawLines(flow, lines, Look.Body);
            flow.Y += 10;
        }
    }

    /// <param name="flow">The pages.</param>
    /// <param name="sentences">The small print, what the fonts lack among it.</param>
    public static void DrawSmallPrint(PageFlow flow, IReadOnlyList<string> sentences)
    {
        List<string> lines = [.. sentences.SelectMany(text => TextWrap.Lines(flow.Fonts, text, Look.Small, flow.ContentWidth))];
        flow.Need(Math.Min(lines.Count * Look.Small.Leading() + 10, flow.WholePage));
        flow.Y += 10;
        DrawLines(flow, lines, Look.Small);
    }

    public static void DrawFooters(PageFlow flow, PrintedDocument document)
    {
        int number = 0;
        foreach (PdfCanvas page in flow.Pages)
        {
            string place = PdfFile.Invariant($"Page {++number} of {flow.Pages.Count}");
            double space = flow.ContentWidth - Width(flow, place, Look.Small) - 20;
            string whose = document.Seller.Name.Length == 0
                ? $"{document.Title} {document.Number}"
                : $"{document.Title} {document.Number}  ·  {document.Seller.Name}";
            page.Line(flow.Left, flow.FooterY - 12, flow.Right, flow.FooterY - 12, 0.5, Look.Rule);
            page.Text(TextWrap.Fit(flow.Fonts, whose, Look.Small, space), flow.Left, flow.FooterY, Look.Small);
            page.Text(place, flow.Right, flow.FooterY, Look.Small, Alignment.Right);
        }
    }

    private static void DrawLines(PageFlow flow, IEnumerable<string> lines, TextStyle style)
    {
        foreach (string line in lines)
        {
            flow.Need(style.Leading());
            flow.Page.Text(line, flow.Left, flow.Y += style.Leading(), style);
        }
    }

    private static double Width(PageFlow flow, string text, TextStyle style) => flow.Fonts.Width(text, style.IsBold) * style.Size;

    private static TextStyle Style(PrintedSum sum) => sum.Weight switch
    {
        PrintedWeight.Aside => Look.Aside,
        PrintedWeight.Total => new TextStyle(11, true, Look.Dark),
        _ => Look.Body,
    };
}
