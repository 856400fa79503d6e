using Metering.Core.Ids;
using Metering.Core.Invoicing;
using Metering.Core.Time;
using Metering.Grid.Billing;
using Metering.Grid.Directory;
using Metering.Orleans.Ownership;
using Orleans.Concurrency;
using Orleans.GrainDirectory;

namespace Metering.Orleans.Grains;

/// <inheritdoc cref="IBillingGrain" />
[GrainType("metering.billing"), PartitionPlacement, GrainDirectory(PartitionDirectory.Name), Reentrant, CollectionAgeLimit(Minutes = 5)]
public sealed class BillingGrain(SiloPartitions partitions, PartitionMap map) : PartitionedGrain(partitions, map), IBillingGrain
{
    /// <inheritdoc />
    public ValueTask<InvoiceResult> DraftAsync(ProjectEntry project, Period? period, CancellationToken cancellation) => DoAsync(
        async billing => await billing.DraftAsync(await FindProjectAsync(project.Id, cancellation), period, cancellation), cancellation);

    /// <inheritdoc />
    public ValueTask<InvoiceResult> ForecastAsync(ProjectEntry project, CancellationToken cancellation) => DoAsync(
        async billing => await billing.ForecastAsync(await FindProjectAsync(project.Id, cancellation), cancellation), cancellation);

    /// <inheritdoc />
    public ValueTask<InvoiceResult> IssueAsync(ProjectEntry project, Period period, CancellationToken cancellation) => DoAsync(
        async billing => await billing.IssueAsync(await FindProjectAsync(project.Id, cancellation), period, cancellation), cancellation);

    /// <inheritdoc />
    public ValueTask<InvoiceView?> FindAsync(InvoiceId invoice, CancellationToken cancellation) =>
        DoAsync(billing => billing.FindAsync(invoice, cancellation), cancellation);

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<IssuedInvoice>> ListAsync(ProjectId? project, CancellationToken cancellation) =>
        DoAsync(billing => ArrayAsync(billing.ListAsync(project, cancellation)), cancellation);

    /// <inheritdoc />
    public ValueTask<StatusResult> SetStatusAsync(InvoiceId invoice, InvoiceStatus status, CancellationToken cancellation) =>
        DoAsync(billing => billing.SetStatusAsync(invoice, status, cancellation), cancellation);

    /// <inheritdoc />
    public ValueTask<CreditNoteResult> CreditAsync(CreditNoteOrder order, CancellationToken cancellation) =>
        DoAsync(billing => billing.CreditAsync(order, cancellation), cancellation);

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<CreditNote>> ListCreditNotesAsync(InvoiceId invoice, CancellationToken cancellation) =>
        DoAsync(billing => ArrayAsync(billing.ListCreditNotesAsync(invoice, cancellation)), cancellation);

    /// <inheritdoc />
    public ValueTask<CouponCode> ApplyCouponAsync(CouponId coupon, CancellationToken cancellation) =>
        DoAsync(billing => billing.ApplyCouponAsync(coupon, cancellation), cancellation);

    /// <inheritdoc />
    public ValueTask<CouponCode> RemoveCouponAsync(CouponId coupon, CancellationToken cancellation) =>
        DoAsync(billing => billing.RemoveCouponAsync(coupon, cancellation), cancellation);

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<AppliedCoupon>> ListCouponsAsync(CancellationToken cancellation) =>
        DoAsync(billing => ArrayAsync(billing.ListCouponsAsync(cancellation)), cancellation);

    /// <inheritdoc />
    public ValueTask<RecordCode> RecordExternalIdAsync(InvoiceId invoice, string externalId, CancellationToken cancellation) =>
        DoAsync(billing => billing.RecordExternalIdAsync(invoice, externalId, cancellation), cancellation);

    /// <inheritdoc />
    public ValueTask<RecordCode> RecordPushedLinesAsync(
        InvoiceId invoice, IReadOnlyList<PushedLine> lines, CancellationToken cancellation) =>
        DoAsync(billing => billing.RecordPushedLinesAsync(invoice, lines, cancellation), cancellation);

    /// <inheritdoc />
    public ValueTask<InvoiceVerification?> VerifyAsync(InvoiceId invoice, CancellationToken cancellation) =>
        DoAsync(billing => billing.VerifyAsync(invoice, cancellation), cancellation);

    // A list may be of any type; an array is one that travels.
    private static async ValueTask<IReadOnlyList<T>> ArrayAsync<T>(ValueTask<IReadOnlyList<T>> list) => (await list).ToArray();

    private ValueTask<T> DoAsync<T>(Func<IBilling, ValueTask<T>> work, CancellationToken cancellation)
    {
        string id = this.GetPrimaryKeyString();
        return RunAsync(async () => await work(Engine.Billing(await FindCustomerAsync(id, cancellation))), cancellation);
    }
}
