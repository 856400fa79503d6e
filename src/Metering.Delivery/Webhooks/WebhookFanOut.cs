using System.Data.Common;
using Metering.Delivery.Outbox;
using Metering.Grid.Outbox;
using Metering.Grid.Webhooks;

namespace Metering.Delivery.Webhooks;

/// <summary>
/// Makes of an event one delivery for each endpoint that asks for it, so that none of them holds up another, and one row of each further
/// way out that follows from it: mails, charges.
/// </summary>
/// <param name="endpoints">The endpoints.</param>
/// <param name="others">For each other way out that is set up: the row that an event makes for it, or null.</param>
public sealed class WebhookFanOut(IWebhookEndpoints endpoints, params IReadOnlyList<Func<OutboxMessage, OutboxMessage?>> others)
    : IOutboxHandler
{
    /// <inheritdoc />
    public IReadOnlyList<string> Kinds => OutboxKinds.Topics;

    /// <inheritdoc />
    public async ValueTask<OutboxOutcome> HandleAsync(OutboxClaim claim, CancellationToken cancellation)
    {
        IReadOnlyList<WebhookEndpoint> interested;
        try
        {
            interested = await endpoints.FindInterestedAsync(claim.Message.CustomerId, claim.Message.Kind, cancellation);
        }
        catch (DbException)
        {
            return ControlDatabaseAway.Outcome;
        }

        return OutboxOutcome.DoneWithin(
        [
            .. interested.Select(endpoint => DeliveryOf(claim.Message, endpoint)),
            .. others.Select(other => other(claim.Message)).OfType<OutboxMessage>(),
        ]);
    }

    private static OutboxMessage DeliveryOf(OutboxMessage message, WebhookEndpoint endpoint) => new(
        OutboxIds.Delivery(message.Partition, message.Id, endpoint.Id), OutboxKinds.WebhookDelivery, message.Partition, message.CustomerId,
        message.Data, message.CreatedAt)
    {
        Topic = message.Kind,
        EventId = message.Id,
        Target = endpoint.Id,
        OwnerId = endpoint.CustomerId,
    };
}

/// <summary>What to do while nobody can say which endpoints there are: no fault of an event or an endpoint, so nothing is
/// counted.</summary>
internal static class ControlDatabaseAway
{
    public static OutboxOutcome Outcome { get; } = OutboxOutcome.Postpone(TimeSpan.FromSeconds(5));
}
