using Metering.Core.Ids;
using Metering.Core.Invoicing;
using Metering.Core.Time;
using Metering.Grid.Billing;
using Metering.Grid.Directory;
using Metering.Grid.Partitions;

namespace Metering.Grid.Hosting;

/// <summary>A customer's invoices in this process. What is whole of an invoice is read back from the journal.</summary>
internal sealed class BillingHandle(PartitionEngine engine, CustomerEntry customer) : IBilling
{
    /// <inheritdoc />
    public ValueTask<InvoiceResult> DraftAsync(ProjectEntry project, Period? period, CancellationToken cancellation) =>
        InvoiceAsync(project, period, InvoiceWish.Draft, cancellation);

    /// <inheritdoc />
    public ValueTask<InvoiceResult> ForecastAsync(ProjectEntry project, CancellationToken cancellation) =>
        InvoiceAsync(project, null, InvoiceWish.Forecast, cancellation);

    /// <inheritdoc />
    public async ValueTask<InvoiceResult> IssueAsync(ProjectEntry project, Period period, CancellationToken cancellation)
    {
        // Another process may have changed a tax or the customer's address since the last poll.
        await engine.Directory.RefreshAsync(cancellation);
        return await InvoiceAsync(project, period, InvoiceWish.Issue, cancellation);
    }

    /// <inheritdoc />
    public async ValueTask<InvoiceView?> FindAsync(InvoiceId invoice, CancellationToken cancellation)
    {
        IssuedInvoice? issued = await HeadingAsync(invoice, cancellation);
        return issued is null ? null : new InvoiceView(await ReadAsync(issued, cancellation), issued);
    }

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<IssuedInvoice>> ListAsync(ProjectId? project, CancellationToken cancellation) => engine.RunAsync(
        customer, (customer, Project: project?.Value), null, isWrite: false,
        static (in DecisionContext context, (CustomerEntry Whose, string? Project) argument, Dedup.FirstOutcome? _) =>
            context.State.ListInvoices(argument.Whose, argument.Project, context.Catalog, context.Now, context.Group),
        cancellation);

    /// <inheritdoc />
    public ValueTask<StatusResult> SetStatusAsync(InvoiceId invoice, InvoiceStatus status, CancellationToken cancellation) =>
        engine.RunAsync(
            customer, (customer, invoice.Value, status), null, isWrite: true,
            static (in DecisionContext context, (CustomerEntry Whose, string Id, InvoiceStatus Status) argument, Dedup.FirstOutcome? _) =>
                context.State.SetInvoiceStatus(
                    argument.Whose, argument.Id, argument.Status, context.Catalog, context.Now, context.Group),
            cancellation);

    /// <inheritdoc />
    public async ValueTask<CreditNoteResult> CreditAsync(CreditNoteOrder order, CancellationToken cancellation)
    {
        if (await FindAsync(order.Invoice, cancellation) is not { } found)
            return new CreditNoteResult(CreditNoteCode.InvoiceNotFound, null, Core.Money.Amount.Zero);
        (CreditNoteResult result, CreditNoteState? first) = await engine.RunAsync(
            customer, (customer, order, found.Invoice), null, isWrite: true,
            static (
                    in DecisionContext context, (CustomerEntry Whose, CreditNoteOrder Order, Invoice Invoice) argument,
                    Dedup.FirstOutcome? _) => context.State.Credit(
                    argument.Whose, argument.Order, argument.Invoice, context.Catalog, context.Now, context.Group),
            cancellation);
        return first is null ? result : result with { Note = await ReadAsync(first, cancellation) };
    }

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<CreditNote>> ListCreditNotesAsync(InvoiceId invoice, CancellationToken cancellation)
    {
        IReadOnlyList<CreditNoteState> notes = await engine.RunAsync(
            customer, (customer, invoice.Value), null, isWrite: false,
            static (in DecisionContext context, (CustomerEntry Whose, string Id) argument, Dedup.FirstOutcome? _) =>
                context.State.ListCreditNotes(argument.Whose, argument.Id, context.Catalog, context.Now, context.Group),
            cancellation);
        var read = new List<CreditNote>(notes.Count);
        foreach (CreditNoteState note in notes)
            read.Add(await ReadAsync(note, cancellation));
        return read;
    }

    /// <inheritdoc />
    public async ValueTask<CouponCode> ApplyCouponAsync(CouponId coupon, CancellationToken cancellation)
    {
        // Another process may have made it since the last poll.
        if (!engine.Directory.Catalog.Coupons.ContainsKey(coupon.Value))
            await engine.Directory.RefreshAsync(cancellation);
        return await engine.RunAsync(
            customer, (customer, coupon), null, isWrite: true,
            static (in DecisionContext context, (CustomerEntry Whose, CouponId Coupon) argument, Dedup.FirstOutcome? _) =>
                context.State.ApplyCoupon(argument.Whose, argument.Coupon, context.Catalog, context.Now, context.Group),
            cancellation);
    }

