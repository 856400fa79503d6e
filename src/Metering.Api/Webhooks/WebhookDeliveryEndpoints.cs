using System.Text.Json;
using Metering.Api.Access;
using Metering.Api.Problems;
using Metering.Api.Requests;
using Metering.Api.Usage;
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

/// <summary>What was sent to endpoints, and what became of it.</summary>
public static class WebhookDeliveryEndpoints
{
    private const string User = "Operator, or the customer's key with the scope billing for its own endpoints.";

    /// <summary>Maps <c>/v1/webhooks/deliveries</c>.</summary>
    public static IEndpointRouteBuilder MapWebhookDeliveries(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1/webhooks/deliveries").WithTags("Webhooks").RequireScope(KeyScopes.Billing);
        group.MapGet("", ListAsync).WithName("ListWebhookDeliveries")
            .WithSummary("Deliveries, newest first, by endpoint, customer, kind, status and time. " + User)
            .Produces<Page<WebhookDeliveryAnswer>>().Refuses(400, 403, 404, 503);
        group.MapGet("/{id}", ReadAsync).WithName("ReadWebhookDelivery")
            .WithSummary("One delivery with its attempts. " + User).Produces<WebhookDeliveryDetailAnswer>().Refuses(403, 404, 503);
        group.MapPost("/{id}/replay", ReplayAsync).WithName("ReplayWebhookDelivery")
            .WithSummary("Sends a delivery again, whatever became of it; the event keeps its id. " + User)
            .Produces<WebhookDeliveryAnswer>(202).Refuses(403, 404, 409, 503);
        return routes;
    }

    private static async Task<IResult> ListAsync(
        Caller caller, IMeteringEngine engine, [FromServices] IOutbox outbox, string? endpoint_id, string? customer_id, string? kind,
        string? status, string? start, string? end, string? limit, string? cursor, CancellationToken cancellation)
    {
        CustomerEntry? customer = null;
        if ((customer_id ?? caller.CustomerId) is { } id)
        {
            (customer, Problem? refusal) = await ProjectAccess.FindCustomerAsync(caller, engine, id, cancellation);
            if (customer is null)
                return refusal!;
        }

        List<FieldError> faults = [];
        Paging paging = Paging.Read(limit, null, cursor, faults);
        TimeZoneInfo zone = customer is null ? TimeZoneInfo.Utc : UsageSource.ZoneOf(customer);
        var query = new OutboxQuery(paging.Limit, paging.Cursor)
        {
            Kind = OutboxKinds.WebhookDelivery,
            Partition = customer?.Partition,
            CustomerId = customer_id,
            OwnerId = caller.CustomerId,
            Target = endpoint_id,
            Topic = kind,
            Status = Status(status, faults),
            From = DateRanges.Start("start", start, zone, faults),
            To = DateRanges.End("end", end, zone, faults),
        };
        if (faults.Count > 0)
            return Refusals.InvalidRequest(faults);
        HistoryPage<OutboxRow>? page = await HistoryCursor.ReadAsync(() => outbox.ListAsync(query, cancellation));
        return page is null
            ? HistoryCursor.Refusal
            : TypedResults.Ok(new Page<WebhookDeliveryAnswer>([.. page.Rows.Select(WebhookDeliveryAnswer.Of)], page.NextCursor));
    }

    private static async Task<IResult> ReadAsync(
        string id, Caller caller, IMeteringEngine engine, [FromServices] IOutbox outbox, CancellationToken cancellation)
    {
        (OutboxRow? row, Problem? refusal) = await WebhookAccess.FindDeliveryAsync(caller, outbox, engine, id, cancellation);
        if (row is null)
            return refusal!;
        IReadOnlyList<OutboxAttemptRow> attempts = await outbox.ListAttemptsAsync(row.Message.Partition, id, cancellation);
        using JsonDocument data = JsonDocument.Parse(row.Message.Data);
        return TypedResults.Ok(new WebhookDeliveryDetailAnswer(
            WebhookDeliveryAnswer.Of(row), data.RootElement.Clone(), [.. attempts.Select(WebhookAttemptAnswer.Of)]));
    }

    private static async Task<IResult> ReplayAsync(
        string id, Caller caller, IMeteringEngine engine, [FromServices] IWebhookEndpoints endpoints, [FromServices] IOutbox outbox,
        CancellationToken cancellation)
    {
        (OutboxRow? row, Problem? refusal) = await WebhookAccess.FindDeliveryAsync(caller, outbox, engine, id, cancellation);
        if (row is null)
            return refusal!;
        string target = row.Message.Target;
        if (await endpoints.FindAsync(target, cancellation) is not { } endpoint)
            return WebhookAccess.EndpointNotFound(target);
        if (!endpoint.Enabled)
            return WebhookAccess.Disabled(target);
        return await outbox.ReplayAsync(row.Message.Partition, id, cancellation) is { } replayed
            ? TypedResults.Accepted($"/v1/webhooks/deliveries/{id}", WebhookDeliveryAnswer.Of(replayed))
            : Problem.From(ProblemCodes.WebhookDeliveryNotFound, $"There is no delivery '{id}' any more.");
    }

    private static OutboxStatus? Status(string? text, List<FieldError> faults)
    {
        if (text is null)
            return null;
        foreach ((string word, OutboxStatus value) in DeliveryWords.All)
        {
            if (word == text)
                return value;
        }

        faults.Add(new FieldError(null, "status", $"Must be one of {string.Join(", ", DeliveryWords.All.Select(pair => pair.Word))}."));
        return null;
    }
}
