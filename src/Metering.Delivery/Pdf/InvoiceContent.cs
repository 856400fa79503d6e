using Metering.Core.Catalog;
using Metering.Core.Invoicing;
using Metering.Core.Money;
using Metering.Delivery.Pdf.Layout;
using Metering.Grid.Documents;

namespace Metering.Delivery.Pdf;

/// <summary>What an invoice says to people.</summary>
internal static class InvoiceContent
{
    public static PrintedDocument Of(Invoice invoice, InvoiceStanding standing, Figures figures, ValueList<string> paymentNotes)
    {
        LocalDays days = LocalDays.Of(invoice);
        Amount due = Due(invoice, standing);
        return new PrintedDocument
        {
            Title = "Invoice",
            Number = NumberOf(invoice),
            Language = figures.Language,
            CreatedAt = invoice.IssuedAt?.ToDateTimeOffset(),
            Mark = MarkOf(standing.Status),
            Seller = PartyContent.Of("From", invoice.Recorded.Seller),
            Buyer = PartyContent.Of("Bill to", invoice.Recorded.Buyer, otherwise: invoice.Customer.Value),
            Facts = Facts(invoice, figures, days),
            Headline = Headline(invoice, standing.Status, due, figures, days),
            Columns = ["Description", "Quantity", "Unit", "Unit price", $"Amount ({invoice.Currency.Code})"],
            Lines = invoice.Lines.Select(line => Line(line, invoice, figures, days)).ToValueList(),
            Sums = Sums(invoice, standing, due, figures).ToValueList(),
            Notes = Notes(invoice, standing.Status, due, paymentNotes).ToValueList(),
            SmallPrint = SmallPrint(invoice).ToValueList(),
        };
    }

    /// <summary>The legal number; of a draft its preliminary one.</summary>
    public static string NumberOf(Invoice invoice) => invoice.LegalNumber?.ToString() ?? invoice.Number.Value;

    /// <summary>What is still to be paid, as far as the document knows.</summary>
    public static Amount Due(Invoice invoice, InvoiceStanding standing) => standing.Status switch
    {
        InvoiceStatus.Issued or InvoiceStatus.Overdue => Amount.Max(Amount.Zero, invoice.Total - standing.Credited),
        _ => Amount.Zero,
    };

    private static PrintedMark? MarkOf(InvoiceStatus status) => status switch
    {
        InvoiceStatus.Draft => new PrintedMark("DRAFT", PrintedTone.Neutral, IsAcross: true),
        InvoiceStatus.Void => new PrintedMark("VOID", PrintedTone.Bad, IsAcross: true),
        InvoiceStatus.Paid => new PrintedMark("PAID", PrintedTone.Good, IsAcross: false),
        InvoiceStatus.Overdue => new PrintedMark("OVERDUE", PrintedTone.Bad, IsAcross: false),
        _ => null,
    };

    private static ValueList<PrintedFact> Facts(Invoice invoice, Figures figures, LocalDays days)
    {
        var facts = new List<PrintedFact>();
        if (invoice.LegalNumber is { } legal)
            facts.Add(new PrintedFact("Invoice number", legal.ToString()));
        facts.Add(new PrintedFact("Reference", invoice.Number.Value));
        if (invoice.IssuedAt is { } issued)
        {
            facts.Add(new PrintedFact("Issued", figures.Day(days.DayOf(issued))));
            facts.Add(new PrintedFact("Due", figures.Day(days.DayOf(invoice.DueAt))));
        }

        facts.Add(new PrintedFact("Period", figures.Days(invoice.FirstDay, days.LastDayBefore(invoice.Period.End))));
        facts.Add(new PrintedFact("Customer", invoice.Customer.Value));
        if (invoice.Project.Value != invoice.Customer.Value)
            facts.Add(new PrintedFact("Project", invoice.Project.Value));
        return facts.ToValueList();
    }

    private static PrintedFact Headline(Invoice invoice, InvoiceStatus status, Amount due, Figures figures, LocalDays days)
    {
        string total = figures.MoneyWithCode(invoice.Total, invoice.Currency);
        string dueDay = figures.Day(days.DayOf(invoice.DueAt));
        return status switch
        {
            InvoiceStatus.Draft => new PrintedFact("so far, not to be paid yet", total),
            InvoiceStatus.Void => new PrintedFact("void, not to be paid", total),
            InvoiceStatus.Paid => new PrintedFact("paid", total),
            _ when !due.IsPositive => new PrintedFact("nothing to pay", figures.MoneyWithCode(due, invoice.Currency)),
            InvoiceStatus.Overdue => new PrintedFact($"was due {dueDay}", figures.MoneyWithCode(due, invoice.Currency)),
            _ => new PrintedFact($"due {dueDay}", figures.MoneyWithCode(due, invoice.Currency)),
        };
    }

