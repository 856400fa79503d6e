using System.Text.Json.Serialization;
using Metering.Api.Json;
using Metering.Core.Invoicing;
using Metering.Core.Time;
using Metering.Grid.Billing;

namespace Metering.Api.Billing;

/// <summary>An invoice, or the draft of one. Money is in <paramref name="Currency"/>.</summary>
/// <param name="Id">Known before the invoice is issued, and for good.</param>
/// <param name="ProjectId">What was used.</param>
/// <param name="OrgId">The customer, who pays.</param>
/// <param name="InvoiceNumber">Project and month; on drafts too.</param>
/// <param name="LegalNumber">Gapless in its series; null on a draft.</param>
/// <param name="BillingPeriod">The month of the period's first day, <c>2025-01</c>.</param>
/// <param name="PeriodStart">The start, inclusive.</param>
/// <param name="PeriodEnd">The end, exclusive.</param>
/// <param name="LineItems">The lines, discounts among them.</param>
/// <param name="Subtotal">The sum of the lines.</param>
/// <param name="Taxes">One line a tax.</param>
/// <param name="Tax">The sum of the taxes.</param>
/// <param name="Total">What is to be paid: the subtotal and the taxes that it does not contain.</param>
/// <param name="Credited">What credit notes took back.</param>
/// <param name="Currency">ISO 4217.</param>
/// <param name="Status"><c>draft</c>, <c>issued</c>, <c>paid</c>, <c>overdue</c> or <c>void</c>.</param>
/// <param name="IssuedAt">Null on a draft.</param>
/// <param name="DueDate">When it is to be paid.</param>
/// <param name="Plan">The plan at the period's end.</param>
/// <param name="PlanVersion">Its version.</param>
/// <param name="Seller">Who sells, as the invoice names it.</param>
/// <param name="BillTo">Who buys, as the invoice names it.</param>
/// <param name="Notes">What the law wants to be said.</param>
/// <param name="JournalPositions">The groups of the partition's journal that its usage stands in, both inclusive.</param>
/// <param name="Digest">SHA-256 of its canonical bytes, hexadecimal.</param>
/// <param name="StripeInvoiceId">What the payment gateway calls it; null where it has none.</param>
public sealed record InvoiceAnswer(
    string Id, string ProjectId, string OrgId, string InvoiceNumber, string? LegalNumber, string BillingPeriod, Instant PeriodStart,
    Instant PeriodEnd, IReadOnlyList<InvoiceLineAnswer> LineItems, ExactNumber Subtotal, IReadOnlyList<TaxAnswer> Taxes, ExactNumber Tax,
    ExactNumber Total, ExactNumber Credited, string Currency, string Status, Instant? IssuedAt, Instant DueDate, string Plan,
    int PlanVersion, ProfileShape Seller, ProfileShape BillTo, IReadOnlyList<string> Notes, PositionsAnswer JournalPositions,
    string Digest, string? StripeInvoiceId)
{
    /// <summary>An invoice with what became of it since; without for a draft.</summary>
    internal static InvoiceAnswer Of(Invoice invoice, IssuedInvoice? issued)
    {
        InvoiceSegment last = invoice.Segments[^1];
        return new InvoiceAnswer(
            invoice.Id.Value, invoice.Project.Value, invoice.Customer.Value, invoice.Number.Value, invoice.LegalNumber?.ToString(),
            invoice.PeriodLabel, invoice.Period.Start, invoice.Period.End, [.. invoice.Lines.Select(InvoiceLineAnswer.Of)],
            invoice.Subtotal, [.. invoice.Taxes.Select(TaxAnswer.Of)], invoice.Tax, invoice.Total, issued?.Credited ?? default,
            invoice.Currency.Code, (issued?.Status ?? InvoiceStatus.Draft).Word(), invoice.IssuedAt, invoice.DueAt, last.Plan.Value,
            last.PlanVersion, ProfileShape.Of(invoice.Recorded.Seller), ProfileShape.Of(invoice.Recorded.Buyer), [.. invoice.Notes],
            new PositionsAnswer(invoice.Positions.From, invoice.Positions.To), (issued?.Digest ?? invoice.Digest).ToString(),
            issued?.ExternalId);
    }
}