    /// <inheritdoc />
    public ValueTask<CouponCode> RemoveCouponAsync(CouponId coupon, CancellationToken cancellation) => engine.RunAsync(
        customer, (customer, coupon), null, isWrite: true,
        static (in DecisionContext context, (CustomerEntry Whose, CouponId Coupon) argument, Dedup.FirstOutcome? _) =>
            context.State.RemoveCoupon(argument.Whose, argument.Coupon, context.Catalog, context.Now, context.Group),
        cancellation);

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<AppliedCoupon>> ListCouponsAsync(CancellationToken cancellation) => engine.RunAsync(
        customer, customer, null, isWrite: false,
        static (in DecisionContext context, CustomerEntry whose, Dedup.FirstOutcome? _) =>
            context.State.ListCoupons(whose, context.Catalog, context.Now, context.Group),
        cancellation);

    /// <inheritdoc />
    public ValueTask<RecordCode> RecordExternalIdAsync(InvoiceId invoice, string externalId, CancellationToken cancellation) =>
        RecordAsync(invoice, externalId, [], cancellation);

    /// <inheritdoc />
    public ValueTask<RecordCode> RecordPushedLinesAsync(
        InvoiceId invoice, IReadOnlyList<PushedLine> lines, CancellationToken cancellation) =>
        RecordAsync(invoice, null, lines, cancellation);

    /// <inheritdoc />
    public async ValueTask<InvoiceVerification?> VerifyAsync(InvoiceId invoice, CancellationToken cancellation)
    {
        IssuedInvoice? issued = await HeadingAsync(invoice, cancellation);
        if (issued is null)
            return null;
        Invoice whole = await ReadAsync(issued, cancellation);
        Invoice oldest = whole;
        if (whole.Recorded.Late is [var late, ..])
        {
            IReadOnlyList<IssuedInvoice> all = await ListAsync(issued.Project, cancellation);
            oldest = await ReadAsync(all.Single(other => other.Period == late.Period), cancellation);
        }

        var rebuild = new InvoiceRebuild(customer, issued, whole, oldest, engine.Directory.Catalog);
        return await rebuild.RunAsync(engine.StoreOf(customer.Partition), cancellation);
    }

    private async ValueTask<InvoiceResult> InvoiceAsync(
        ProjectEntry project, Period? period, InvoiceWish wish, CancellationToken cancellation)
    {
        if (project.Customer.Id != customer.Id)
            return new InvoiceResult(InvoiceCode.NotABillingPeriod, null, null, null);
        InvoiceResult result = await engine.RunAsync(
            customer, (project, period, wish), null, isWrite: wish == InvoiceWish.Issue,
            static (in DecisionContext context, (ProjectEntry Which, Period? Period, InvoiceWish Wish) argument, Dedup.FirstOutcome? _) =>
                context.State.Invoice(argument.Which, argument.Period, argument.Wish, context.Catalog, context.Now, context.Group),
            cancellation);
        return result is { Code: InvoiceCode.Existing, Issued: { } issued }
            ? result with { Invoice = await ReadAsync(issued, cancellation) }
            : result;
    }

    private ValueTask<RecordCode> RecordAsync(
        InvoiceId invoice, string? externalId, IReadOnlyList<PushedLine> lines, CancellationToken cancellation) => engine.RunAsync(
        customer, (customer, invoice.Value, externalId, lines), null, isWrite: true,
        static (
                in DecisionContext context,
                (CustomerEntry Whose, string Id, string? ExternalId, IReadOnlyList<PushedLine> Lines) argument, Dedup.FirstOutcome? _) =>
            context.State.RecordPushed(
                argument.Whose, argument.Id, argument.ExternalId, argument.Lines, context.Catalog, context.Now, context.Group),
        cancellation);

    private ValueTask<IssuedInvoice?> HeadingAsync(InvoiceId invoice, CancellationToken cancellation) => engine.RunAsync(
        customer, (customer, invoice.Value), null, isWrite: false,
        static (in DecisionContext context, (CustomerEntry Whose, string Id) argument, Dedup.FirstOutcome? _) =>
            context.State.ReadInvoice(argument.Whose, argument.Id, context.Catalog, context.Now, context.Group),
        cancellation);

    private ValueTask<Invoice> ReadAsync(IssuedInvoice issued, CancellationToken cancellation) =>
        BillingJournal.ReadInvoiceAsync(engine.StoreOf(customer.Partition), customer.Partition, issued, cancellation);

    private ValueTask<CreditNote> ReadAsync(CreditNoteState note, CancellationToken cancellation) =>
        BillingJournal.ReadCreditNoteAsync(engine.StoreOf(customer.Partition), customer.Partition, note, cancellation);
}
