using Metering.Core.Ids;
using Metering.Core.Invoicing;
using Metering.Core.Money;
using Metering.Core.Time;

namespace Metering.Grid.History;

/// <summary>
/// Lists of issued invoices and sums over them, behind the acknowledgement by at most the projection's lag. What is decided about an
/// invoice is decided by <see cref="Billing.IBilling"/>.
/// </summary>
public interface IInvoiceHistory
{
    /// <summary>A page of invoices, newest period first, then by id. Of one partition where the query names one, else of all
    /// shards.</summary>
    ValueTask<InvoicePage> ListAsync(InvoiceQuery query, CancellationToken cancellation);

    /// <summary>Credit notes of an invoice, oldest first.</summary>
    ValueTask<IReadOnlyList<CreditNoteRow>> ListCreditNotesAsync(int partition, InvoiceId invoice, CancellationToken cancellation);

    /// <summary>
    /// Sums of invoices over all shards, ordered by currency, month and customer. Void invoices are left out.
    /// </summary>
    ValueTask<IReadOnlyList<RevenueRow>> SumAsync(RevenueQuery query, CancellationToken cancellation);

    /// <summary>How many raw events there are whose time is in a stretch of days of UTC, over all shards. It counts rows, so it takes
    /// as long as there are many.</summary>
    ValueTask<long> CountEventsAsync(DateOnly from, DateOnly until, CancellationToken cancellation);
}

/// <summary>Which invoices; null is any.</summary>
/// <param name="Partition">Only this partition: with a customer or project, its own.</param>
/// <param name="CustomerId">Only this customer's.</param>
/// <param name="ProjectId">Only this project's.</param>
/// <param name="Status">Only those of this status.</param>
/// <param name="OnlyUnpushed">Only those that no payment gateway has a name for.</param>
/// <param name="Limit">1 to 1,000.</param>
/// <param name="Offset">0 to 100,000, for pages by number.</param>
/// <param name="Cursor">The place after which to go on; null for the beginning.</param>
public sealed record InvoiceQuery(
    int? Partition, string? CustomerId, string? ProjectId, InvoiceStatus? Status, bool OnlyUnpushed, int Limit, int Offset, string? Cursor);

/// <summary>A page of invoices, how many there are in all, and the cursor of the next page or null at the end.</summary>
public sealed record InvoicePage(IReadOnlyList<InvoiceRow> Rows, long Total, string? NextCursor);

/// <summary>An issued invoice without its lines.</summary>
/// <param name="Id">The invoice.</param>
/// <param name="CustomerId">Who pays.</param>
/// <param name="ProjectId">For what.</param>
/// <param name="Partition">Where it was issued.</param>
/// <param name="LegalNumber">Its number in that partition's series.</param>
/// <param name="Period">The billing period.</param>
/// <param name="FirstDay">The period's first day on the customer's calendar.</param>
/// <param name="Plan">The plan at the period's end.</param>
/// <param name="PlanVersion">Its version.</param>
/// <param name="Currency">ISO 4217, of all amounts.</param>
/// <param name="Subtotal">The sum of the lines.</param>
/// <param name="Tax">The taxes.</param>
/// <param name="Total">What is to be paid.</param>
/// <param name="Overage">What of the lines is for usage beyond what the plan includes or the wallet paid.</param>
/// <param name="Credited">What credit notes took back.</param>
/// <param name="Status">Its status.</param>
/// <param name="IssuedAt">When it was issued.</param>
/// <param name="DueAt">When it is due.</param>
/// <param name="Digest">SHA-256 of its bytes, hexadecimal.</param>
/// <param name="ExternalId">What a payment gateway calls it, or null.</param>
/// <param name="Sequence">The group of the partition's journal that issued it.</param>
public sealed record InvoiceRow(
    string Id, string CustomerId, string ProjectId, int Partition, string LegalNumber, Period Period, DateOnly FirstDay, string Plan,
    int PlanVersion, string Currency, Amount Subtotal, Amount Tax, Amount Total, Amount Overage, Amount Credited, InvoiceStatus Status,
    Instant IssuedAt, Instant DueAt, string Digest, string? ExternalId, long Sequence);

/// <summary>A credit note without its taxes.</summary>
public sealed record CreditNoteRow(
    string Number, string InvoiceId, string CustomerId, string Currency, Amount Total, string Reason, Instant IssuedAt);

/// <summary>Which sums.</summary>
/// <param name="From">The first day of a period that counts, inclusive; null for the beginning.</param>
/// <param name="Until">The first day that does not count any more; null for no end.</param>
/// <param name="ByMonth">Whether months are apart.</param>
/// <param name="ByCustomer">Whether customers are apart.</param>
/// <param name="Limit">The most rows, those with the largest totals; 1 to 10,000.</param>
public sealed record RevenueQuery(DateOnly? From, DateOnly? Until, bool ByMonth, bool ByCustomer, int Limit)
{
    /// <summary>Only of these customers; null for all.</summary>
    public IReadOnlyList<string>? Customers { get; init; }
}

/// <summary>A sum of invoices.</summary>
/// <param name="Currency">ISO 4217.</param>
/// <param name="Month">The first of the month of the periods' first days; null where months are summed.</param>
/// <param name="CustomerId">Null where customers are summed.</param>
/// <param name="Invoices">How many.</param>
/// <param name="Net">Totals without tax.</param>
/// <param name="Total">Totals.</param>
/// <param name="Overage">What of it is for usage beyond what plans include or wallets paid.</param>
/// <param name="Credited">What credit notes took back.</param>
public sealed record RevenueRow(
    string Currency, DateOnly? Month, string? CustomerId, long Invoices, Amount Net, Amount Total, Amount Overage, Amount Credited);
