using System.Diagnostics;
using Metering.Api.Access;
using Metering.Api.Json;
using Metering.Api.Problems;
using Metering.Api.Requests;
using Metering.Api.Telemetry;
using Metering.Core.Wallets;
using Metering.Grid;
using Metering.Grid.Directory;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Metering.Api.Wallets;

/// <summary>One money command from body to result: exactly one of the two is there.</summary>
/// <param name="Result">What the wallet answered, done.</param>
/// <param name="Refusal">Why nothing was done.</param>
internal readonly record struct WalletCall(WalletResult? Result, IResult? Refusal)
{
    /// <summary>Finds the customer for the key, reads the body and the idempotency key, and lets the wallet decide.</summary>
    public static async ValueTask<WalletCall> RunAsync<T>(
        HttpContext context, IMeteringEngine engine, string customer, Func<BodyObject, T?> read, Func<T, WalletCommand> command,
        CancellationToken cancellation)
        where T : class
    {
        (CustomerEntry? entry, Problem? refusal) = await ProjectAccess.FindCustomerAsync(
            Caller.Of(context)!, engine, customer, cancellation);
        if (entry is null)
            return new WalletCall(null, refusal);
        Body<T> body = await RequestBody.ReadOptionalAsync(context, read);
        return body.Value is { } request
            ? await ExecuteAsync(context, engine, entry, command(request), body.Utf8, cancellation)
            : new WalletCall(null, body.Refusal);
    }

    /// <summary>Gives the command its idempotency key, where one was sent, and lets the wallet decide.</summary>
    public static async ValueTask<WalletCall> ExecuteAsync(
        HttpContext context, IMeteringEngine engine, CustomerEntry customer, WalletCommand command, ReadOnlyMemory<byte> body,
        CancellationToken cancellation)
    {
        (IdempotencyKey? key, Problem? badKey) = IdempotencyHeader.Read(context.Request, body.Span);
        if (badKey is not null)
            return new WalletCall(null, badKey);
        string name = CommandWords.Of(command);
        using Activity? activity = ApiTraces.StartWalletCommand(name, customer.Partition);
        WalletResult result = await engine.Wallet(customer).ExecuteAsync(command with { Idempotency = key }, cancellation);
        string code = WalletProblems.CodeOf(result.Code, result.EventCode) ?? "done";
        activity?.SetTag("metering.code", code);
        context.RequestServices.GetRequiredService<ApiInstruments>().CountWalletCommand(name, code);
        return WalletProblems.Of(result) is { } problem ? new WalletCall(null, problem) : new WalletCall(result, null);
    }
}
