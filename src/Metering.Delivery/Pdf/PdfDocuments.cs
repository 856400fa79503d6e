using System.Globalization;
using Metering.Core.Invoicing;
using Metering.Delivery.Pdf.Layout;
using Metering.Grid.Documents;
using Microsoft.Extensions.Logging;

namespace Metering.Delivery.Pdf;

/// <summary>Invoices and credit notes as PDF documents, set in the shipped fonts.</summary>
public sealed partial class PdfDocuments : IInvoiceDocuments
{
    private const double PointsPerInch = 72;
    private const double MillimetresPerInch = 25.4;

    private readonly DocumentOptions options;
    private readonly DocumentRenderer renderer;
    private readonly Figures figures;
    private readonly ILogger<PdfDocuments> log;

    /// <exception cref="ArgumentException">The logo or a font cannot be read; all faults are named at once.</exception>
    public PdfDocuments(DocumentOptions options, ILogger<PdfDocuments> log)
    {
        this.options = options;
        this.log = log;
        figures = new Figures(options.Culture);
        DocumentFiles files = options.Load();
        (double width, double height) = options.Paper == PaperSize.Letter
            ? (8.5 * PointsPerInch, 11 * PointsPerInch)
            : (210 / MillimetresPerInch * PointsPerInch, 297 / MillimetresPerInch * PointsPerInch);
        renderer = new DocumentRenderer(width, height, files.Logo, files.Fonts);
    }

    /// <inheritdoc/>
    public InvoiceDocument Print(Invoice invoice, InvoiceStanding standing) =>
        Render(InvoiceContent.Of(invoice, standing, figures, options.PaymentNotes));

    /// <inheritdoc/>
    public InvoiceDocument Print(CreditNote note) => Render(CreditNoteContent.Of(note, figures));

    private InvoiceDocument Render(PrintedDocument document)
    {
        byte[] bytes = renderer.Render(document, out IReadOnlyCollection<int> missing);
        if (missing.Count > 0)
            LogMissing(document.Number, string.Join(", ", missing.Select(code => code.ToString("X4", CultureInfo.InvariantCulture))));
        string name = string.Concat(document.Number.Where(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_'));
        return new InvoiceDocument($"{name}.pdf", bytes);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message =
        "Document {Number} shows a replacement for characters that no font has: U+{Characters}. The setting documents_fonts can name "
        + "further fonts.")]
    private partial void LogMissing(string number, string characters);
}
