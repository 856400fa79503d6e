using Metering.Core.Ids;
using Metering.Core.Invoicing;
using Metering.Grid;
using Metering.Grid.Billing;
using Metering.Grid.Directory;
using Metering.Grid.Payments;

namespace Metering.Delivery.Payments;

/// <summary>
/// Brings the payment gateway to where an invoice is: pushed and charged once it is issued, lowered or refunded by its credit notes, void
/// or paid when ours is. It may be run at any time, any number of times, and goes on where an earlier run stopped.
/// </summary>
internal sealed class InvoiceCollection(IMeteringEngine engine, IPaymentGateway gateway, IPaymentAccounts accounts)
{
    /// <summary>The attempt of a push; those of dunning come after it.</summary>
    public const int FirstAttempt = 0;

    /// <summary>Brings the gateway to where the invoice is.</summary>
    /// <returns>The invoice at the gateway; missing where the customer is not known there or nothing is to be collected.</returns>
    public async ValueTask<PaymentResult<FoundInvoice>> RunAsync(
        string customerId, InvoiceId invoiceId, int attempt, CancellationToken cancellation)
    {
        if (await engine.Directory.FindCustomerAsync(customerId, cancellation) is not { } customer)
            return PaymentResult.Misconfigured<FoundInvoice>($"There is no customer '{customerId}'.");
        IBilling billing = engine.Billing(customer);
        if (await billing.FindAsync(invoiceId, cancellation) is not { } view)
            return PaymentResult.Misconfigured<FoundInvoice>($"There is no invoice '{invoiceId}'.");
        if (await accounts.FindAsync(customerId, cancellation) is not { } account)
            return Found(null);

        return view.Issued.Status is InvoiceStatus.Issued or InvoiceStatus.Overdue
            ? await CollectAsync(billing, view, account, attempt, cancellation)
            : await CloseAsync(billing, view, account, cancellation);
    }

    private async ValueTask<PaymentResult<FoundInvoice>> CollectAsync(
        IBilling billing, InvoiceView view, string account, int attempt, CancellationToken cancellation)
    {
        InvoiceOrder order = InvoiceOrders.Of(view.Invoice, account);
        PaymentResult<GatewayInvoice> pushed = await PushAsync(billing, view, order, cancellation);
        if (pushed.Value is not { } open)
            return pushed.As<FoundInvoice>();
        PaymentStep credited = await CreditAsync(billing, view, open.ExternalId, cancellation);
        if (!credited.IsOver)
            return new PaymentResult<FoundInvoice>(credited.Code, null, null, credited.Reason);

        PaymentResult<GatewayInvoice> paid = open.Status == GatewayInvoiceStatus.Open
            ? await PayAsync(account, open, attempt, cancellation)
            : PaymentResult.Done(open);
        if (paid.Value is not { } after)
            return paid.As<FoundInvoice>();
        if (after.Status is GatewayInvoiceStatus.Paid)
            await billing.SetStatusAsync(view.Issued.Id, InvoiceStatus.Paid, cancellation);
        else if (after.Status is GatewayInvoiceStatus.Void)
            await billing.SetStatusAsync(view.Issued.Id, InvoiceStatus.Void, cancellation);
        return Found(after);
    }

    /// <summary>Makes the invoice at the gateway with all its lines, and closes it.</summary>
    private async ValueTask<PaymentResult<GatewayInvoice>> PushAsync(
        IBilling billing, InvoiceView view, InvoiceOrder order, CancellationToken cancellation)
    {
        PaymentResult<GatewayInvoice> made = await gateway.EnsureInvoiceAsync(order, cancellation);
        if (made.Value is not { } draft)
            return made;
        if (view.Issued.ExternalId is null)
            await billing.RecordExternalIdAsync(view.Issued.Id, draft.ExternalId, cancellation);
        if (draft.Status != GatewayInvoiceStatus.Draft)
            return made;

        PaymentResult<GatewayLines> lines = await gateway.AddLinesAsync(
            order, [.. Enumerable.Range(0, order.Lines.Count)], draft.ExternalId, cancellation);
        if (lines.Value is not { } added)
            return lines.As<GatewayInvoice>();
        await RecordAsync(billing, view, added, cancellation);
        return await gateway.FinaliseInvoiceAsync(draft.ExternalId, cancellation);
    }