    private static PrintedLine Line(InvoiceLine line, Invoice invoice, Figures figures, LocalDays days)
    {
        // Of another stretch of time than the whole period it is said which.
        string detail = line.Period == invoice.Period
            ? ""
            : figures.Days(days.DayOf(line.Period.Start), days.LastDayBefore(line.Period.End));
        string price = figures.Money(line.UnitPrice, invoice.Currency);
        if (line.Per != Amount.One)
            price = $"{price} / {figures.Quantity(line.Per)}";
        return new PrintedLine(
            line.Description, detail, figures.Quantity(line.Quantity), line.Unit, price, figures.Money(line.Amount, invoice.Currency));
    }

    private static IEnumerable<PrintedSum> Sums(Invoice invoice, InvoiceStanding standing, Amount due, Figures figures)
    {
        Currency currency = invoice.Currency;
        Amount discounts = Sum(invoice.Lines.Where(line => line.Kind == LineKind.Discount).Select(line => line.Amount));
        if (!discounts.IsZero)
        {
            yield return new PrintedSum("Before discounts", figures.Money(invoice.Subtotal - discounts, currency), PrintedWeight.Aside);
            yield return new PrintedSum("Discounts", figures.Money(discounts, currency), PrintedWeight.Aside);
        }

        yield return new PrintedSum("Subtotal", figures.Money(invoice.Subtotal, currency), PrintedWeight.Plain);
        foreach (TaxLine tax in invoice.Taxes.Where(tax => !tax.Inclusive))
            yield return TaxSum(tax, currency, figures);
        if (invoice.Taxes.Count == 0 && TreatmentOf(invoice) is { } treatment)
            yield return new PrintedSum($"Tax ({treatment})", figures.Money(Amount.Zero, currency), PrintedWeight.Plain);
        yield return new PrintedSum("Total", figures.MoneyWithCode(invoice.Total, currency), PrintedWeight.Total);
        foreach (TaxLine tax in invoice.Taxes.Where(tax => tax.Inclusive))
            yield return TaxSum(tax, currency, figures);
        if (!standing.Credited.IsZero)
            yield return new PrintedSum("Credit notes", figures.Money(-standing.Credited, currency), PrintedWeight.Plain);
        if (!standing.Credited.IsZero && standing.Status is InvoiceStatus.Issued or InvoiceStatus.Overdue)
            yield return new PrintedSum("Amount due", figures.MoneyWithCode(due, currency), PrintedWeight.Total);
    }

    /// <summary>A tax as a row: added to the total, or contained in it.</summary>
    public static PrintedSum TaxSum(TaxLine tax, Currency currency, Figures figures)
    {
        string rate = $"{tax.Name} {figures.Percent(tax.Percent)}";
        string amount = figures.Money(tax.Amount, currency);
        string charged = figures.Money(tax.Base, currency);
        return tax.Inclusive
            ? new PrintedSum($"contained: {rate} of {charged}", amount, PrintedWeight.Aside)
            : new PrintedSum($"{rate} of {charged}", amount, PrintedWeight.Plain);
    }

    private static string? TreatmentOf(Invoice invoice) => invoice.Recorded.Buyer.Treatment switch
    {
        TaxTreatment.ReverseCharge => "reverse charge",
        TaxTreatment.Exempt => "exempt",
        _ => null,
    };

    private static IEnumerable<PrintedNote> Notes(
        Invoice invoice, InvoiceStatus status, Amount due, ValueList<string> paymentNotes)
    {
        foreach (string note in invoice.Notes)
            yield return new PrintedNote("", note);
        if (status is InvoiceStatus.Issued or InvoiceStatus.Overdue && due.IsPositive && paymentNotes.Count > 0)
        {
            yield return new PrintedNote(
                "Payment", string.Join('\n', [.. paymentNotes, $"Please name {NumberOf(invoice)} with your payment."]));
        }
    }

    private static IEnumerable<string> SmallPrint(Invoice invoice)
    {
        yield return invoice.IsDraft
            ? "A draft: computed from what is counted up to now, without a legal number, not to be paid. It changes until the period is "
                + "closed."
            : $"Invoice {invoice.Id.Value} is computed from groups {invoice.Positions.From} to {invoice.Positions.To} of the usage journal "
                + "and can be recomputed from them to the byte.";
        yield return $"SHA-256 of its record: {invoice.Digest.Value}";
    }

    private static Amount Sum(IEnumerable<Amount> amounts) => amounts.Aggregate(Amount.Zero, (sum, amount) => sum + amount);
}
