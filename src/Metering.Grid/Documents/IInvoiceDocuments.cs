using Metering.Core.Invoicing;
using Metering.Core.Money;

namespace Metering.Grid.Documents;

/// <summary>Makes the documents that people keep: invoices and credit notes as PDF. Asks nobody and changes nothing.</summary>
/// <remarks>
/// The same invoice, standing and settings give the same bytes in the same build and runtime. What is printed is what the invoice holds:
/// its seller and buyer are those it recorded when it was compiled. Safe to call from many threads; takes some milliseconds of processor
/// time.
/// </remarks>
public interface IInvoiceDocuments
{
    /// <summary>An invoice or a draft.</summary>
    InvoiceDocument Print(Invoice invoice, InvoiceStanding standing);

    /// <summary>A credit note.</summary>
    InvoiceDocument Print(CreditNote note);
}

/// <summary>What became of an invoice; not a part of it, and shown on the document.</summary>
/// <param name="Status">Its status.</param>
/// <param name="Credited">The sum of its credit notes; zero or positive.</param>
public readonly record struct InvoiceStanding(InvoiceStatus Status, Amount Credited);

/// <summary>A document as a file.</summary>
/// <param name="FileName">Letters, digits, hyphens and underscores, with <c>.pdf</c>: fit for a header as it is.</param>
/// <param name="Bytes">The file; its media type is <see cref="MediaType"/>.</param>
public sealed record InvoiceDocument(string FileName, byte[] Bytes)
{
    /// <summary>The media type of all documents.</summary>
    public const string MediaType = "application/pdf";
}
