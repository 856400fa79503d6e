using Metering.Api.Access;
using Metering.Api.Requests;
using Metering.Core.Wallets;
using Metering.Grid.Directory;
using Metering.Grid;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Metering.Api.Wallets;

/// <summary>The balance below which a wallet is low.</summary>
public static class LowBalanceEndpoints
{
    /// <summary>Maps <c>/v1/wallets/{customer}/low_balance</c>.</summary>
    public static IEndpointRouteBuilder MapLowBalance(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1/wallets/{customer}/low_balance").WithTags("Wallets").RequireScope(KeyScopes.Wallet);
        group.MapPut("", SetAsync).WithName("SetLowBalance")
            .WithSummary("Sets the balance below which the wallet is low: wallet.low is told once each time it is fallen through. "
                + "Operator, or the customer's key with the scope wallet.")
            .Accepts<LowBalanceRequest>("application/json").Produces<LowBalanceAnswer>().Refuses(400, 403, 404, 422, 503);
        group.MapDelete("", RemoveAsync).WithName("RemoveLowBalance")
            .WithSummary("Takes it away. Operator, or the customer's key with the scope wallet.")
            .Produces(204).Refuses(403, 404, 503);
        return routes;
    }

    private static async Task<IResult> SetAsync(
        string customer, HttpContext context, IMeteringEngine engine, CancellationToken cancellation)
    {
        LowBalanceRequest? asked = null;
        WalletCall call = await WalletCall.RunAsync(
            context, engine, customer, body => asked = LowBalanceRequest.Read(body), request => new SetLowBalance(request.Threshold),
            cancellation);
        return call.Refusal ?? TypedResults.Ok(new LowBalanceAnswer(asked!.Threshold));
    }

    private static async Task<IResult> RemoveAsync(
        string customer, HttpContext context, IMeteringEngine engine, CancellationToken cancellation)
    {
        WalletCall call = await WalletCall.RunAsync(
            context, engine, customer, _ => EmptyRequest.Instance, _ => new SetLowBalance(null), cancellation);
        return call.Refusal ?? TypedResults.NoContent();
    }
}
