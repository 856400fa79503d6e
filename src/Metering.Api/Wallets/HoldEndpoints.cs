using System.Runtime.InteropServices;
using Metering.Api.Access;
using Metering.Api.Problems;
using Metering.Api.Requests;
using Metering.Core.Usage;
using Metering.Core.Wallets;
using Metering.Grid;
using Metering.Grid.Directory;
using Metering.Grid.Ingest;
using Metering.Grid.Wallets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Metering.Api.Wallets;

/// <summary>Holds: credits set aside, raised, captured in parts, released or expired.</summary>
public static class HoldEndpoints
{
    private const string User = "Operator, or the customer's key with the scope wallet.";

    /// <summary>Maps <c>/v1/wallets/{customer}/holds</c>.</summary>
    public static IEndpointRouteBuilder MapHolds(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1/wallets/{customer}/holds").WithTags("Wallets").RequireScope(KeyScopes.Wallet);
        group.MapPost("", CreateAsync).WithName("CreateHold")
            .WithSummary("Sets credits aside. " + User)
            .Accepts<HoldRequest>("application/json").Produces<HoldAnswer>(201).Refuses(400, 402, 403, 404, 409, 422, 503);
        group.MapGet("/{id}", ReadAsync).WithName("ReadHold")
            .WithSummary("One hold; a closed one for 24 hours. " + User)
            .Produces<HoldAnswer>().Refuses(403, 404, 503);
        group.MapPost("/{id}/raise", RaiseAsync).WithName("RaiseHold")
            .WithSummary("Adds to a pending hold. " + User)
            .Accepts<RaiseRequest>("application/json").Produces<HoldAnswer>().Refuses(400, 402, 403, 404, 409, 422, 503);
        group.MapPost("/{id}/capture", CaptureAsync).WithName("CaptureHold")
            .WithSummary("Takes a part of a pending hold for good, by an amount or by the event it pays for. " + User)
            .Accepts<CaptureRequest>("application/json").Produces<HoldAnswer>().Refuses(400, 402, 403, 404, 409, 422, 429, 503);
        group.MapPost("/{id}/release", ReleaseAsync).WithName("ReleaseHold")
            .WithSummary("Gives the rest of a pending hold back. " + User)
            .Produces<HoldAnswer>().Refuses(400, 403, 404, 409, 503);
        return routes;
    }

    private static async Task<IResult> CreateAsync(
        string customer, HttpContext context, IMeteringEngine engine, CancellationToken cancellation)
    {
        WalletCall call = await WalletCall.RunAsync(
            context, engine, customer, HoldRequest.Read, request => request.ToCommand(), cancellation);
        if (call.Refusal is not null)
            return call.Refusal;
        string id = call.Result!.Hold!.Id;
        return TypedResults.Created(
            $"/v1/wallets/{Uri.EscapeDataString(customer)}/holds/{Uri.EscapeDataString(id)}",
            HoldAnswer.Of(customer, call.Result.Hold, BalanceAnswer.Of(call.Result)));
    }

    private static async Task<IResult> ReadAsync(
        string customer, string id, Caller caller, IMeteringEngine engine, CancellationToken cancellation)
    {
        (CustomerEntry? entry, Problem? refusal) = await ProjectAccess.FindCustomerAsync(caller, engine, customer, cancellation);
        if (entry is null)
            return refusal!;
        return await engine.Wallet(entry).ReadHoldAsync(id, cancellation) is { } hold
            ? TypedResults.Ok(HoldAnswer.Of(customer, hold))
            : Problem.From(ProblemCodes.HoldNotFound, $"There is no hold '{id}'.");
    }

    private static async Task<IResult> RaiseAsync(
        string customer, string id, HttpContext context, IMeteringEngine engine, CancellationToken cancellation) =>
        Answer(customer, await WalletCall.RunAsync(
            context, engine, customer, RaiseRequest.Read, request => new RaiseHold(id, request.By), cancellation));

    private static async Task<IResult> ReleaseAsync(
        string customer, string id, HttpContext context, IMeteringEngine engine, CancellationToken cancellation) =>
        Answer(customer, await WalletCall.RunAsync(
            context, engine, customer, _ => EmptyRequest.Instance, _ => new ReleaseHold(id), cancellation));

    private static async Task<IResult> CaptureAsync(
        string customer, string id, HttpContext context, IMeteringEngine engine, CancellationToken cancellation)
    {
        (CustomerEntry? entry, Problem? refusal) = await ProjectAccess.FindCustomerAsync(
            Caller.Of(context)!, engine, customer, cancellation);
        if (entry is null)
            return refusal!;
        Body<CaptureRequest> body = await RequestBody.ReadAsync(context, CaptureRequest.Read);
        if (body.Value is not { } request)
            return body.Refusal!;
        bool close = request.Close ?? false;
        if (request.Amount is { } amount)
            return Answer(customer, await WalletCall.ExecuteAsync(
                context, engine, entry, new CaptureHold(id, amount, close), body.Utf8, cancellation));

        ReadEvents single = await ReadEvents.ReadAsync(
            engine, JsonMarshal.GetRawUtf8Value(request.Event!.Value).ToArray(), "event.", cancellation);
        using EventBatch? batch = single.Batch;
        if (batch is null)
            return single.Refusal!;
        if (NotOwn(Caller.Of(context)!, batch, customer) is { } foreign)
            return foreign;
        return Answer(customer, await WalletCall.ExecuteAsync(
            context, engine, entry, new CaptureHoldForEvent(id, batch, close), body.Utf8, cancellation), withEvent: true);
    }

    /// <summary>Null where the event is the customer's. A customer's key learns nothing of other ids: a subject that nobody has is as
    /// foreign to it as one of another customer.</summary>
    private static Problem? NotOwn(Caller caller, EventBatch batch, string customer)
    {
        ProjectEntry? project = batch[0].Project;
        if (project?.Customer.Id == customer)
            return null;
        return project is null && caller.IsOperator
            ? Problem.From(ProblemCodes.CustomerNotFound, "Nobody has the event's subject.")
            : Problem.From(ProblemCodes.Forbidden, "The event is not this customer's.");
    }

    private static IResult Answer(string customer, WalletCall call, bool withEvent = false)
    {
        if (call.Refusal is not null)
            return call.Refusal;
        WalletResult result = call.Result!;
        CapturedEventAnswer? captured = withEvent
            ? new CapturedEventAnswer(result.EventCode == EventCode.Duplicate ? "duplicate" : "accepted", result.Credits, result.TakenAt)
            : null;
        return TypedResults.Ok(HoldAnswer.Of(customer, result.Hold!, BalanceAnswer.Of(result), captured));
    }
}
