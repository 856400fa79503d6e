using Metering.Core.Ids;
using Metering.Core.Invoicing;
using Metering.Core.Time;
using Metering.Core.Wallets;
using Metering.Grid.Directory;

namespace Metering.Grid.Billing;

/// <summary>
/// One customer's invoices, credit notes and coupons. Answers are durable and fenced, also reads and refusals; failures are those of
/// <see cref="Wallets.IWallet"/>: <see cref="PartitionUnavailableException"/> is safe to send again, because everything here is idempotent
/// by itself or by a key.
/// </summary>
/// <remarks>
/// An invoice is issued by itself once its billing period is closed; <see cref="IssueAsync"/> only asks for it sooner. Whoever issues
/// first, it is issued once, with a legal number from the partition's gapless series.
/// </remarks>
public interface IBilling
{
    /// <summary>What the invoice of a period would be now. Nothing is journaled.</summary>
    /// <param name="project">A project of the customer.</param>
    /// <param name="period">A billing period of it; null for the running one.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns><see cref="InvoiceCode.Draft"/>, or <see cref="InvoiceCode.Existing"/> with the invoice once it is issued, or a
    /// refusal.</returns>
    ValueTask<InvoiceResult> DraftAsync(ProjectEntry project, Period? period, CancellationToken cancellation);

    /// <summary>
    /// What the invoice of the running period would be at its end, if usage went on as it has so far. Nothing is journaled.
    /// </summary>
    /// <returns><see cref="InvoiceCode.Draft"/>, or a refusal.</returns>
    ValueTask<InvoiceResult> ForecastAsync(ProjectEntry project, CancellationToken cancellation);

    /// <summary>Issues the invoice of a period that is closed, once; of one that is open, answers the draft.</summary>
    /// <returns><see cref="InvoiceCode.Issued"/> the first time, <see cref="InvoiceCode.Existing"/> with the same invoice ever
    /// after, <see cref="InvoiceCode.Draft"/> while the period is open, or a refusal.</returns>
    ValueTask<InvoiceResult> IssueAsync(ProjectEntry project, Period period, CancellationToken cancellation);

    /// <summary>An issued invoice, whole; null where there is none of that id.</summary>
    ValueTask<InvoiceView?> FindAsync(InvoiceId invoice, CancellationToken cancellation);

    /// <summary>The issued invoices of the customer or of one project, newest period first, without their lines. Read from the partition:
    /// for pages of many, and for other orders, ask <see cref="History.IInvoiceHistory"/>.</summary>
    ValueTask<IReadOnlyList<IssuedInvoice>> ListAsync(ProjectId? project, CancellationToken cancellation);

    /// <summary>Moves an invoice to <see cref="InvoiceStatus.Paid"/>, <see cref="InvoiceStatus.Overdue"/> or
    /// <see cref="InvoiceStatus.Void"/>. The status it has already is answered as done and changes nothing.</summary>
    ValueTask<StatusResult> SetStatusAsync(InvoiceId invoice, InvoiceStatus status, CancellationToken cancellation);

    /// <summary>Takes an issued invoice back, in part or whole.</summary>
    ValueTask<CreditNoteResult> CreditAsync(CreditNoteOrder order, CancellationToken cancellation);

    /// <summary>The credit notes of an invoice, oldest first, whole; empty where there are none.</summary>
    ValueTask<IReadOnlyList<CreditNote>> ListCreditNotesAsync(InvoiceId invoice, CancellationToken cancellation);

    /// <summary>Gives the customer a coupon of the catalogue, as it is now: later changes of the coupon do not reach it.</summary>
    ValueTask<CouponCode> ApplyCouponAsync(CouponId coupon, CancellationToken cancellation);

    /// <summary>Takes a coupon from the customer; invoices that used it stay as they are.</summary>
    ValueTask<CouponCode> RemoveCouponAsync(CouponId coupon, CancellationToken cancellation);

    /// <summary>The customer's coupons in the order in which they are used, used-up ones among them.</summary>
    ValueTask<IReadOnlyList<AppliedCoupon>> ListCouponsAsync(CancellationToken cancellation);

    /// <summary>Remembers what a payment gateway calls an invoice. The first one stands for good.</summary>
    ValueTask<RecordCode> RecordExternalIdAsync(InvoiceId invoice, string externalId, CancellationToken cancellation);

    /// <summary>Remembers lines that were pushed to a payment gateway. A line that is remembered already keeps what it has.</summary>
    ValueTask<RecordCode> RecordPushedLinesAsync(
        InvoiceId invoice, IReadOnlyList<PushedLine> lines, CancellationToken cancellation);

    /// <summary>
    /// Computes an issued invoice again: reads the journal over the positions it names, rebuilds the usage, compiles it with the inputs it
    /// recorded and the plans of the catalogue, and compares the bytes. Null where there is no such invoice. Reads the partition's journal
    /// of the whole period, so it may take long.
    /// </summary>
    ValueTask<InvoiceVerification?> VerifyAsync(InvoiceId invoice, CancellationToken cancellation);
}

/// <summary>A wish for a credit note.</summary>
/// <param name="Invoice">The invoice.</param>
/// <param name="Amount">How much of its total, tax included; null for all that is left.</param>
/// <param name="Reason">Why, for the buyer.</param>
/// <param name="Idempotency">Where given, the first answer is given again for as long as the invoice is kept.</param>
public sealed record CreditNoteOrder(InvoiceId Invoice, Core.Money.Amount? Amount, string Reason, IdempotencyKey? Idempotency);

/// <summary>A line of an invoice that a payment gateway has.</summary>
/// <param name="Line">Its place in <see cref="Invoice.Lines"/>, counted from 0.</param>
/// <param name="ExternalId">What the gateway calls it.</param>
public sealed record PushedLine(int Line, string ExternalId);
