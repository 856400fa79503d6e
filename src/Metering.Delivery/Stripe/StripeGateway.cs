using System.Globalization;
using System.Text.Json;
using Metering.Core.Time;
using Metering.Grid.Payments;

namespace Metering.Delivery.Stripe;

/// <summary>
/// The payment gateway over Stripe. What is there already is looked for by our ids in the metadata before anything is made, because
/// Stripe forgets an idempotency key after some time; the key covers the time in which a list may not show it yet.
/// </summary>
/// <param name="client">The connection.</param>
/// <param name="cluster">Names the cluster in metadata and keys.</param>
/// <param name="time">Tells one wish for a means of payment from the next.</param>
internal sealed partial class StripeGateway(StripeClient client, string cluster, TimeProvider time) : IPaymentGateway
{
    // Stripe's clock and ours may differ; what was made for something was made after it, give or take.
    private static readonly TimeSpan clockSlack = TimeSpan.FromDays(1);

    /// <inheritdoc />
    public async ValueTask<PaymentResult<GatewayCustomer>> EnsureCustomerAsync(PayingCustomer customer, CancellationToken cancellation)
    {
        (StripeReply listed, JsonElement? existing) = await FindAsync(
            "/v1/customers", new StripeForm().Add("email", customer.Email), StripeNames.CustomerId, customer.CustomerId, cancellation);
        if (!listed.IsOk)
            return Failure<GatewayCustomer>(listed);
        if (existing is { } found)
            return PaymentResult.Done(CustomerOf(found));
        // The body must be the same for the same key, so what can change is part of the key.
        string key = StripeNames.Key("customer", cluster, customer.CustomerId, customer.Name, customer.Email);
        StripeForm form = new StripeForm().AddText("name", customer.Name).Add("email", customer.Email)
            .AddMetadata(StripeNames.Cluster, cluster).AddMetadata(StripeNames.CustomerId, customer.CustomerId);
        StripeReply made = await client.PostAsync("/v1/customers", form, key, cancellation);
        return made.IsOk ? PaymentResult.Done(CustomerOf(made.Body)) : Failure<GatewayCustomer>(made);
    }

    /// <inheritdoc />
    public async ValueTask<PaymentResult<GatewayCustomer>> ReadCustomerAsync(string externalCustomerId, CancellationToken cancellation)
    {
        StripeReply reply = await client.GetAsync(PathOf("customers", externalCustomerId), null, cancellation);
        if (!reply.IsOk)
            return Failure<GatewayCustomer>(reply);
        return reply.Body.IsTrue("deleted")
            ? PaymentResult.Misconfigured<GatewayCustomer>($"The customer {externalCustomerId} was deleted at Stripe.")
            : PaymentResult.Done(CustomerOf(reply.Body));
    }

    /// <inheritdoc />
    public async ValueTask<PaymentResult<GatewayCustomer>> SetPaymentMethodAsync(
        string externalCustomerId, string externalPaymentMethodId, CancellationToken cancellation)
    {
        // Both steps come to the same however often they are done. A key that never changes would make a means of payment that was
        // replaced, or detached, impossible to come back to: the old answer would be given, and nothing done.
        string wish = time.GetUtcNow().Ticks.ToString(CultureInfo.InvariantCulture);
        StripeReply method = await client.GetAsync(PathOf("payment_methods", externalPaymentMethodId), null, cancellation);
        if (!method.IsOk)
            return Failure<GatewayCustomer>(method);
        if (method.Body.IdOf("customer") != externalCustomerId)
        {
            StripeReply attached = await client.PostAsync(
                $"{PathOf("payment_methods", externalPaymentMethodId)}/attach", new StripeForm().Add("customer", externalCustomerId),
                StripeNames.Key("attach-method", externalCustomerId, externalPaymentMethodId, wish), cancellation);
            if (!attached.IsOk)
                return Failure<GatewayCustomer>(attached);
        }

        StripeReply customer = await client.GetAsync(PathOf("customers", externalCustomerId), null, cancellation);
        if (!customer.IsOk || DefaultMethodOf(customer.Body) == externalPaymentMethodId)
            return customer.IsOk ? PaymentResult.Done(CustomerOf(customer.Body)) : Failure<GatewayCustomer>(customer);
        StripeReply set = await client.PostAsync(
            PathOf("customers", externalCustomerId),
            new StripeForm().Add("invoice_settings[default_payment_method]", externalPaymentMethodId),
            StripeNames.Key("default-method", externalCustomerId, externalPaymentMethodId, wish), cancellation);
        return set.IsOk ? PaymentResult.Done(new GatewayCustomer(externalCustomerId, true)) : Failure<GatewayCustomer>(set);
    }

    private bool IsOurs(JsonElement item) => item.Metadata(StripeNames.Cluster) == cluster;

    /// <summary>The first of a list that is ours and has a value in its metadata.</summary>
    private async Task<(StripeReply Listed, JsonElement? Found)> FindAsync(
        string path, StripeForm query, string metadata, string value, CancellationToken cancellation)
    {
        JsonElement? found = null;
        StripeReply listed = await client.ListAsync(path, query, IsIt, cancellation);
        return (listed, found);

        bool IsIt(JsonElement item)
        {
            bool isIt = IsOurs(item) && item.Metadata(metadata) == value;
            if (isIt)
                found = item;
            return isIt;
        }
    }

    private static StripeForm Since(string externalCustomerId, Instant instant) =>
        new StripeForm().Add("customer", externalCustomerId)
            .Add("created[gte]", (instant - clockSlack).ToDateTimeOffset().ToUnixTimeSeconds());

    private static string PathOf(string kind, string id) => $"/v1/{kind}/{Uri.EscapeDataString(id)}";

    private static string? DefaultMethodOf(JsonElement customer) =>
        customer.Member("invoice_settings")?.IdOf("default_payment_method");

    private static GatewayCustomer CustomerOf(JsonElement customer) =>
        new(customer.Text("id") ?? "", DefaultMethodOf(customer) is not null);

    private static PaymentResult<T> Failure<T>(StripeReply reply)
        where T : class => reply.Outcome switch
        {
            StripeOutcome.CardDeclined => PaymentResult.Declined<T>(DeclineCodeOf(reply.Body), reply.Reason),
            // A key that was used for another body is that of another worker's request, which a list will show the next time.
            StripeOutcome.Away or StripeOutcome.KeyReused => PaymentResult.RetryLater<T>(reply.Reason),
            _ => PaymentResult.Misconfigured<T>(reply.Reason),
        };

    private static string DeclineCodeOf(JsonElement error) => error.Text("decline_code") ?? error.Text("code") ?? "declined";
}
