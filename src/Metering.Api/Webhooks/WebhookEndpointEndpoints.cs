using System.Buffers.Text;
using System.Security.Cryptography;
using Metering.Api.Access;
using Metering.Api.Problems;
using Metering.Api.Requests;
using Metering.Core.Time;
using Metering.Grid;
using Metering.Grid.Directory;
using Metering.Grid.History;
using Metering.Grid.Outbox;
using Metering.Grid.Webhooks;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace Metering.Api.Webhooks;

/// <summary>The endpoints that webhooks are sent to.</summary>
public static class WebhookEndpointEndpoints
{
    private const string User = "Operator, or the customer's key with the scope billing for its own.";
    private const int OverlapSeconds = 86_400;

    /// <summary>Maps <c>/v1/webhooks/endpoints</c>.</summary>
    public static IEndpointRouteBuilder MapWebhookEndpoints(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1/webhooks/endpoints").WithTags("Webhooks").RequireScope(KeyScopes.Billing);
        group.MapPost("", CreateAsync).WithName("CreateWebhookEndpoint")
            .WithSummary("Makes an endpoint. Its signing secret is shown this once. " + User)
            .Accepts<CreateWebhookEndpointRequest>("application/json").Produces<WebhookEndpointAnswer>(201)
            .Refuses(400, 403, 404, 422, 503);
        group.MapGet("", ListAsync).WithName("ListWebhookEndpoints")
            .WithSummary("Endpoints, newest first. " + User).Produces<Page<WebhookEndpointAnswer>>().Refuses(400, 403, 503);
        group.MapGet("/{id}", ReadAsync).WithName("ReadWebhookEndpoint")
            .WithSummary("One endpoint. " + User).Produces<WebhookEndpointAnswer>().Refuses(403, 404, 503);
        group.MapPatch("/{id}", ChangeAsync).WithName("ChangeWebhookEndpoint")
            .WithSummary("Changes an endpoint; the next event goes by it. " + User)
            .Accepts<ChangeWebhookEndpointRequest>("application/json").Produces<WebhookEndpointAnswer>().Refuses(400, 403, 404, 503);
        group.MapDelete("/{id}", DeleteAsync).WithName("DeleteWebhookEndpoint")
            .WithSummary("Removes an endpoint; what waits for it is given up. " + User).Produces(204).Refuses(403, 404, 503);
        group.MapPost("/{id}/rotate_secret", RotateAsync).WithName("RotateWebhookSecret")
            .WithSummary("Makes a further secret, shown this once. Events are signed with both for a while. " + User)
            .Accepts<RotateSecretRequest>("application/json").Produces<WebhookEndpointAnswer>().Refuses(400, 403, 404, 503);
        group.MapPost("/{id}/test", TestAsync).WithName("TestWebhookEndpoint")
            .WithSummary("Sends an event of the kind webhook.test, once; what became of it stands in the delivery. " + User)
            .Produces<WebhookDeliveryAnswer>(202).Refuses(403, 404, 409, 503);
        return routes;
    }

    private static async Task<IResult> CreateAsync(
        HttpContext context, Caller caller, IMeteringEngine engine, TimeProvider time, [FromServices] IWebhookEndpoints endpoints,
        [FromServices] WebhookRules rules, CancellationToken cancellation)
    {
        var body = await RequestBody.ReadAsync(context, read => CreateWebhookEndpointRequest.Read(read, rules.AllowPrivate));
        if (body.Value is not { } request)
            return body.Refusal!;
        string? customer = request.CustomerId ?? caller.CustomerId;
        if (customer is not null)
        {
            (CustomerEntry? found, Problem? refusal) = await ProjectAccess.FindCustomerAsync(caller, engine, customer, cancellation);
            if (found is null)
                return refusal!;
        }

        Instant now = Now(time);
        var endpoint = new WebhookEndpoint(
            $"whe_{Guid.CreateVersion7(time.GetUtcNow()):N}", customer, request.Url, request.Kinds, request.Description ?? "",
            request.Enabled ?? true, null, [new WebhookSecret(NewSecret(), null)], now, now);
        if (!await endpoints.AddAsync(endpoint, cancellation))
            return Problem.From(ProblemCodes.TooMany, $"There are {IWebhookEndpoints.MostEach} endpoints already; that is the most.");
        return TypedResults.Created(
            $"/v1/webhooks/endpoints/{endpoint.Id}", WebhookEndpointAnswer.Of(endpoint, now, withSecret: true));
    }

    private static async Task<IResult> ListAsync(
        Caller caller, TimeProvider time, [FromServices] IWebhookEndpoints endpoints, string? customer_id, string? limit, string? cursor,
        CancellationToken cancellation)
    {
        List<FieldError> faults = [];
        Paging paging = Paging.Read(limit, null, cursor, faults);
        if (faults.Count > 0)
            return Refusals.InvalidRequest(faults);
        if (customer_id is not null && Refusals.Foreign(caller, customer_id) is { } foreign)
            return foreign;
        HistoryPage<WebhookEndpoint> page = await endpoints.ListAsync(
            customer_id ?? caller.CustomerId, paging.Limit, paging.Cursor, cancellation);
        Instant now = Now(time);
        return TypedResults.Ok(new Page<WebhookEndpointAnswer>(
            [.. page.Rows.Select(endpoint => WebhookEndpointAnswer.Of(endpoint, now))], page.NextCursor));
    }

