using System.Text.Json;
using Metering.Grid.Payments;

namespace Metering.Delivery.Stripe;

/// <summary>
/// Top-ups: one payment intent each, confirmed at once without the payer. One that is not paid is cancelled before it is called declined,
/// so that nothing can take money for a top-up that has failed. Source: https://docs.stripe.com/api/payment_intents.
/// </summary>
internal sealed partial class StripeGateway
{
    private const string NoPaymentMethod = "no_payment_method";

    /// <inheritdoc />
    public async ValueTask<PaymentResult<TopUpCharge>> ChargeTopUpAsync(TopUpOrder order, CancellationToken cancellation)
    {
        (StripeReply listed, JsonElement? existing) = await FindAsync(
            "/v1/payment_intents", Since(order.ExternalCustomerId, order.RequestedAt), StripeNames.TopUpId, order.TopUpId, cancellation);
        if (!listed.IsOk)
            return Failure<TopUpCharge>(listed);
        if (existing is { } found)
            return await SettleAsync(found, cancellation);
        StripeReply customer = await client.GetAsync(PathOf("customers", order.ExternalCustomerId), null, cancellation);
        if (!customer.IsOk)
            return Failure<TopUpCharge>(customer);
        if (DefaultMethodOf(customer.Body) is not { } method)
            return PaymentResult.Declined<TopUpCharge>(NoPaymentMethod, "The customer has no means of payment.");

        StripeReply made = await MakeIntentAsync(order, method, cancellation);
        if (made.IsOk)
            return await SettleAsync(made.Body, cancellation);
        if (made.Outcome != StripeOutcome.CardDeclined || made.Body.IdOf("payment_intent") is not { } declined)
            return Failure<TopUpCharge>(made);
        StripeReply read = await client.GetAsync(PathOf("payment_intents", declined), null, cancellation);
        return read.IsOk ? await SettleAsync(read.Body, cancellation) : Failure<TopUpCharge>(read);
    }

    private Task<StripeReply> MakeIntentAsync(TopUpOrder order, string method, CancellationToken cancellation)
    {
        StripeForm form = new StripeForm().Add("customer", order.ExternalCustomerId)
            .Add("amount", StripeAmount.ToUnits(order.Amount, order.Currency)).Add("currency", order.Currency.ToLowerInvariant())
            .Add("payment_method", method).Add("off_session", true).Add("confirm", true)
            .AddText("description", order.Description)
            .AddMetadata(StripeNames.Cluster, cluster).AddMetadata(StripeNames.CustomerId, order.CustomerId)
            .AddMetadata(StripeNames.TopUpId, order.TopUpId).AddMetadata(StripeNames.Credits, order.Credits.ToString());
        return client.PostAsync(
            "/v1/payment_intents", form, StripeNames.Key("top-up", cluster, order.CustomerId, order.TopUpId), cancellation);
    }

    private async ValueTask<PaymentResult<TopUpCharge>> SettleAsync(JsonElement intent, CancellationToken cancellation)
    {
        string id = intent.Text("id") ?? "";
        string status = intent.Text("status") ?? "";
        if (status == "succeeded")
            return PaymentResult.Done(new TopUpCharge(id, TopUpChargeStatus.Paid));
        if (status == "processing")
            return PaymentResult.Done(new TopUpCharge(id, TopUpChargeStatus.Processing));
        JsonElement error = intent.Member("last_payment_error") ?? default;
        string code = error.ValueKind == JsonValueKind.Object ? DeclineCodeOf(error) : status;
        if (status == "canceled")
            return PaymentResult.Declined<TopUpCharge>(code, error.Text("message"));
        StripeReply cancelled = await client.PostAsync(
            $"{PathOf("payment_intents", id)}/cancel", new StripeForm(), StripeNames.Key("cancel", id), cancellation);
        // What cannot be cancelled went on in between; how far it is then is found the next time.
        if (cancelled.Outcome == StripeOutcome.InvalidRequest)
            return PaymentResult.RetryLater<TopUpCharge>(cancelled.Reason);
        if (!cancelled.IsOk)
            return Failure<TopUpCharge>(cancelled);
        return PaymentResult.Declined<TopUpCharge>(code, error.Text("message"));
    }
}
