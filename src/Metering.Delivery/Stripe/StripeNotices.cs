using System.Text.Json;
using Metering.Grid.Payments;

namespace Metering.Delivery.Stripe;

/// <summary>
/// Stripe's webhooks as notices. Only things that carry our cluster in their metadata are ours; a charge of an invoice carries none, and
/// is told by its id. Source: https://docs.stripe.com/api/events/types.
/// </summary>
internal sealed class StripeNotices(StripeOptions options, string cluster, TimeProvider time) : IPaymentNotices
{
    /// <inheritdoc />
    public PaymentNotice? Read(ReadOnlyMemory<byte> body, string? signature)
    {
        if (!StripeSignature.IsValid(signature, body.Span, options.WebhookSecrets, time.GetUtcNow(), options.WebhookTolerance))
            return null;
        JsonElement notice;
        try
        {
            var reader = new Utf8JsonReader(body.Span);
            notice = JsonElement.ParseValue(ref reader);
        }
        catch (JsonException)
        {
            return new PaymentNotice(PaymentNoticeKind.Other, "", "");
        }

        string eventId = notice.Text("id") ?? "";
        JsonElement about = notice.Member("data")?.Member("object") ?? default;
        if (about.Text("id") is not { } externalId)
            return new PaymentNotice(PaymentNoticeKind.Other, eventId, "");
        bool isOurs = about.Metadata(StripeNames.Cluster) == cluster;
        string topUp = isOurs ? about.Metadata(StripeNames.TopUpId) ?? "" : "";
        string invoice = isOurs ? about.Metadata(StripeNames.InvoiceId) ?? "" : "";
        PaymentNoticeKind kind = notice.Text("type") switch
        {
            "invoice.paid" or "invoice.payment_succeeded" when invoice.Length > 0 => PaymentNoticeKind.InvoicePaid,
            "invoice.payment_failed" when invoice.Length > 0 => PaymentNoticeKind.InvoiceDeclined,
            "invoice.voided" when invoice.Length > 0 => PaymentNoticeKind.InvoiceVoided,
            "payment_intent.succeeded" or "payment_intent.payment_failed" or "payment_intent.canceled" when topUp.Length > 0 =>
                PaymentNoticeKind.TopUpMoved,
            "charge.refunded" when topUp.Length > 0 => PaymentNoticeKind.TopUpRefunded,
            "charge.refunded" => PaymentNoticeKind.ChargeRefunded,
            _ => PaymentNoticeKind.Other,
        };
        return new PaymentNotice(kind, eventId, externalId)
        {
            CustomerId = isOurs ? about.Metadata(StripeNames.CustomerId) ?? "" : "",
            InvoiceId = invoice,
            TopUpId = topUp,
            Credits = Core.Money.Amount.TryParse(about.Metadata(StripeNames.Credits), out Core.Money.Amount credits) ? credits : default,
            Charged = AmountOf(about, "amount"),
            Refunded = AmountOf(about, "amount_refunded"),
        };
    }

    private static Core.Money.Amount AmountOf(JsonElement charge, string member) =>
        charge.Number(member) is { } units && charge.Text("currency") is { } currency
            ? StripeAmount.FromUnits(units, currency.ToUpperInvariant())
            : Core.Money.Amount.Zero;
}
