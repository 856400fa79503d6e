using Metering.Api.Access;
using Metering.Api.Problems;
using Metering.Api.Requests;
using Metering.Grid.Directory;
using Metering.Grid.Payments;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Metering.Api.Payments;

/// <summary>
/// What Stripe tells of its own accord. The signature is the sign-in, so Stripe's address is not limited; one that sends bad signatures is,
/// like any address without a key.
/// </summary>
public static class StripeWebhookEndpoint
{
    /// <summary>Maps <c>POST /v1/webhooks/stripe</c>.</summary>
    public static IEndpointRouteBuilder MapStripeWebhook(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/webhooks/stripe", TakeAsync).WithName("StripeWebhook").WithTags("Payments")
            .WithSummary("Takes a webhook of Stripe, proved by its header Stripe-Signature. "
                + "What nothing depends on is taken and left alone.")
            .Accepts<object>("application/json").Produces<WebhookReceivedAnswer>().Refuses(400, 413, 503)
            .WithRule(new AccessRule(AccessDemand.Own, KeyScopes.None));
        return routes;
    }

    private static async Task<IResult> TakeAsync(HttpContext context, IPayments payments, CancellationToken cancellation)
    {
        RawBody body = await RequestBody.ReadRawAsync(context);
        if (body.Refusal is not null)
            return body.Refusal;
        try
        {
            string? signature = context.Request.Headers["Stripe-Signature"].FirstOrDefault();
            if (await payments.TakeNoticeAsync(body.Utf8, signature, cancellation))
                return TypedResults.Ok(new WebhookReceivedAnswer(true));
        }
        catch (PaymentNoticeException failure)
        {
            return Problem.From(ProblemCodes.PaymentUnavailable, failure.Message);
        }

        return context.RequestServices.GetRequiredService<AddressGate>().Refusal(context)
            ?? Problem.From(ProblemCodes.InvalidSignature, "The body is not signed by Stripe with a secret in use, or too long ago.");
    }
}
