using Metering.Core.Catalog;
using Metering.Core.Ids;
using Metering.Core.Invoicing;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Storage.Postgres.Tests.Projections;

namespace Metering.Storage.Postgres.Tests.Outbox;

/// <summary>Documents that the outbox is told of.</summary>
internal static class OutboxSamples
{
    private static readonly Instant At = JournalMaker.Start;

    /// <summary>Project a's invoice of a month of 2025, over 119 euros.</summary>
    public static Invoice Invoice(int month)
    {
        var project = ProjectId.Parse("a");
        var day = new DateOnly(2025, month, 1);
        var party = new BillingProfile { LegalName = "Acme" };
        var period = new Period(At, At + TimeSpan.FromDays(28));
        return new Invoice
        {
            Id = InvoiceId.Of(project, day),
            Number = InvoiceNumber.Of(project, day),
            LegalNumber = new LegalNumber(0, month),
            Project = project,
            Customer = CustomerId.Parse("a"),
            Period = period,
            FirstDay = day,
            Currency = Currency.Parse("EUR"),
            Segments = [new InvoiceSegment(period, PlanId.Parse("pro"), 1, "Pro", new IntervalShare(1, 1))],
            Lines = [],
            Subtotal = Amount.FromWhole(100),
            Taxes = [],
            Tax = Amount.FromWhole(19),
            Total = Amount.FromWhole(119),
            IssuedAt = At,
            DueAt = At + TimeSpan.FromDays(30),
            Positions = new JournalRange(1, 2),
            Recorded = new InvoiceRecord { Seller = party, Buyer = party, TaxDate = day },
        };
    }

    /// <summary>A credit note for all of January's.</summary>
    public static CreditNote Note() =>
        CreditNoteCompiler.TryCompile(
            Invoice(1), new CreditNoteNumber(0, 1), Amount.FromWhole(119), Amount.Zero, "an outage", At, out var note)
            ? note
            : throw new InvalidOperationException("The sample cannot be credited.");
}
