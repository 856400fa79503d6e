using Metering.Api.Access;
using Metering.Api.Problems;
using Metering.Api.Requests;
using Metering.Core.Wallets;
using Metering.Grid;
using Metering.Grid.Directory;
using Metering.Grid.History;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Metering.Api.Wallets;

/// <summary>Wallets: credits of customers, their grants and their history. Every POST takes an <c>Idempotency-Key</c>.</summary>
public static class WalletEndpoints
{
    private const string User = "Operator, or the customer's key with the scope wallet.";

    /// <summary>Maps <c>/v1/wallets</c>, but for holds and top-ups.</summary>
    public static IEndpointRouteBuilder MapWallets(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1/wallets/{customer}").WithTags("Wallets");
        group.MapGet("", ReadAsync).WithName("ReadWallet")
            .WithSummary("A wallet as it is now. " + User)
            .Produces<WalletAnswer>().Refuses(403, 404, 503).RequireScope(KeyScopes.Wallet);
        group.MapPost("/grants", GrantAsync).WithName("GrantCredits").WithSummary("Puts credits into a wallet. Operator.")
            .Accepts<GrantRequest>("application/json").Produces<NewGrantAnswer>(201).Refuses(400, 403, 404, 422, 503).RequireOperator();
        group.MapGet("/transactions", ListEntriesAsync).WithName("ListLedger")
            .WithSummary("A wallet's ledger, newest first, behind its newest commands by the projection's lag. " + User)
            .Produces<Page<LedgerEntryAnswer>>().Refuses(400, 403, 404, 503).RequireScope(KeyScopes.Wallet);
        return routes;
    }

    private static async Task<IResult> ReadAsync(string customer, Caller caller, IMeteringEngine engine, CancellationToken cancellation)
    {
        (CustomerEntry? entry, Problem? refusal) = await ProjectAccess.FindCustomerAsync(caller, engine, customer, cancellation);
        return entry is null ? refusal! : TypedResults.Ok(WalletAnswer.Of(await engine.Wallet(entry).ReadAsync(cancellation)));
    }

    private static async Task<IResult> GrantAsync(
        string customer, HttpContext context, IMeteringEngine engine, CancellationToken cancellation)
    {
        WalletCall call = await WalletCall.RunAsync(
            context, engine, customer, GrantRequest.Read, request => request.ToCommand(), cancellation);
        return call.Refusal ?? TypedResults.Created(
            $"/v1/wallets/{Uri.EscapeDataString(customer)}",
            new NewGrantAnswer(GrantAnswer.Of(call.Result!.Grant!), BalanceAnswer.Of(call.Result)));
    }

    private static async Task<IResult> ListEntriesAsync(
        string customer, Caller caller, IMeteringEngine engine, string? limit, string? cursor, CancellationToken cancellation)
    {
        (CustomerEntry? entry, Problem? refusal) = await ProjectAccess.FindCustomerAsync(caller, engine, customer, cancellation);
        if (entry is null)
            return refusal!;
        List<FieldError> faults = [];
        Paging paging = Paging.Read(limit, null, cursor, faults);
        if (faults.Count > 0)
            return Refusals.InvalidRequest(faults);
        HistoryPage<LedgerRow>? page = await HistoryCursor.ReadAsync(
            () => engine.History.ReadLedgerAsync(new LedgerQuery(entry.Partition, entry.Id, paging.Limit, paging.Cursor), cancellation));
        return page is null
            ? HistoryCursor.Refusal
            : TypedResults.Ok(new Page<LedgerEntryAnswer>([.. page.Rows.Select(LedgerEntryAnswer.Of)], page.NextCursor));
    }
}
