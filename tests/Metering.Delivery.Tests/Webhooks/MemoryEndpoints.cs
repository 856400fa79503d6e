using System.Collections.Concurrent;
using System.Data.Common;
using Metering.Core.Time;
using Metering.Delivery.Tests.Support;
using Metering.Grid.History;
using Metering.Grid.Outbox;
using Metering.Grid.Webhooks;

namespace Metering.Delivery.Tests.Webhooks;

/// <summary>Endpoints in memory, as far as delivery asks for them.</summary>
internal sealed class MemoryEndpoints : IWebhookEndpoints
{
    private readonly ConcurrentDictionary<string, WebhookEndpoint> endpoints = new();

    public bool IsAway { get; set; }

    /// <summary>Thrown instead of an answer.</summary>
    public Exception? Fault { get; set; }

    public WebhookEndpoint this[string id] => endpoints[id];

    public void Add(string id, string url, string? customer = "c", params string[] secrets) => endpoints[id] = new WebhookEndpoint(
        id, customer, url, OutboxKinds.Topics, "", true, null,
        [.. (secrets.Length == 0 ? ["whsec_1"] : secrets).Select(secret => new WebhookSecret(secret, null))], OutboxDatabases.Now,
        OutboxDatabases.Now);

    public ValueTask<WebhookEndpoint?> FindAsync(string id, CancellationToken cancellation)
    {
        Check();
        return ValueTask.FromResult(endpoints.GetValueOrDefault(id));
    }

    public ValueTask<IReadOnlyList<WebhookEndpoint>> FindInterestedAsync(string customerId, string kind, CancellationToken cancellation)
    {
        Check();
        return ValueTask.FromResult<IReadOnlyList<WebhookEndpoint>>([.. endpoints.Values.Where(endpoint =>
            (endpoint.CustomerId == customerId || endpoint.CustomerId is null) && endpoint.Enabled && endpoint.Kinds.Contains(kind))]);
    }

    public ValueTask DisableAsync(string id, string reason, Instant at, CancellationToken cancellation)
    {
        endpoints[id] = endpoints[id] with { Enabled = false, DisabledReason = reason };
        return ValueTask.CompletedTask;
    }

    public ValueTask<WebhookEndpoint?> ChangeAsync(
        string id, WebhookEndpointChange change, Instant at, CancellationToken cancellation)
    {
        WebhookEndpoint old = endpoints[id];
        endpoints[id] = old with { Enabled = change.Enabled ?? old.Enabled, Kinds = change.Kinds ?? old.Kinds };
        return ValueTask.FromResult<WebhookEndpoint?>(endpoints[id]);
    }

    public ValueTask<bool> DeleteAsync(string id, CancellationToken cancellation) => ValueTask.FromResult(endpoints.TryRemove(id, out _));

    public ValueTask<bool> AddAsync(WebhookEndpoint endpoint, CancellationToken cancellation) => throw new NotSupportedException();

    public ValueTask<HistoryPage<WebhookEndpoint>> ListAsync(
        string? customerId, int limit, string? cursor, CancellationToken cancellation) => throw new NotSupportedException();

    public ValueTask<WebhookEndpoint?> RotateAsync(
        string id, string secret, Instant oldExpiresAt, Instant at, CancellationToken cancellation) => throw new NotSupportedException();

    private void Check()
    {
        if (IsAway)
            throw new AwayException();
        if (Fault is not null)
            throw Fault;
    }

    private sealed class AwayException() : DbException("The control database is away.");
}