    private async ValueTask<PaymentResult<GatewayInvoice>> PayAsync(
        string account, GatewayInvoice open, int attempt, CancellationToken cancellation)
    {
        PaymentResult<GatewayCustomer> payer = await gateway.ReadCustomerAsync(account, cancellation);
        if (payer.Value is null)
            return payer.As<GatewayInvoice>();
        // A push that comes again, as after a credit note, is no further attempt. Without a means of payment the invoice waits there for
        // the payer; an attempt made now would be spent.
        bool isDue = payer.Value.HasPaymentMethod && !(attempt == FirstAttempt && open.WasAttempted);
        return isDue
            ? await gateway.PayInvoiceAsync(open.ExternalId, attempt, cancellation)
            : PaymentResult.Done(open);
    }

    /// <summary>Ours is paid or void: the gateway's, where there is one, is not to be charged any more.</summary>
    private async ValueTask<PaymentResult<FoundInvoice>> CloseAsync(
        IBilling billing, InvoiceView view, string account, CancellationToken cancellation)
    {
        string? external = view.Issued.ExternalId;
        if (external is null)
        {
            // It may have been made right before a crash, and not recorded.
            PaymentResult<FoundInvoice> found = await gateway.FindInvoiceAsync(
                view.Issued.Id.Value, account, view.Issued.IssuedAt, cancellation);
            external = found.Value?.Invoice?.ExternalId;
            if (external is null)
                return found;
            await billing.RecordExternalIdAsync(view.Issued.Id, external, cancellation);
        }

        PaymentResult<GatewayInvoice> closed = view.Issued.Status == InvoiceStatus.Void
            ? await gateway.VoidInvoiceAsync(external, cancellation)
            : await MarkPaidAsync(external, cancellation);
        if (closed.Value is not { } after)
            return closed.As<FoundInvoice>();
        if (view.Issued.Status == InvoiceStatus.Void)
        {
            return after.HasMoney
                ? PaymentResult.Misconfigured<FoundInvoice>($"Invoice {view.Issued.Id} is void here and was paid at the gateway.")
                : Found(after);
        }

        PaymentStep credited = await CreditAsync(billing, view, external, cancellation);
        return credited.IsOver ? Found(after) : new PaymentResult<FoundInvoice>(credited.Code, null, null, credited.Reason);
    }

    private async ValueTask<PaymentResult<GatewayInvoice>> MarkPaidAsync(string external, CancellationToken cancellation)
    {
        PaymentResult<GatewayInvoice> closed = await gateway.FinaliseInvoiceAsync(external, cancellation);
        return closed.Value is { Status: GatewayInvoiceStatus.Open or GatewayInvoiceStatus.Uncollectible }
            ? await gateway.MarkPaidAsync(external, cancellation)
            : closed;
    }

    private async ValueTask<PaymentStep> CreditAsync(
        IBilling billing, InvoiceView view, string external, CancellationToken cancellation)
    {
        if (view.Issued.Credited.IsZero)
            return PaymentStep.Done;
        foreach (CreditNote note in await billing.ListCreditNotesAsync(view.Issued.Id, cancellation))
        {
            PaymentResult<GatewayCredit> credited = await gateway.CreditAsync(
                new CreditOrder(
                    note.Number.ToString(), view.Issued.Id.Value, external, note.Total, note.Currency.Code, note.Reason),
                cancellation);
            if (credited.Code != PaymentCode.Done)
                return PaymentStep.Of(credited);
        }

        return PaymentStep.Done;
    }

    private static async ValueTask RecordAsync(
        IBilling billing, InvoiceView view, GatewayLines added, CancellationToken cancellation)
    {
        HashSet<int> known = [.. view.Issued.Pushed.Select(line => line.Line)];
        PushedLine[] news =
        [
            // Taxes stand behind the invoice's lines and are no lines of it.
            .. added.ExternalIds.Where(line => line.Key < view.Invoice.Lines.Count && !known.Contains(line.Key))
                .OrderBy(line => line.Key).Select(line => new PushedLine(line.Key, line.Value)),
        ];
        if (news.Length > 0)
            await billing.RecordPushedLinesAsync(view.Issued.Id, news, cancellation);
    }

    private static PaymentResult<FoundInvoice> Found(GatewayInvoice? invoice) => PaymentResult.Done(new FoundInvoice(invoice));
}
