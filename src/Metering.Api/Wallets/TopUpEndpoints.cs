using Metering.Api.Access;
using Metering.Api.Problems;
using Metering.Api.Requests;
using Metering.Core.Wallets;
using Metering.Grid;
using Metering.Grid.Directory;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Metering.Api.Wallets;

/// <summary>
/// Automatic top-ups. A customer may set and end its own; with <c>trust</c> they make credits that nobody has paid for yet, so trusting,
/// like confirming a payment, is the operator's alone.
/// </summary>
public static class TopUpEndpoints
{
    /// <summary>Maps <c>/v1/wallets/{customer}/auto_top_up</c> and <c>/top_ups</c>.</summary>
    public static IEndpointRouteBuilder MapTopUps(this IEndpointRouteBuilder routes)
    {
        var own = routes.MapGroup("/v1/wallets/{customer}").WithTags("Wallets").RequireScope(KeyScopes.Wallet);
        own.MapPut("/auto_top_up", SetAsync).WithName("SetAutoTopUp")
            .WithSummary("Sets automatic top-ups. Operator, or without trust the customer's key with the scope wallet.")
            .Accepts<AutoTopUpRequest>("application/json").Produces<AutoTopUpAnswer>().Refuses(400, 403, 404, 422, 503);
        own.MapDelete("/auto_top_up", RemoveAsync).WithName("RemoveAutoTopUp")
            .WithSummary("Ends automatic top-ups; a pending one can still be confirmed. "
                + "Operator, or the customer's key with the scope wallet.")
            .Produces(204).Refuses(403, 404, 503);
        var group = routes.MapGroup("/v1/wallets/{customer}").WithTags("Wallets").RequireOperator();
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
        Caller caller = Caller.Of(context)!;
        (CustomerEntry? entry, Problem? refusal) = await ProjectAccess.FindCustomerAsync(caller, engine, customer, cancellation);
        if (entry is null)
            return refusal!;
        Body<AutoTopUpRequest> body = await RequestBody.ReadAsync(context, AutoTopUpRequest.Read);
        if (body.Value is not { } request)
            return body.Refusal!;
        if (request.Trust == true && !caller.IsOperator)
            return Problem.From(ProblemCodes.Forbidden, "Only the operator may trust that top-ups are paid.");
        WalletCall call = await WalletCall.ExecuteAsync(context, engine, entry, request.ToCommand(), body.Utf8, cancellation);
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
