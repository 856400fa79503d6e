using Metering.Core.Binary;
using Metering.Core.Ids;

namespace Metering.Core.Invoicing;

/// <summary>The canonical bytes of a credit note, by the rules of <see cref="InvoiceFormat"/>.</summary>
public static class CreditNoteFormat
{
    private const byte Version = 1;

    public static byte[] Write(CreditNote note)
    {
        var writer = new ByteWriter(512);
        writer.Byte(Version);
        writer.Text(note.Number.ToString());
        writer.Text(note.Invoice.Value);
        writer.Text(note.InvoiceLegalNumber.ToString());
        writer.Text(note.Project.Value);
        writer.Text(note.Customer.Value);
        writer.Text(note.Currency.Code);
        writer.Text(note.Reason);
        writer.Instant(note.IssuedAt);
        writer.Amount(note.Net);
        BillingFormat.Write(writer, note.Taxes);
        writer.Amount(note.Tax);
        writer.Amount(note.Total);
        writer.Amount(note.CreditedBefore);
        BillingFormat.Write(writer, note.Seller);
        BillingFormat.Write(writer, note.Buyer);
        return writer.Span.ToArray();
    }

    /// <exception cref="CorruptDataException">No credit note was written as these bytes.</exception>
    public static CreditNote Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new ByteReader(bytes);
        reader.Byte(Version, Version);
        var note = new CreditNote
        {
            Number = CreditNoteNumber.TryCreate(reader.Text(), out var number) ? number : throw BillingFormat.Corrupt("number"),
            Invoice = InvoiceId.TryCreate(reader.Text(), out var id) ? id : throw BillingFormat.Corrupt("id"),
            InvoiceLegalNumber = LegalNumber.TryCreate(reader.Text(), out var legal) ? legal : throw BillingFormat.Corrupt("legal number"),
            Project = BillingFormat.ReadProject(ref reader),
            Customer = BillingFormat.ReadCustomer(ref reader),
            Currency = BillingFormat.ReadCurrency(ref reader),
            Reason = reader.Text(),
            IssuedAt = reader.Instant(),
            Net = reader.Amount(),
            Taxes = BillingFormat.ReadTaxes(ref reader),
            Tax = reader.Amount(),
            Total = reader.Amount(),
            CreditedBefore = reader.Amount(),
            Seller = BillingFormat.ReadProfile(ref reader),
            Buyer = BillingFormat.ReadProfile(ref reader),
        };
        return reader.IsAtEnd ? note : throw new CorruptDataException("More than a credit note was written.");
    }
}
