using System.Text.Json;
using Metering.Grid.Payments;

namespace Metering.Delivery.Stripe;

/// <summary>
/// Credit notes: on a paid invoice Stripe's credit note refunds the payment, on an open one it lowers what is due. Source:
/// https://docs.stripe.com/invoicing/integration/programmatic-credit-notes.
/// </summary>
internal sealed partial class StripeGateway
{
    /// <inheritdoc />
    public async ValueTask<PaymentResult<GatewayCredit>> CreditAsync(CreditOrder order, CancellationToken cancellation)
    {
        (StripeReply listed, JsonElement? existing) = await FindAsync(
            "/v1/credit_notes", new StripeForm().Add("invoice", order.ExternalInvoiceId), StripeNames.CreditNoteId,
            order.CreditNoteId, cancellation);
        if (!listed.IsOk)
            return Failure<GatewayCredit>(listed);
        if (existing is { } found)
            return PaymentResult.Done(CreditOf(found));
        StripeReply read = await client.GetAsync(PathOf("invoices", order.ExternalInvoiceId), null, cancellation);
        if (!read.IsOk)
            return Failure<GatewayCredit>(read);
        GatewayInvoiceStatus status = InvoiceOf(read.Body).Status;
        if (status == GatewayInvoiceStatus.Draft)
            return PaymentResult.RetryLater<GatewayCredit>("The invoice is not closed at Stripe yet.");

        StripeReply made = await MakeCreditAsync(order, refund: status == GatewayInvoiceStatus.Paid, cancellation);
        if (made.IsOk)
            return PaymentResult.Done(CreditOf(made.Body));
        if (made.Outcome != StripeOutcome.InvalidRequest)
            return Failure<GatewayCredit>(made);
        // Paid between the two calls: the next time it is a refund.
        StripeReply again = await client.GetAsync(PathOf("invoices", order.ExternalInvoiceId), null, cancellation);
        return again.IsOk && InvoiceOf(again.Body).Status != status
            ? PaymentResult.RetryLater<GatewayCredit>("The invoice was paid meanwhile.")
            : Failure<GatewayCredit>(made);
    }

    private Task<StripeReply> MakeCreditAsync(CreditOrder order, bool refund, CancellationToken cancellation)
    {
        long units = StripeAmount.ToUnits(order.Amount, order.Currency);
        StripeForm form = new StripeForm().Add("invoice", order.ExternalInvoiceId).Add("amount", units)
            .AddText("memo", order.Reason)
            .AddMetadata(StripeNames.Cluster, cluster).AddMetadata(StripeNames.InvoiceId, order.InvoiceId)
            .AddMetadata(StripeNames.CreditNoteId, order.CreditNoteId);
        if (refund)
            form.Add("refund_amount", units);
        // The two are other bodies, and so other keys.
        string key = StripeNames.Key(refund ? "refund" : "reduce", cluster, order.InvoiceId, order.CreditNoteId);
        return client.PostAsync("/v1/credit_notes", form, key, cancellation);
    }

    private static GatewayCredit CreditOf(JsonElement creditNote) => new(creditNote.Text("id") ?? "");
}
