using Metering.Api.Access;
using Metering.Api.Requests;
using Metering.Core.Wallets;
using Metering.Grid;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Metering.Api.Wallets;

/// <summary>
/// Automatic top-ups. For the operator alone: with <c>trust</c> they make credits that nobody has paid for yet.
/// </summary>
public static class TopUpEndpoints
{
    /// <summary>Maps <c>/v1/wallets/{customer}/auto_top_up</c> and <c>/top_ups</c>.</summary>
    public static IEndpointRouteBuilder MapTopUps(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1/wallets/{customer}").WithTags("Wallets").RequireOperator();
        group.MapPut("/auto_top_up", SetAsync).WithName("SetAutoTopUp").WithSummary("Sets automatic top-ups. Operator.")
            .Accepts<AutoTopUpRequest>("application/json").Produces<AutoTopUpAnswer>().Refuses(400, 403, 404, 422, 503);
        group.MapDelete("/auto_top_up", RemoveAsync).WithName("RemoveAutoTopUp")
            .WithSummary("Ends automatic top-ups; a pending one can still be confirmed. Operator.").Produces(204).Refuses(403, 404, 503);
        group.MapPost("/top_ups/{id}/confirm", ConfirmAsync).WithName("ConfirmTopUp")
            .WithSummary("The payment of a pending top-up has arrived: its credits appear. Operator.")
            .Produces<TopUpAnswer>().Refuses(400, 403, 404, 409, 422, 503);
        group.MapPost("/top_ups/{id}/fail", FailAsync).WithName("FailTopUp")
            .WithSummary("The payment of a pending top-up has failed. Operator.")
            .Produces<TopUpAnswer>().Refuses(400, 403, 404, 409, 503);
        return routes;
    }

    private static async Task<IResult> SetAsync(
        string customer, HttpContext context, IMeteringEngine engine, CancellationToken cancellation)
    {
        WalletCall call = await WalletCall.RunAsync(
            context, engine, customer, AutoTopUpRequest.Read, request => request.ToCommand(), cancellation);
        return call.Refusal ?? TypedResults.Ok(AutoTopUpAnswer.Of(call.Result!.AutoTopUp!));
    }

    private static async Task<IResult> RemoveAsync(
        string customer, HttpContext context, IMeteringEngine engine, CancellationToken cancellation)
    {
        WalletCall call = await WalletCall.RunAsync(
            context, engine, customer, _ => EmptyRequest.Instance, _ => new RemoveAutoTopUp(), cancellation);
        return call.Refusal ?? TypedResults.NoContent();
    }

    private static async Task<IResult> ConfirmAsync(
        string customer, string id, HttpContext context, IMeteringEngine engine, CancellationToken cancellation) =>
        Answer(await WalletCall.RunAsync(context, engine, customer, _ => EmptyRequest.Instance, _ => new ConfirmTopUp(id), cancellation));

    private static async Task<IResult> FailAsync(
        string customer, string id, HttpContext context, IMeteringEngine engine, CancellationToken cancellation) =>
        Answer(await WalletCall.RunAsync(context, engine, customer, _ => EmptyRequest.Instance, _ => new FailTopUp(id), cancellation));

    private static IResult Answer(WalletCall call) =>
        call.Refusal ?? TypedResults.Ok(TopUpAnswer.Of(call.Result!.TopUp!, BalanceAnswer.Of(call.Result)));
}
