using System.Data.Common;
using Metering.Core.Time;
using Metering.Delivery.Outbox;
using Metering.Grid.Outbox;
using Metering.Grid.Webhooks;

namespace Metering.Delivery.Webhooks;

/// <summary>Sends deliveries to their endpoints.</summary>
/// <param name="endpoints">The endpoints.</param>
/// <param name="sender">Posts.</param>
/// <param name="time">The clock.</param>
public sealed class WebhookDeliveries(IWebhookEndpoints endpoints, WebhookSender sender, TimeProvider time) : IOutboxHandler
{
    /// <inheritdoc />
    public IReadOnlyList<string> Kinds { get; } = [OutboxKinds.WebhookDelivery];

    /// <inheritdoc />
    public async ValueTask<OutboxOutcome> HandleAsync(OutboxClaim claim, CancellationToken cancellation)
    {
        WebhookEndpoint? endpoint;
        try
        {
            endpoint = await endpoints.FindAsync(claim.Message.Target, cancellation);
        }
        catch (DbException)
        {
            return ControlDatabaseAway.Outcome;
        }

        if (endpoint is null)
            return OutboxOutcome.GiveUp("The endpoint was deleted.");
        if (!endpoint.Enabled)
            return OutboxOutcome.GiveUp("The endpoint is disabled.");
        OutboxOutcome outcome = await sender.SendAsync(claim.Message, endpoint, cancellation);
        if (outcome is { Verdict: OutboxVerdict.GiveUp, Status: 410 })
            await endpoints.DisableAsync(
                endpoint.Id, "It answered 410.", Instant.FromDateTimeOffset(time.GetUtcNow()), cancellation);
        return outcome;
    }
}
