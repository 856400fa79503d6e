using System.Text.Json;
using Metering.Scenarios.Support;

namespace Metering.Scenarios.Webhooks;

[Collection(SharedServer.Name)]
public sealed class EndpointTests(ScenarioServer server)
{
    private const string Path = "/v1/webhooks/endpoints";
    private static readonly string[] lows = ["wallet.low"];

    [Fact]
    public async Task Endpoint_is_made_read_changed_and_removed_and_its_secret_is_shown_once()
    {
        string customer = await server.CustomerAsync("media-free");
        using ApiClient own = await server.SignInAsync(customer, "billing");
        Answer made = (await own.PostAsync(Path, new { url = "https://example.com/hook", kinds = lows, description = "mine" })).Expect(201);
        string id = made.Text("id")!;
        Assert.StartsWith("whsec_", made.Text("secret")!, StringComparison.Ordinal);
        Answer read = (await own.GetAsync($"{Path}/{id}")).Expect(200);
        Assert.Null(read.Text("secret"));
        Assert.Equal(("https://example.com/hook", "mine", "True"), (read.Text("url"), read.Text("description"), read.Text("enabled")));

        Answer changed = (await own.PatchAsync(
            $"{Path}/{id}", new { kinds = new[] { "alert.raised", "invoice.paid" }, enabled = false })).Expect(200);
        Assert.Equal("""["alert.raised","invoice.paid"]""", changed.Body.GetProperty("kinds").GetRawText());
        Assert.Equal(("https://example.com/hook", "False"), (changed.Text("url"), changed.Text("enabled")));

        Answer rotated = (await own.PostAsync($"{Path}/{id}/rotate_secret", new { overlap_seconds = 60 })).Expect(200);
        Assert.NotEqual(made.Text("secret"), rotated.Text("secret"));
        Assert.NotNull(rotated.Text("old_secret_expires_at"));
        (await own.PostAsync($"{Path}/{id}/rotate_secret", null)).Expect(200);

        JsonElement listed = Assert.Single((await own.GetAsync(Path)).Expect(200).Rows("data"));
        Assert.Equal(id, listed.GetProperty("id").GetString());
        Assert.Single((await server.Operator.GetAsync($"{Path}?customer_id={customer}")).Expect(200).Rows("data"));
        (await own.DeleteAsync($"{Path}/{id}")).Expect(204);
        Assert.Equal("webhook_endpoint_not_found", (await server.Operator.GetAsync($"{Path}/{id}")).Expect(404).Code);
    }

    [Fact]
    public async Task Customers_key_acts_for_its_own_endpoints_alone()
    {
        string customer = await server.CustomerAsync("media-free");
        string other = await server.CustomerAsync("media-free");
        using ApiClient own = await server.SignInAsync(customer, "billing");
        using ApiClient reader = await server.SignInAsync(customer, "read", "wallet", "ingest");
        const string url = "https://example.com";
        string theirs = (await server.Operator.PostAsync(Path, new { url, kinds = lows, customer_id = other })).Expect(201).Text("id")!;
        string operators = (await server.Operator.PostAsync(Path, new { url, kinds = lows })).Expect(201).Text("id")!;

        foreach (string id in new[] { theirs, operators, "whe_nothing" })
        {
            Assert.Equal("forbidden", (await own.GetAsync($"{Path}/{id}")).Expect(403).Code);
            (await own.PatchAsync($"{Path}/{id}", new { enabled = false })).Expect(403);
            (await own.DeleteAsync($"{Path}/{id}")).Expect(403);
            (await own.PostAsync($"{Path}/{id}/rotate_secret", null)).Expect(403);
            (await own.PostAsync($"{Path}/{id}/test", null)).Expect(403);
        }

        (await own.PostAsync(Path, new { url = "https://example.com", kinds = lows, customer_id = other })).Expect(403);
        (await own.GetAsync($"{Path}?customer_id={other}")).Expect(403);
        (await own.GetAsync($"/v1/webhooks/deliveries?customer_id={other}")).Expect(403);
        Assert.Empty((await own.GetAsync(Path)).Expect(200).Rows("data"));
        (await reader.GetAsync(Path)).Expect(403);

        // What went to another's endpoint is nobody else's business, whoever the event was about.
        string delivery = (await server.Operator.PostAsync($"{Path}/{theirs}/test", null)).Expect(202).Text("id")!;
        (await own.GetAsync($"/v1/webhooks/deliveries/{delivery}")).Expect(403);
        (await own.PostAsync($"/v1/webhooks/deliveries/{delivery}/replay", null)).Expect(403);
        Assert.Empty((await own.GetAsync("/v1/webhooks/deliveries")).Expect(200).Rows("data"));
        Assert.Single((await server.Operator.GetAsync($"/v1/webhooks/deliveries?endpoint_id={theirs}")).Expect(200).Rows("data"));
        (await server.Operator.GetAsync("/v1/webhooks/deliveries/dlv_nothing")).Expect(404);
        (await server.Operator.DeleteAsync($"{Path}/{operators}")).Expect(204);
    }

    [Fact]
    public async Task Every_fault_of_a_request_is_named()
    {
        Answer refused = (await server.Operator.PostAsync(
            Path, new { url = "ftp://example.com", kinds = new[] { "invoice.lost" }, enabled = "yes", more = 1 })).Expect(400);
        Assert.Equal(
            ["enabled", "kinds[0]", "more", "url"],
            refused.Rows("errors").Select(error => error.GetProperty("field").GetString()).Order(StringComparer.Ordinal));
        (await server.Operator.PostAsync(Path, new { url = "https://example.com", kinds = Array.Empty<string>() })).Expect(400);
        (await server.Operator.PostAsync(
            Path, new { url = "https://example.com", kinds = lows, customer_id = "nobody-at-all" })).Expect(404);
        (await server.Operator.GetAsync("/v1/webhooks/deliveries?status=lost")).Expect(400);
        (await server.Operator.GetAsync("/v1/webhooks/deliveries?cursor=nonsense")).Expect(400);
        (await server.Operator.GetAsync("/v1/webhooks/deliveries?start=yesterday")).Expect(400);
    }
}
