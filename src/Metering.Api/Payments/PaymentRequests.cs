using Metering.Api.Json;
using Metering.Core.Ids;
using Metering.Grid.Payments;

namespace Metering.Api.Payments;

/// <summary>The body of <c>POST /v1/billing/stripe/customer</c>.</summary>
/// <param name="OrgId">The customer.</param>
public sealed record StripeCustomerRequest(string OrgId)
{
    internal static StripeCustomerRequest? Read(BodyObject body) =>
        body.Id("org_id", required: true) is { } customer ? new StripeCustomerRequest(customer) : null;
}

/// <summary>The body of <c>POST /v1/billing/stripe/payment-method</c>.</summary>
/// <param name="OrgId">The customer.</param>
/// <param name="PaymentMethodId">The payment method at Stripe, such as <c>pm_...</c>.</param>
public sealed record StripePaymentMethodRequest(string OrgId, string PaymentMethodId)
{
    internal static StripePaymentMethodRequest? Read(BodyObject body)
    {
        var customer = body.Id("org_id", required: true);
        var method = body.Text("payment_method_id", required: true, maxLength: 255);
        return customer is null || method is null ? null : new StripePaymentMethodRequest(customer, method);
    }
}

/// <summary>The body of <c>POST /v1/billing/{project}/stripe/integrate</c>.</summary>
/// <param name="InvoiceId">An issued invoice of the project.</param>
public sealed record StripeIntegrateRequest(string InvoiceId)
{
    internal InvoiceId Id { get; private init; }

    internal static StripeIntegrateRequest? Read(BodyObject body)
    {
        if (body.Text("invoice_id", required: true, maxLength: 512) is not { } text)
            return null;
        if (Core.Ids.InvoiceId.TryCreate(text, out InvoiceId id))
            return new StripeIntegrateRequest(text) { Id = id };
        body.Fault("invoice_id", "Is not the id of an invoice.");
        return null;
    }
}

/// <summary>A customer at Stripe.</summary>
/// <param name="OrgId">The customer.</param>
/// <param name="StripeCustomerId">What Stripe calls it.</param>
/// <param name="HasPaymentMethod">Whether its invoices and top-ups are charged by themselves.</param>
public sealed record StripeCustomerAnswer(string OrgId, string StripeCustomerId, bool HasPaymentMethod);

/// <summary>An invoice at Stripe.</summary>
/// <param name="InvoiceId">The invoice.</param>
/// <param name="StripeInvoiceId">What Stripe calls it.</param>
/// <param name="StripeStatus"><c>draft</c>, <c>open</c>, <c>paid</c>, <c>uncollectible</c> or <c>void</c>.</param>
public sealed record StripeInvoiceAnswer(string InvoiceId, string StripeInvoiceId, string StripeStatus);

/// <summary>What a run over unpushed overage did.</summary>
/// <param name="Processed">Issued invoices that were looked at.</param>
/// <param name="Customers">Their customers.</param>
/// <param name="ItemsPushed">Overage lines that were pushed by this run.</param>
/// <param name="Skipped">Invoices of customers that Stripe does not know; all of them where Stripe is not set up.</param>
/// <param name="Failed">How many failures.</param>
/// <param name="Failures">The failures.</param>
public sealed record OverageRunAnswer(
    int Processed, int Customers, int ItemsPushed, int Skipped, int Failed, IReadOnlyList<OverageFailureAnswer> Failures)
{
    internal static OverageRunAnswer Of(OverageReport report) => new(
        report.Invoices, report.Customers, report.LinesPushed, report.Skipped, report.Failures.Count,
        [.. report.Failures.Select(failure => new OverageFailureAnswer(
            failure.CustomerId, failure.InvoiceId, PaymentProblems.CodeOf(failure.Code), failure.Reason))]);
}

/// <summary>An invoice whose overage could not be pushed.</summary>
/// <param name="OrgId">The customer.</param>
/// <param name="InvoiceId">The invoice.</param>
/// <param name="Code">A code of problems.</param>
/// <param name="Message">What happened.</param>
public sealed record OverageFailureAnswer(string OrgId, string InvoiceId, string Code, string Message);

/// <summary>A webhook was taken.</summary>
/// <param name="Received">Always true.</param>
public sealed record WebhookReceivedAnswer(bool Received);
