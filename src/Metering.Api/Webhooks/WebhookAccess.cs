using Metering.Api.Access;
using Metering.Api.Problems;
using Metering.Api.Requests;
using Metering.Grid;
using Metering.Grid.Outbox;
using Metering.Grid.Webhooks;

namespace Metering.Api.Webhooks;

/// <summary>Finds the endpoint or delivery of a path for a key that may see it. A customer's key learns nothing of what is not its own: to
/// it, another's id and nobody's are equally forbidden.</summary>
internal static class WebhookAccess
{
    public static async ValueTask<(WebhookEndpoint? Endpoint, Problem? Refusal)> FindEndpointAsync(
        Caller caller, IWebhookEndpoints endpoints, string id, CancellationToken cancellation)
    {
        WebhookEndpoint? endpoint = await endpoints.FindAsync(id, cancellation);
        if (caller.IsOperator)
            return endpoint is null ? (null, EndpointNotFound(id)) : (endpoint, null);
        return endpoint?.CustomerId is { } owner && owner == caller.CustomerId ? (endpoint, null) : (null, Refusals.Foreign(id));
    }

    public static async ValueTask<(OutboxRow? Row, Problem? Refusal)> FindDeliveryAsync(
        Caller caller, IOutbox outbox, IMeteringEngine engine, string id, CancellationToken cancellation)
    {
        OutboxRow? row = OutboxIds.TryReadPartition(id, out int partition) && partition < engine.Directory.Cluster.Partitions
            ? await outbox.FindAsync(partition, id, cancellation)
            : null;
        if (row?.Message.Kind != OutboxKinds.WebhookDelivery)
            row = null;
        if (caller.IsOperator)
            return row is null
                ? (null, Problem.From(ProblemCodes.WebhookDeliveryNotFound, $"There is no delivery '{id}'."))
                : (row, null);
        return row?.Message.OwnerId is { } owner && owner == caller.CustomerId ? (row, null) : (null, Refusals.Foreign(id));
    }

    public static Problem EndpointNotFound(string id) =>
        Problem.From(ProblemCodes.WebhookEndpointNotFound, $"There is no webhook endpoint '{id}'.");

    public static Problem Disabled(string id) => Problem.From(
        ProblemCodes.WebhookEndpointDisabled, $"The webhook endpoint '{id}' is turned off; turn it on first.");
}
