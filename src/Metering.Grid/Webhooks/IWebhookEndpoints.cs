using Metering.Core.Time;
using Metering.Grid.History;

namespace Metering.Grid.Webhooks;

/// <summary>The endpoints of webhooks, in the control database. Nothing is cached: a change holds for the next event.</summary>
/// <remarks>All methods throw on a broken connection; nothing here is retried.</remarks>
public interface IWebhookEndpoints
{
    /// <summary>The most endpoints of one customer, and of the operator.</summary>
    const int MostEach = 16;

    /// <summary>Adds an endpoint.</summary>
    /// <returns>False where its owner has <see cref="MostEach"/> already.</returns>
    ValueTask<bool> AddAsync(WebhookEndpoint endpoint, CancellationToken cancellation);

    /// <summary>An endpoint, or null.</summary>
    ValueTask<WebhookEndpoint?> FindAsync(string id, CancellationToken cancellation);

    /// <summary>A page of endpoints, newest first: of a customer, or all where null.</summary>
    /// <param name="customerId">The customer, or null.</param>
    /// <param name="limit">1 to 1,000.</param>
    /// <param name="cursor">The id after which the page begins; null for the first.</param>
    /// <param name="cancellation">Ends the wait.</param>
    ValueTask<HistoryPage<WebhookEndpoint>> ListAsync(
        string? customerId, int limit, string? cursor, CancellationToken cancellation);

    /// <summary>The enabled endpoints that get an event: the customer's own and those of all customers.</summary>
    ValueTask<IReadOnlyList<WebhookEndpoint>> FindInterestedAsync(string customerId, string kind, CancellationToken cancellation);

    /// <summary>Changes an endpoint.</summary>
    /// <returns>It as it is now; null where there is none.</returns>
    ValueTask<WebhookEndpoint?> ChangeAsync(string id, WebhookEndpointChange change, Instant at, CancellationToken cancellation);

    /// <summary>Gives an endpoint a further secret. The one it had is used beside it until a time; one from before that ends now.</summary>
    /// <returns>It as it is now; null where there is none.</returns>
    ValueTask<WebhookEndpoint?> RotateAsync(
        string id, string secret, Instant oldExpiresAt, Instant at, CancellationToken cancellation);

    /// <summary>Turns an endpoint off, by the product itself.</summary>
    ValueTask DisableAsync(string id, string reason, Instant at, CancellationToken cancellation);

    /// <summary>Removes an endpoint; its deliveries that wait are given up when their turn comes.</summary>
    /// <returns>False where there is none.</returns>
    ValueTask<bool> DeleteAsync(string id, CancellationToken cancellation);
}
