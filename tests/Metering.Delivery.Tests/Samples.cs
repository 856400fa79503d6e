using Metering.Core.Catalog;
using Metering.Core.Ids;
using Metering.Core.Invoicing;
using Metering.Core.Money;
using Metering.Core.Time;

namespace Metering.Delivery.Tests;

/// <summary>Invoices to be printed and mailed. Their sums add up, except where a test changes a line.</summary>
internal static class Samples
{
    public static readonly BillingProfile Seller = new()
    {
        LegalName = "Meridian Compute GmbH",
        AddressLines = ["Speicherstraße 14"],
        PostalCode = "20457",
        City = "Hamburg",
        Country = "DE",
        TaxId = "DE 312 456 789",
        Email = "billing@meridian.example",
    };

    public static readonly BillingProfile Buyer = new()
    {
        LegalName = "Acme Corporation",
        AddressLines = ["1 Market Street", "Suite 400"],
        PostalCode = "94105",
        City = "San Francisco",
        Region = "CA",
        Country = "US",
        TaxId = "US 12-3456789",
        Email = "ap@acme.example",
    };

    public static readonly Period January = new(At("2025-01-01T00:00:00Z"), At("2025-02-01T00:00:00Z"));

    public static Instant At(string text) =>
        Instant.FromDateTimeOffset(DateTimeOffset.Parse(text, System.Globalization.CultureInfo.InvariantCulture));

    public static Amount Of(string text) => Amount.Parse(text);

    public static InvoiceLine Line(
        string description, string quantity, string unit, string price, string amount, LineKind kind = LineKind.Usage) => new()
        {
            Kind = kind,
            Description = description,
            Quantity = Of(quantity),
            Unit = unit,
            UnitPrice = Of(price),
            Amount = Of(amount),
            Period = January,
        };

    public static InvoiceLine BaseFee(string amount = "99.00") => Line("Pro plan", "1", "month", amount, amount, LineKind.BaseFee);

    public static TaxLine Vat(string percent, string charged, string amount, bool inclusive = false) =>
        new(TaxRateId.Parse("vat"), "VAT", Of(percent), Of(charged), Of(amount), inclusive);

    public static Invoice Invoice(IEnumerable<InvoiceLine> lines, string currency = "EUR", params TaxLine[] taxes)
    {
        ValueList<InvoiceLine> list = lines.ToValueList();
        Amount subtotal = list.Aggregate(Amount.Zero, (sum, line) => sum + line.Amount);
        Amount tax = taxes.Aggregate(Amount.Zero, (sum, line) => sum + line.Amount);
        Amount added = taxes.Where(line => !line.Inclusive).Aggregate(Amount.Zero, (sum, line) => sum + line.Amount);
        ProjectId project = ProjectId.Parse("acme");
        return new Invoice
        {
            Id = InvoiceId.Of(project, new DateOnly(2025, 1, 1)),
            Number = InvoiceNumber.Of(project, new DateOnly(2025, 1, 1)),
            LegalNumber = new LegalNumber(17, 123),
            Project = project,
            Customer = CustomerId.Parse("acme"),
            Period = January,
            FirstDay = new DateOnly(2025, 1, 1),
            Currency = Currency.Parse(currency),
            Segments = [],
            Lines = list,
            Subtotal = subtotal,
            Taxes = taxes.ToValueList(),
            Tax = tax,
            Total = subtotal + added,
            IssuedAt = At("2025-02-01T01:00:07Z"),
            DueAt = At("2025-03-03T00:00:00Z"),
            Positions = new JournalRange(812, 40_377),
            Recorded = new InvoiceRecord { Seller = Seller, Buyer = Buyer, TaxDate = new DateOnly(2025, 1, 31) },
        };
    }

    public static Invoice Usual() => Invoice(
        [
            BaseFee(),
            Line("Participant minutes, first 10,000", "10000", "minutes", "0", "0.00", LineKind.Included),
            Line("Participant minutes", "48211.5", "minutes", "0.004", "192.85"),
            Line("Tokens (provider: openai, model: gpt-4o)", "12500000", "tokens", "2.5", "31.25") with { Per = Of("1000000") },
            Line("Storage gb", "12.345678901", "gb", "0.023", "0.28"),
        ],
        "EUR",
        Vat("19", "323.38", "61.44"));

    public static Invoice Draft() => Usual() with { LegalNumber = null, IssuedAt = null };

    public static Invoice WithBuyer(this Invoice invoice, BillingProfile buyer) =>
        invoice with { Recorded = invoice.Recorded with { Buyer = buyer } };

    public static CreditNote CreditNote() => new()
    {
        Number = CreditNoteNumber.Parse("P17-C000001"),
        Invoice = InvoiceId.Of(ProjectId.Parse("acme"), new DateOnly(2025, 1, 1)),
        InvoiceLegalNumber = new LegalNumber(17, 123),
        Project = ProjectId.Parse("acme"),
        Customer = CustomerId.Parse("acme"),
        Currency = Currency.Parse("EUR"),
        Reason = "Outage on 14 January: the base fee is taken back.",
        IssuedAt = At("2025-02-05T10:00:00Z"),
        Net = Of("99.00"),
        Taxes = [Vat("19", "99.00", "18.81")],
        Tax = Of("18.81"),
        Total = Of("117.81"),
        CreditedBefore = Amount.Zero,
        Seller = Seller,
        Buyer = Buyer,
    };
}
