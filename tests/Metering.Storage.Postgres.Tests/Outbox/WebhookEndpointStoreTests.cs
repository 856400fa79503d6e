using Metering.Core.Time;
using Metering.Grid.Outbox;
using Metering.Grid.Webhooks;
using Metering.Storage.Postgres.Connections;
using Metering.Storage.Postgres.Directories;
using Metering.Storage.Postgres.Outbox;
using Metering.TestSupport;

namespace Metering.Storage.Postgres.Tests.Outbox;

public sealed class WebhookEndpointStoreTests
{
    private static readonly Instant At = Instant.FromUnixMicroseconds(1_737_115_200_000_000);

    [Fact]
    public async Task Endpoint_is_kept_changed_rotated_disabled_and_deleted()
    {
        await using var database = await PostgresServer.CreateControlAsync();
        await using var control = new ControlDatabase(new PostgresOptions { ConnectionString = database.ConnectionString });
        var store = new WebhookEndpointStore(control);
        var made = Endpoint("whe_1");
        Assert.True(await store.AddAsync(made, default));
        var found = (await store.FindAsync("whe_1", default))!;
        Assert.Equal((made.Url, made.Description, true, null), (found.Url, found.Description, found.Enabled, found.DisabledReason));
        Assert.Equal(made.Kinds, found.Kinds);
        Assert.Equal(made.Secrets, found.Secrets);
        Assert.Equal((At, At), (found.CreatedAt, found.UpdatedAt));
        var interested = await store.FindInterestedAsync("anyone", OutboxKinds.WalletLow, default);
        Assert.Equal(["whe_1"], interested.Select(endpoint => endpoint.Id));
        Assert.Empty(await store.FindInterestedAsync("anyone", OutboxKinds.AlertRaised, default));

        var later = At + TimeSpan.FromHours(1);
        var changed = (await store.ChangeAsync(
            "whe_1", new WebhookEndpointChange(null, [OutboxKinds.AlertRaised], "other", null), later, default))!;
        Assert.Equal((made.Url, "other", later), (changed.Url, changed.Description, changed.UpdatedAt));
        Assert.Equal([OutboxKinds.AlertRaised], changed.Kinds);
        Assert.Null(await store.ChangeAsync("nothing", new WebhookEndpointChange("https://x", null, null, null), later, default));

        var rotated = (await store.RotateAsync("whe_1", "whsec_2", later + TimeSpan.FromHours(1), later, default))!;
        Assert.Equal(["whsec_2", "whsec_1"], rotated.ValidSecrets(later));
        Assert.Equal(["whsec_2"], rotated.ValidSecrets(later + TimeSpan.FromHours(1)));
        Assert.Equal(["whsec_3", "whsec_2"], (await store.RotateAsync("whe_1", "whsec_3", later + TimeSpan.FromHours(1), later, default))!
            .ValidSecrets(later));

        await store.DisableAsync("whe_1", "It answered 410.", later, default);
        Assert.Empty(await store.FindInterestedAsync("anyone", OutboxKinds.AlertRaised, default));
        Assert.Equal("It answered 410.", (await store.FindAsync("whe_1", default))!.DisabledReason);
        Assert.Null((await store.ChangeAsync("whe_1", new WebhookEndpointChange(null, null, null, true), later, default))!.DisabledReason);
        Assert.True(await store.DeleteAsync("whe_1", default));
        Assert.False(await store.DeleteAsync("whe_1", default));
        Assert.Null(await store.FindAsync("whe_1", default));
    }

    [Fact]
    public async Task Owner_has_so_many_endpoints_also_when_they_are_made_at_once_and_lists_page()
    {
        await using var database = await PostgresServer.CreateControlAsync();
        await using var control = new ControlDatabase(new PostgresOptions { ConnectionString = database.ConnectionString });
        var store = new WebhookEndpointStore(control);
        var added = await Task.WhenAll(Enumerable.Range(0, 20).Select(n => store.AddAsync(Endpoint($"whe_{n:00}"), default).AsTask()));
        Assert.Equal(IWebhookEndpoints.MostEach, added.Count(isAdded => isAdded));

        var first = await store.ListAsync(null, 10, null, default);
        var second = await store.ListAsync(null, 10, first.NextCursor, default);
        Assert.Equal((10, 6, null), (first.Rows.Count, second.Rows.Count, second.NextCursor));
        var ids = first.Rows.Concat(second.Rows).Select(endpoint => endpoint.Id).ToList();
        Assert.Equal(ids.OrderDescending(StringComparer.Ordinal), ids);
        Assert.Empty((await store.ListAsync("c", 10, null, default)).Rows);
    }

    private static WebhookEndpoint Endpoint(string id) => new(
        id, null, "https://example.com/hook", [OutboxKinds.WalletLow], "mine", true, null, [new WebhookSecret("whsec_1", null)], At, At);
}
