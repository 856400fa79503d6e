using System.Text.Json;
using Metering.Core.Time;
using Metering.Delivery.Webhooks;
using Metering.Scenarios.Support;

namespace Metering.Scenarios.Webhooks;

[Collection(SharedServer.Name)]
public sealed class DeliveryTests(ScenarioServer server)
{
    [Fact]
    public async Task Alert_reaches_the_customers_endpoint_signed_and_is_sent_again_on_demand()
    {
        await using WebhookReceiver receiver = await WebhookReceiver.StartAsync();
        string customer = await server.CustomerAsync("media-free");
        using ApiClient own = await server.SignInAsync(customer, "billing");
        Answer endpoint = (await own.PostAsync(
            "/v1/webhooks/endpoints", new { url = receiver.Url, kinds = new[] { "alert.raised" } })).Expect(201);
        string secret = endpoint.Text("secret")!;
        Assert.Equal(customer, endpoint.Text("customer_id"));

        (await server.Operator.IngestAsync(Story.Event("usage.participant_minutes", customer, "e1", new { quantity = 850 }))).Expect(200);
        Hook hook = (await Story.UntilAsync(() => Task.FromResult(receiver.Hooks.ToArray()), hooks => hooks.Length == 1))[0];

        Instant now = Instant.FromDateTimeOffset(DateTimeOffset.UtcNow);
        Assert.True(WebhookSignature.Verify(hook.Signature, hook.Body, secret, now, TimeSpan.FromMinutes(5)));
        JsonElement body = JsonDocument.Parse(hook.Body).RootElement;
        Assert.Equal(("alert.raised", customer, hook.EventId), (Text(body, "type"), Text(body, "customer_id"), Text(body, "id")));
        Assert.Equal("Participant minutes at 85.0% of limit", Text(body.GetProperty("data"), "message"));

        string path = "/v1/webhooks/deliveries";
        Answer listed = await Story.UntilAsync(
            () => own.GetAsync($"{path}?endpoint_id={endpoint.Text("id")}&kind=alert.raised&status=delivered"),
            answer => answer.Expect(200).Rows("data").Count == 1);
        string delivery = listed.Rows("data")[0].GetProperty("id").GetString()!;
        Answer detail = (await own.GetAsync($"{path}/{delivery}")).Expect(200);
        JsonElement attempt = Assert.Single(detail.Body.GetProperty("attempt_log").EnumerateArray());
        Assert.Equal(200, attempt.GetProperty("status").GetInt32());
        Assert.True(attempt.GetProperty("latency_ms").GetDecimal() > 0);
        Assert.Equal(850, detail.Body.GetProperty("data").GetProperty("current_usage").GetInt32());

        JsonElement alert = Assert.Single((await server.Operator.GetAsync($"/v1/usage/{customer}/alerts")).Expect(200).Rows());
        Assert.True(alert.GetProperty("notified").GetBoolean());

        (await own.PostAsync($"{path}/{delivery}/replay", null)).Expect(202);
        Hook[] both = await Story.UntilAsync(() => Task.FromResult(receiver.Hooks.ToArray()), hooks => hooks.Length == 2);
        Assert.Equal(hook.EventId, both[1].EventId);
        Assert.Equal(hook.Body, both[1].Body);
    }

    [Fact]
    public async Task Wallet_that_falls_low_and_is_topped_up_is_told_to_the_operators_endpoint()
    {
        await using WebhookReceiver receiver = await WebhookReceiver.StartAsync();
        Answer endpoint = (await server.Operator.PostAsync(
            "/v1/webhooks/endpoints",
            new { url = receiver.Url, kinds = new[] { "wallet.low", "wallet.top_up_requested", "wallet.topped_up" } })).Expect(201);
        string customer = await server.CustomerAsync("llm-prepaid", credits: "100");
        (await server.Operator.PutAsync(
            $"/v1/wallets/{customer}/auto_top_up", new { threshold = "50", amount = "500", max_per_day = 1 })).Expect(200);
        (await server.Operator.PostAsync($"/v1/wallets/{customer}/holds", new { amount = "60", ttl_seconds = 600 })).Expect(201);
        await Story.UntilAsync(() => Task.FromResult(Kinds()), kinds => kinds.Length == 2);
        (await server.Operator.PostAsync($"/v1/wallets/{customer}/top_ups/top_1/confirm", null)).Expect(200);

        Assert.Equal(
            ["wallet.low", "wallet.top_up_requested", "wallet.topped_up"],
            await Story.UntilAsync(() => Task.FromResult(Kinds()), kinds => kinds.Length == 3));
        (await server.Operator.DeleteAsync($"/v1/webhooks/endpoints/{endpoint.Text("id")}")).Expect(204);

        string[] Kinds() =>
        [
            .. receiver.Hooks.Select(hook => JsonDocument.Parse(hook.Body).RootElement)
                .Where(body => Text(body, "customer_id") == customer).Select(body => Text(body, "type")!).Order(StringComparer.Ordinal),
        ];
    }

