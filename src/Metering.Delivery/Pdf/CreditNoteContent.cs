using Metering.Core.Catalog;
using Metering.Core.Invoicing;
using Metering.Core.Money;
using Metering.Delivery.Pdf.Layout;

namespace Metering.Delivery.Pdf;

/// <summary>What a credit note says to people.</summary>
internal static class CreditNoteContent
{
    public static PrintedDocument Of(CreditNote note, Figures figures)
    {
        Currency currency = note.Currency;
        // It holds no calendar of the customer: the day is that of UTC.
        string day = figures.Day(DateOnly.FromDateTime(note.IssuedAt.ToUtcDateTime()));
        string net = figures.Money(note.Net, currency);
        return new PrintedDocument
        {
            Title = "Credit note",
            Number = note.Number.ToString(),
            Language = figures.Language,
            CreatedAt = note.IssuedAt.ToDateTimeOffset(),
            Seller = PartyContent.Of("From", note.Seller),
            Buyer = PartyContent.Of("Credit to", note.Buyer, otherwise: note.Customer.Value),
            Facts = Facts(note, day),
            Headline = new PrintedFact("credited", figures.MoneyWithCode(note.Total, currency)),
            Columns = ["Description", "Quantity", "Unit", "Unit price", $"Amount ({currency.Code})"],
            Lines = [new PrintedLine($"Credit for invoice {note.InvoiceLegalNumber}",
                note.Reason, figures.Quantity(Amount.One), "", net, net)],
            Sums = Sums(note, figures).ToValueList(),
            SmallPrint =
            [
                $"Corrects invoice {note.InvoiceLegalNumber} ({note.Invoice.Value}).",
                $"SHA-256 of its record: {InvoiceDigest.Of(CreditNoteFormat.Write(note)).Value}",
            ],
        };
    }

    private static ValueList<PrintedFact> Facts(CreditNote note, string day)
    {
        var facts = new List<PrintedFact>
        {
            new("Credit note number", note.Number.ToString()),
            new("For invoice", note.InvoiceLegalNumber.ToString()),
            new("Issued", day),
            new("Customer", note.Customer.Value),
        };
        if (note.Project.Value != note.Customer.Value)
            facts.Add(new PrintedFact("Project", note.Project.Value));
        return facts.ToValueList();
    }

    // Net and taxes always add up here: what the invoice's lines contained is taken apart.
    private static IEnumerable<PrintedSum> Sums(CreditNote note, Figures figures)
    {
        yield return new PrintedSum("Net", figures.Money(note.Net, note.Currency), PrintedWeight.Plain);
        foreach (TaxLine tax in note.Taxes)
            yield return InvoiceContent.TaxSum(tax with { Inclusive = false }, note.Currency, figures);
        yield return new PrintedSum("Total credited", figures.MoneyWithCode(note.Total, note.Currency), PrintedWeight.Total);
        if (!note.CreditedBefore.IsZero)
        {
            yield return new PrintedSum(
                $"Credited before for {note.InvoiceLegalNumber}", figures.Money(note.CreditedBefore, note.Currency), PrintedWeight.Aside);
        }
    }
}