    private static async Task<IResult> ReadAsync(
        string id, Caller caller, TimeProvider time, [FromServices] IWebhookEndpoints endpoints, CancellationToken cancellation)
    {
        (WebhookEndpoint? endpoint, Problem? refusal) = await WebhookAccess.FindEndpointAsync(caller, endpoints, id, cancellation);
        return endpoint is null ? refusal! : TypedResults.Ok(WebhookEndpointAnswer.Of(endpoint, Now(time)));
    }

    private static async Task<IResult> ChangeAsync(
        string id, HttpContext context, Caller caller, TimeProvider time, [FromServices] IWebhookEndpoints endpoints,
        [FromServices] WebhookRules rules, CancellationToken cancellation)
    {
        (WebhookEndpoint? found, Problem? refusal) = await WebhookAccess.FindEndpointAsync(caller, endpoints, id, cancellation);
        if (found is null)
            return refusal!;
        var body = await RequestBody.ReadAsync(context, read => ChangeWebhookEndpointRequest.Read(read, rules.AllowPrivate));
        if (body.Value is not { } request)
            return body.Refusal!;
        var change = new WebhookEndpointChange(request.Url, request.Kinds, request.Description, request.Enabled);
        return Answer(await endpoints.ChangeAsync(id, change, Now(time), cancellation), id, time);
    }

    private static async Task<IResult> DeleteAsync(
        string id, Caller caller, [FromServices] IWebhookEndpoints endpoints, CancellationToken cancellation)
    {
        (WebhookEndpoint? found, Problem? refusal) = await WebhookAccess.FindEndpointAsync(caller, endpoints, id, cancellation);
        if (found is null)
            return refusal!;
        return await endpoints.DeleteAsync(id, cancellation) ? TypedResults.NoContent() : WebhookAccess.EndpointNotFound(id);
    }

    private static async Task<IResult> RotateAsync(
        string id, HttpContext context, Caller caller, TimeProvider time, [FromServices] IWebhookEndpoints endpoints,
        CancellationToken cancellation)
    {
        (WebhookEndpoint? found, Problem? refusal) = await WebhookAccess.FindEndpointAsync(caller, endpoints, id, cancellation);
        if (found is null)
            return refusal!;
        var body = await RequestBody.ReadOptionalAsync(context, RotateSecretRequest.Read);
        if (body.Value is not { } request)
            return body.Refusal!;
        Instant now = Now(time);
        Instant oldEnds = now + TimeSpan.FromSeconds(request.OverlapSeconds ?? OverlapSeconds);
        return Answer(await endpoints.RotateAsync(id, NewSecret(), oldEnds, now, cancellation), id, time, withSecret: true);
    }

    private static async Task<IResult> TestAsync(
        string id, Caller caller, IMeteringEngine engine, TimeProvider time, [FromServices] IWebhookEndpoints endpoints,
        [FromServices] IOutbox outbox, CancellationToken cancellation)
    {
        (WebhookEndpoint? endpoint, Problem? refusal) = await WebhookAccess.FindEndpointAsync(caller, endpoints, id, cancellation);
        if (endpoint is null)
            return refusal!;
        if (!endpoint.Enabled)
            return WebhookAccess.Disabled(id);
        // An endpoint of all customers is none of theirs: its tests wait in the first partition.
        CustomerEntry? customer = endpoint.CustomerId is { } owner ? await engine.Directory.FindCustomerAsync(owner, cancellation) : null;
        int partition = customer?.Partition ?? 0;
        string eventId = OutboxIds.Of(OutboxIds.EventPrefix, partition, id, $"{Guid.CreateVersion7(time.GetUtcNow()):N}");
        var test = new OutboxMessage(
            OutboxIds.Delivery(partition, eventId, id), OutboxKinds.WebhookDelivery, partition, endpoint.CustomerId ?? "",
            """{"message":"This is a test."}""", Now(time))
        {
            Topic = OutboxKinds.WebhookTest,
            EventId = eventId,
            Target = id,
            OwnerId = endpoint.CustomerId,
            AttemptsMax = 1,
        };
        await outbox.EnqueueAsync([test], cancellation);
        OutboxRow row = (await outbox.FindAsync(partition, test.Id, cancellation))!;
        return TypedResults.Accepted($"/v1/webhooks/deliveries/{test.Id}", WebhookDeliveryAnswer.Of(row));
    }

    private static IResult Answer(WebhookEndpoint? endpoint, string id, TimeProvider time, bool withSecret = false) => endpoint is null
        ? WebhookAccess.EndpointNotFound(id)
        : TypedResults.Ok(WebhookEndpointAnswer.Of(endpoint, Now(time), withSecret));

    private static string NewSecret() => "whsec_" + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    private static Instant Now(TimeProvider time) => Instant.FromDateTimeOffset(time.GetUtcNow());
}