    [Fact]
    public async Task Low_balance_of_a_wallet_without_top_ups_is_told_once_each_time_it_is_fallen_through()
    {
        await using WebhookReceiver receiver = await WebhookReceiver.StartAsync();
        string customer = await server.CustomerAsync("llm-prepaid", credits: "100");
        using ApiClient own = await server.SignInAsync(customer, "billing", "wallet", "read");
        (await own.PostAsync("/v1/webhooks/endpoints", new { url = receiver.Url, kinds = new[] { "wallet.low" } })).Expect(201);
        (await own.PutAsync($"/v1/wallets/{customer}/low_balance", new { threshold = "60" })).Expect(200);

        // 15 credits each: 85, 70, 55, 40.
        for (int number = 0; number < 4; number++)
            (await server.Operator.IngestAsync(Story.Tokens(customer, $"t{number}", 1_000, 500))).Expect(200);
        await Story.UntilAsync(() => Task.FromResult(Lows()), lows => lows.SequenceEqual(["55 of 60"]));

        await server.GrantAsync(customer, "50");
        for (int number = 4; number < 7; number++)
            (await server.Operator.IngestAsync(Story.Tokens(customer, $"t{number}", 1_000, 500))).Expect(200);
        await Story.UntilAsync(() => Task.FromResult(Lows()), lows => lows.SequenceEqual(["55 of 60", "45 of 60"]));
        Assert.Equal("60", (await server.WalletAsync(customer)).Body.GetProperty("low_balance").GetProperty("threshold").GetString());

        string[] Lows() =>
        [
            .. receiver.Hooks.Select(hook => JsonDocument.Parse(hook.Body).RootElement.GetProperty("data"))
                .Select(data => $"{Text(data, "available")} of {Text(data, "threshold")}"),
        ];
    }

    [Fact]
    public async Task Test_is_sent_once_and_says_what_the_receiver_answered()
    {
        await using WebhookReceiver receiver = await WebhookReceiver.StartAsync();
        receiver.Status = 503;
        string customer = await server.CustomerAsync("media-free");
        using ApiClient own = await server.SignInAsync(customer, "billing");
        Answer made = await own.PostAsync("/v1/webhooks/endpoints", new { url = receiver.Url, kinds = new[] { "wallet.low" } });
        string id = made.Expect(201).Text("id")!;
        Answer sent = (await own.PostAsync($"/v1/webhooks/endpoints/{id}/test", null)).Expect(202);
        Assert.Equal("webhook.test", sent.Text("kind"));
        string delivery = $"/v1/webhooks/deliveries/{sent.Text("id")}";
        Answer dead = await Story.UntilAsync(
            () => own.GetAsync(delivery),
            answer => answer.Expect(200).Body.GetProperty("delivery").GetProperty("status").GetString() == "dead");
        Assert.Equal(503, Assert.Single(dead.Body.GetProperty("attempt_log").EnumerateArray()).GetProperty("status").GetInt32());

        // Gone is turned off, and says why; turned on again it goes on.
        receiver.Status = 410;
        (await own.PostAsync($"{delivery}/replay", null)).Expect(202);
        Answer off = await Story.UntilAsync(
            () => own.GetAsync($"/v1/webhooks/endpoints/{id}"), answer => answer.Expect(200).Text("enabled") == "False");
        Assert.Contains("410", off.Text("disabled_reason")!, StringComparison.Ordinal);
        Assert.Equal("webhook_endpoint_disabled", (await own.PostAsync($"{delivery}/replay", null)).Expect(409).Code);
        Assert.Equal("webhook_endpoint_disabled", (await own.PostAsync($"/v1/webhooks/endpoints/{id}/test", null)).Expect(409).Code);
        receiver.Status = 200;
        Assert.Null((await own.PatchAsync($"/v1/webhooks/endpoints/{id}", new { enabled = true })).Expect(200).Text("disabled_reason"));
        (await own.PostAsync($"{delivery}/replay", null)).Expect(202);
        await Story.UntilAsync(
            () => own.GetAsync(delivery), answer => answer.Body.GetProperty("delivery").GetProperty("status").GetString() == "delivered");
    }

    private static string? Text(JsonElement element, string member) => element.GetProperty(member).GetString();
}
