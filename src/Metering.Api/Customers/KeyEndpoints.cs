using Metering.Api.Access;
using Metering.Api.Problems;
using Metering.Api.Requests;
using Metering.Core.Time;
using Metering.Grid;
using Metering.Grid.Directory;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Metering.Api.Customers;

/// <summary>Keys: what a client signs in with. Only their hashes are kept.</summary>
public static class KeyEndpoints
{
    /// <summary>Maps <c>/v1/customers/{id}/keys</c> and <c>/v1/keys</c>.</summary>
    public static IEndpointRouteBuilder MapKeys(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1").WithTags("Keys");
        group.MapPost("/customers/{id}/keys", CreateAsync).WithName("CreateKey")
            .WithSummary("Makes a key of a customer. The secret is shown this once; none where its hash is given. Operator.")
            .Accepts<CreateKeyRequest>("application/json").Produces<NewKeyAnswer>(201).Refuses(400, 403, 404, 409)
            .RequireOperator();
        group.MapGet("/customers/{id}/keys", ListAsync).WithName("ListKeys")
            .WithSummary("A customer's keys, newest first, by their prefixes. Operator, or the customer's key with the scope read.")
            .Produces<Page<KeyAnswer>>().Refuses(400, 403, 404).RequireScope(KeyScopes.Read);
        group.MapPost("/keys/{id}/rotate", RotateAsync).WithName("RotateKey")
            .WithSummary("Makes a new key like this one and revokes this one at once. Operator.").Produces<NewKeyAnswer>(201)
                .Refuses(403, 404, 409)
            .RequireOperator();
        group.MapDelete("/keys/{id}", RevokeAsync).WithName("RevokeKey")
            .WithSummary("Revokes a key; everywhere within 5 seconds. Operator.")
            .Produces(204).Refuses(403, 404, 409).RequireOperator();
        return routes;
    }

    private static async Task<IResult> CreateAsync(
        string id, HttpContext context, IMeteringEngine engine, TimeProvider time, CancellationToken cancellation)
    {
        var body = await RequestBody.ReadAsync(context, CreateKeyRequest.Read);
        if (body.Value is not { } request)
            return body.Refusal!;
        if (await engine.Directory.FindCustomerAsync(id, cancellation) is null)
            return Refusals.CustomerNotFound(id);

        KeySecret? secret = request.Hash is null ? KeySecret.Create() : null;
        byte[] hash = secret?.Sha256 ?? request.Hash!;
        var key = Record(time, hash, secret?.Prefix ?? PrefixOf(hash), id, request.Name, request.ScopeFlags);
        if (!await engine.DirectoryStore.AddKeyAsync(key, cancellation))
            return Problem.From(ProblemCodes.KeyExists, "There is a key of this hash already.");
        await engine.Directory.RefreshAsync(cancellation);
        return TypedResults.Created((string?)null, NewKeyAnswer.Of(key, secret?.Text));
    }

    private static async Task<IResult> ListAsync(
        string id, Caller caller, IMeteringEngine engine, string? limit, string? cursor, CancellationToken cancellation)
    {
        (CustomerEntry? customer, Problem? refusal) = await ProjectAccess.FindCustomerAsync(caller, engine, id, cancellation);
        if (customer is null)
            return refusal!;
        var keys = await engine.DirectoryStore.ListKeysAsync(id, cancellation);
        return Paging.Cut(keys, KeyAnswer.Of, limit, cursor);
    }

    private static async Task<IResult> RotateAsync(
        string id, HttpContext context, IMeteringEngine engine, TimeProvider time, CancellationToken cancellation)
    {
        if (await engine.DirectoryStore.FindKeyByIdAsync(id, cancellation) is not { } old)
            return Refusals.KeyNotFound(id);
        if (old.RevokedAt is not null)
            return Problem.From(ProblemCodes.KeyRevoked, "A revoked key is not rotated; make a new one.");

        // The new key first: a failure in between leaves two keys, never none.
        var secret = KeySecret.Create();
        var key = Record(time, secret.Sha256, secret.Prefix, old.CustomerId, old.Name, old.Scopes);
        if (!await engine.DirectoryStore.AddKeyAsync(key, cancellation))
            return Problem.From(ProblemCodes.KeyExists, "There is a key of this hash already.");
        await engine.DirectoryStore.RevokeKeyAsync(id, Instant.FromDateTimeOffset(time.GetUtcNow()), cancellation);
        await engine.Directory.RefreshAsync(cancellation);
        return TypedResults.Created((string?)null, NewKeyAnswer.Of(key, secret.Text));
    }

    private static async Task<IResult> RevokeAsync(
        string id, HttpContext context, IMeteringEngine engine, TimeProvider time, CancellationToken cancellation)
    {
        Instant now = Instant.FromDateTimeOffset(time.GetUtcNow());
        if (await engine.DirectoryStore.RevokeKeyAsync(id, now, cancellation) is not { } key)
            return Refusals.KeyNotFound(id);
        if (key.RevokedAt is null)
            return Problem.From(ProblemCodes.LastOperatorKey, "The last key of the operator cannot be revoked; rotate it.");
        await engine.Directory.RefreshAsync(cancellation);
        return TypedResults.NoContent();
    }

    /// <summary>What is shown of a key that was given as a hash.</summary>
    private static string PrefixOf(byte[] hash) => "sha256:" + Convert.ToHexStringLower(hash.AsSpan(0, 4));

    private static KeyRecord Record(TimeProvider time, byte[] hash, string prefix, string? customerId, string name, KeyScopes scopes)
    {
        var now = time.GetUtcNow();
        return new KeyRecord($"key_{Guid.CreateVersion7(now):N}", hash, prefix, customerId, name, scopes, Instant.FromDateTimeOffset(now),
            null, 0);
    }
}
