using Metering.Core.Ids;
using Metering.Core.Invoicing;
using Metering.Core.Time;
using Metering.Grid.Billing;
using Metering.Grid.Directory;
using Metering.Orleans.Grains;

namespace Metering.Orleans.Engine;

/// <summary>A customer's invoices in the silo that owns them.</summary>
internal sealed class RemoteBilling(IBillingGrain grain, GrainCalls calls, TimeSpan verifyTimeout) : IBilling
{
    public ValueTask<InvoiceResult> DraftAsync(ProjectEntry project, Period? period, CancellationToken cancellation) =>
        calls.RunAsync(end => grain.DraftAsync(project, period, end), cancellation);

    public ValueTask<InvoiceResult> ForecastAsync(ProjectEntry project, CancellationToken cancellation) =>
        calls.RunAsync(end => grain.ForecastAsync(project, end), cancellation);

    public ValueTask<InvoiceResult> IssueAsync(ProjectEntry project, Period period, CancellationToken cancellation) =>
        calls.RunAsync(end => grain.IssueAsync(project, period, end), cancellation);

    public ValueTask<InvoiceView?> FindAsync(InvoiceId invoice, CancellationToken cancellation) =>
        calls.RunAsync(end => grain.FindAsync(invoice, end), cancellation);

    public ValueTask<IReadOnlyList<IssuedInvoice>> ListAsync(ProjectId? project, CancellationToken cancellation) =>
        calls.RunAsync(end => grain.ListAsync(project, end), cancellation);

    public ValueTask<StatusResult> SetStatusAsync(InvoiceId invoice, InvoiceStatus status, CancellationToken cancellation) =>
        calls.RunAsync(end => grain.SetStatusAsync(invoice, status, end), cancellation);

    public ValueTask<CreditNoteResult> CreditAsync(CreditNoteOrder order, CancellationToken cancellation) =>
        calls.RunAsync(end => grain.CreditAsync(order, end), cancellation);

    public ValueTask<IReadOnlyList<CreditNote>> ListCreditNotesAsync(InvoiceId invoice, CancellationToken cancellation) =>
        calls.RunAsync(end => grain.ListCreditNotesAsync(invoice, end), cancellation);

    public ValueTask<CouponCode> ApplyCouponAsync(CouponId coupon, CancellationToken cancellation) =>
        calls.RunAsync(end => grain.ApplyCouponAsync(coupon, end), cancellation);

    public ValueTask<CouponCode> RemoveCouponAsync(CouponId coupon, CancellationToken cancellation) =>
        calls.RunAsync(end => grain.RemoveCouponAsync(coupon, end), cancellation);

    public ValueTask<IReadOnlyList<AppliedCoupon>> ListCouponsAsync(CancellationToken cancellation) =>
        calls.RunAsync(grain.ListCouponsAsync, cancellation);

    public ValueTask<RecordCode> RecordExternalIdAsync(InvoiceId invoice, string externalId, CancellationToken cancellation) =>
        calls.RunAsync(end => grain.RecordExternalIdAsync(invoice, externalId, end), cancellation);

    public ValueTask<RecordCode> RecordPushedLinesAsync(
        InvoiceId invoice, IReadOnlyList<PushedLine> lines, CancellationToken cancellation) =>
        calls.RunAsync(end => grain.RecordPushedLinesAsync(invoice, lines.ToArray(), end), cancellation);

    public ValueTask<InvoiceVerification?> VerifyAsync(InvoiceId invoice, CancellationToken cancellation) =>
        calls.RunAsync(end => grain.VerifyAsync(invoice, end), verifyTimeout, cancellation);
}
