using System.Globalization;
using System.Text;
using Metering.Delivery.Pdf.Fonts;
using Metering.Delivery.Pdf.Writing;

namespace Metering.Delivery.Pdf.Layout;

/// <summary>Lays a document out and writes it as PDF. The same document gives the same bytes on the same runtime.</summary>
/// <param name="pageWidth">In points.</param>
/// <param name="pageHeight">In points.</param>
/// <param name="logo">Drawn at the top; null for the seller's name.</param>
/// <param name="further">Fonts for characters that the shipped ones lack.</param>
internal sealed class DocumentRenderer(double pageWidth, double pageHeight, PngImage? logo, IReadOnlyList<TrueTypeFont> further)
{
    private const string LogoResource = "Logo";

    /// <param name="document">What stands on it.</param>
    /// <param name="missing">The characters that no font has, by code point.</param>
    public byte[] Render(PrintedDocument document, out IReadOnlyCollection<int> missing)
    {
        var fonts = new PdfFontSet(further);
        var flow = new PageFlow(pageWidth, pageHeight, fonts, document.Mark);
        HeaderSection.Draw(flow, document, logo, LogoResource);
        TableSection.Draw(flow, document);
        ClosingSection.DrawSums(flow, document);
        ClosingSection.DrawNotes(flow, document);
        missing = [.. fonts.Missing];
        ClosingSection.DrawSmallPrint(flow, [.. document.SmallPrint, .. Lacking(missing)]);
        ClosingSection.DrawFooters(flow, document);
        return Write(document, flow);
    }

    private static IEnumerable<string> Lacking(IReadOnlyCollection<int> missing)
    {
        if (missing.Count == 0)
            return [];
        IEnumerable<string> named = missing.Take(40).Select(code => PdfFile.Invariant($"U+{code:X4}"));
        string more = missing.Count > 40 ? PdfFile.Invariant($" and {missing.Count - 40} more") : "";
        return [$"\uFFFD stands for characters that this document's fonts do not have: {string.Join(", ", named)}{more}."];
    }

    private byte[] Write(PrintedDocument document, PageFlow flow)
    {
        var file = new PdfFile();
        int root = file.Reserve();
        int tree = file.Reserve();
        int resources = file.Reserve();
        var pages = new List<int>();
        foreach (PdfCanvas page in flow.Pages)
        {
            int content = file.AddStream("", page.Content);
            pages.Add(file.Add(PdfFile.Invariant($"<< /Type /Page /Parent {tree} 0 R /MediaBox [0 0 {pageWidth:0.##} {pageHeight:0.##}] ")
                + PdfFile.Invariant($"/Resources {resources} 0 R /Contents {content} 0 R >>")));
        }

        string fonts = string.Concat(flow.Fonts.Used.Select(font => PdfFile.Invariant($"/{font.Resource} {font.Write(file)} 0 R ")));
        string images = logo is null ? "" : PdfFile.Invariant($"/XObject << /{LogoResource} {logo.Write(file)} 0 R >> ");
        file.Set(resources, $"<< /Font << {fonts}>> {images}>>");
        string children = string.Join(' ', pages.Select(page => PdfFile.Invariant($"{page} 0 R")));
        file.Set(tree, PdfFile.Invariant($"<< /Type /Pages /Kids [{children}] /Count {pages.Count} >>"));
        file.Set(root, PdfFile.Invariant($"<< /Type /Catalog /Pages {tree} 0 R /Lang {PdfFile.Text(document.Language)} ")
            + "/ViewerPreferences << /DisplayDocTitle true >> >>");
        return file.Write(root, file.Add(Information(document)));
    }

    private static string Information(PrintedDocument document)
    {
        var entries = new StringBuilder($"<< /Title {PdfFile.Text($"{document.Title} {document.Number}")} ");
        entries.Append("/Producer (Metering grid) ");
        if (document.Seller.Name.Length > 0)
            entries.Append(CultureInfo.InvariantCulture, $"/Author {PdfFile.Text(document.Seller.Name)} ");
        if (document.CreatedAt is { } created)
            entries.Append(CultureInfo.InvariantCulture, $"/CreationDate (D:{created.UtcDateTime:yyyyMMddHHmmss}Z) ");
        return entries.Append(">>").ToString();
    }
}
