using Metering.Api.Access;
using Metering.Api.Problems;
using Metering.Api.Requests;
using Metering.Grid;
using Metering.Grid.Directory;
using Metering.Grid.Payments;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Metering.Api.Payments;

/// <summary>Customers, means of payment and invoices at Stripe, and the run over unpushed overage.</summary>
public static class StripeEndpoints
{
    /// <summary>Maps <c>/v1/billing/stripe</c>, <c>/v1/billing/{project}/stripe</c> and <c>/api/cron/process-overage</c>.</summary>
    public static IEndpointRouteBuilder MapStripe(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1/billing").WithTags("Payments").RequireScope(KeyScopes.Billing);
        group.MapPost("/stripe/customer", RegisterAsync).WithName("CreateStripeCustomer")
            .WithSummary("Makes a customer known at Stripe, once; from then on its invoices are collected there. "
                + "Operator, or the customer's key with the scope billing.")
            .Accepts<StripeCustomerRequest>("application/json").Produces<StripeCustomerAnswer>().Refuses(400, 403, 404, 422, 503);
        group.MapPost("/stripe/payment-method", SetPaymentMethodAsync).WithName("SetStripePaymentMethod")
            .WithSummary("Attaches a payment method and charges invoices and top-ups to it from then on. "
                + "Operator, or the customer's key with the scope billing.")
            .Accepts<StripePaymentMethodRequest>("application/json").Produces<StripeCustomerAnswer>()
            .Refuses(400, 402, 403, 404, 422, 503);
        group.MapPost("/{project}/stripe/integrate", IntegrateAsync).WithName("PushInvoiceToStripe")
            .WithSummary("Pushes an issued invoice now, once, and charges it where there is a payment method; it would also be by itself. "
                + "Operator, or the customer's key with the scope billing.")
            .Accepts<StripeIntegrateRequest>("application/json").Produces<StripeInvoiceAnswer>().Refuses(400, 402, 403, 404, 422, 503);
        routes.MapPost("/api/cron/process-overage", ProcessOverageAsync).WithName("ProcessOverage").WithTags("Payments")
            .WithSummary("Pushes overage lines of issued invoices that Stripe does not have yet, each once. Also daily at 02:00 UTC. "
                + "Operator, or CRON_SECRET.")
            .Produces<OverageRunAnswer>().Refuses(403, 503).RequireOperatorOrCron();
        return routes;
    }

    private static async Task<IResult> RegisterAsync(
        HttpContext context, Caller caller, IMeteringEngine engine, IPayments payments, CancellationToken cancellation)
    {
        var body = await RequestBody.ReadAsync(context, StripeCustomerRequest.Read);
        if (body.Value is not { } request)
            return body.Refusal!;
        (CustomerEntry? customer, Problem? refusal) = await ProjectAccess.FindCustomerAsync(caller, engine, request.OrgId, cancellation);
        return customer is null ? refusal! : Answer(customer, await payments.RegisterAsync(customer, cancellation));
    }

    private static async Task<IResult> SetPaymentMethodAsync(
        HttpContext context, Caller caller, IMeteringEngine engine, IPayments payments, CancellationToken cancellation)
    {
        var body = await RequestBody.ReadAsync(context, StripePaymentMethodRequest.Read);
        if (body.Value is not { } request)
            return body.Refusal!;
        (CustomerEntry? customer, Problem? refusal) = await ProjectAccess.FindCustomerAsync(caller, engine, request.OrgId, cancellation);
        return customer is null
            ? refusal!
            : Answer(customer, await payments.SetPaymentMethodAsync(customer, request.PaymentMethodId, cancellation));
    }

    private static async Task<IResult> IntegrateAsync(
        string project, HttpContext context, Caller caller, IMeteringEngine engine, IPayments payments, CancellationToken cancellation)
    {
        (ProjectEntry? entry, Problem? refusal) = await ProjectAccess.FindAsync(caller, engine, project, cancellation);
        if (entry is null)
            return refusal!;
        var body = await RequestBody.ReadAsync(context, StripeIntegrateRequest.Read);
        if (body.Value is not { } request)
            return body.Refusal!;
        if (await engine.Billing(entry.Customer).FindAsync(request.Id, cancellation) is not { } view
            || view.Issued.Project.Value != entry.Id)
            return Problem.From(ProblemCodes.InvoiceNotFound, $"The project has no issued invoice '{request.InvoiceId}'.");
        PaymentResult<FoundInvoice> pushed = await payments.CollectAsync(entry.Customer, request.Id, cancellation);
        if (pushed.Code != PaymentCode.Done)
            return PaymentProblems.Of(pushed);
        return pushed.Value!.Invoice is { } invoice
            ? TypedResults.Ok(new StripeInvoiceAnswer(
                request.InvoiceId, invoice.ExternalId, invoice.Status.ToString().ToLowerInvariant()))
            : Problem.From(ProblemCodes.PaymentNotPossible, "Stripe does not know the customer, or there is nothing to collect.");
    }

    private static async Task<IResult> ProcessOverageAsync(IPayments payments, CancellationToken cancellation) =>
        TypedResults.Ok(OverageRunAnswer.Of(await payments.PushOverageAsync(cancellation)));

    private static IResult Answer(CustomerEntry customer, PaymentResult<GatewayCustomer> result) => result.Value is { } account
        ? TypedResults.Ok(new StripeCustomerAnswer(customer.Id, account.ExternalId, account.HasPaymentMethod))
        : PaymentProblems.Of(result);
}