/// <summary>One line: <c>quantity x unit_price / per</c>, rounded once, half to even, to the currency's minor unit.</summary>
/// <param name="Description">For people.</param>
/// <param name="Kind">What it is about: <c>base_fee</c>, <c>usage</c>, <c>included</c>, <c>burned_credits</c>, <c>overage_credits</c>,
/// <c>minimum</c>, <c>adjustment</c> or <c>discount</c>.</param>
/// <param name="Meter">Of usage; absent on other lines.</param>
/// <param name="Quantity">How much.</param>
/// <param name="Unit">Of what; may be empty.</param>
/// <param name="UnitPrice">The price of <paramref name="Per"/> units.</param>
/// <param name="Per">Absent where it is 1.</param>
/// <param name="Amount">What it comes to; negative for a discount.</param>
/// <param name="PeriodStart">The start of the stretch of time it is for.</param>
/// <param name="PeriodEnd">Its end.</param>
public sealed record InvoiceLineAnswer(
    string Description, string Kind, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Meter,
    ExactNumber Quantity, string Unit, ExactNumber UnitPrice,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ExactNumber? Per, ExactNumber Amount, Instant PeriodStart,
    Instant PeriodEnd)
{
    internal static InvoiceLineAnswer Of(InvoiceLine line) => new(
        line.Description, KindOf(line.Kind), line.Meter?.Value, line.Quantity, line.Unit, line.UnitPrice,
        line.Per == Core.Money.Amount.One ? null : (ExactNumber)line.Per, line.Amount, line.Period.Start, line.Period.End);

    private static string KindOf(LineKind kind) => kind switch
    {
        LineKind.BaseFee => "base_fee",
        LineKind.Usage => "usage",
        LineKind.Included => "included",
        LineKind.BurnedCredits => "burned_credits",
        LineKind.OverageCredits => "overage_credits",
        LineKind.Minimum => "minimum",
        LineKind.Adjustment => "adjustment",
        LineKind.Discount => "discount",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "There is no such kind of line."),
    };
}

/// <summary>One tax of an invoice.</summary>
/// <param name="Name">As the invoice names it.</param>
/// <param name="Percent">20 is 20 %.</param>
/// <param name="Base">What it is charged on.</param>
/// <param name="Amount">How much it is.</param>
/// <param name="Inclusive">Whether the lines contain it.</param>
public sealed record TaxAnswer(string Name, ExactNumber Percent, ExactNumber Base, ExactNumber Amount, bool Inclusive)
{
    internal static TaxAnswer Of(TaxLine line) => new(line.Name, line.Percent, line.Base, line.Amount, line.Inclusive);
}

/// <summary>Groups of a partition's journal, both inclusive.</summary>
public sealed record PositionsAnswer(long From, long To);

/// <summary>Whether an invoice came out the same again, to the byte.</summary>
/// <param name="Identical">Whether it did.</param>
/// <param name="Digest">The digest it was issued with.</param>
/// <param name="Recomputed">The digest it has now; absent where it is the same or could not be computed.</param>
/// <param name="Difference">What differs; absent where nothing does.</param>
public sealed record VerifyAnswer(
    bool Identical, string Digest, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Recomputed,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Difference)
{
    internal static VerifyAnswer Of(InvoiceVerification made) => new(
        made.Identical, made.Digest.ToString(), made.Identical ? null : made.Recomputed?.ToString(), made.Difference);
}

/// <summary>A credit note. Amounts are positive: they are owed to the customer.</summary>
/// <param name="Number">Gapless in its series.</param>
/// <param name="InvoiceId">The invoice it takes back, in part or whole.</param>
/// <param name="InvoiceLegalNumber">That invoice's legal number.</param>
/// <param name="ProjectId">The invoice's project.</param>
/// <param name="OrgId">The customer.</param>
/// <param name="Reason">Why.</param>
/// <param name="Net">Without tax.</param>
/// <param name="Taxes">The taxes that are credited.</param>
/// <param name="Tax">Their sum.</param>
/// <param name="Total">Net and tax.</param>
/// <param name="Currency">ISO 4217.</param>
/// <param name="IssuedAt">When it was issued.</param>
public sealed record CreditNoteAnswer(
    string Number, string InvoiceId, string InvoiceLegalNumber, string ProjectId, string OrgId, string Reason, ExactNumber Net,
    IReadOnlyList<TaxAnswer> Taxes, ExactNumber Tax, ExactNumber Total, string Currency, Instant IssuedAt)
{
    internal static CreditNoteAnswer Of(CreditNote note) => new(
        note.Number.ToString(), note.Invoice.Value, note.InvoiceLegalNumber.ToString(), note.Project.Value, note.Customer.Value,
        note.Reason, note.Net, [.. note.Taxes.Select(TaxAnswer.Of)], note.Tax, note.Total, note.Currency.Code, note.IssuedAt);
}
