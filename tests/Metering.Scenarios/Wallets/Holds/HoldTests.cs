using System.Text.Json;
using Metering.Scenarios.Support;

namespace Metering.Scenarios.Wallets.Holds;

[Collection(SharedServer.Name)]
public sealed class HoldTests(ScenarioServer server)
{
    [Fact]
    public async Task Of_20_holds_of_75_at_once_on_500_credits_exactly_6_are_granted()
    {
        string customer = await server.CustomerAsync("llm-prepaid", "500");
        Answer[] answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(
            number => server.Operator.PostAsync(
                $"/v1/wallets/{customer}/holds", new { id = $"h{number}", amount = "75", ttl_seconds = 600 })));
        Assert.Equal(6, answers.Count(answer => answer.Status == 201));
        Assert.Equal(14, answers.Count(answer => answer is { Status: 402, Code: "insufficient_credits" }));
        await IsAsync(customer, available: "50", held: "450", burned: "0");
    }

    [Fact]
    public async Task A_hold_is_raised_captured_in_parts_and_released()
    {
        string customer = await server.CustomerAsync("llm-prepaid", "100");
        string hold = await OpenAsync(customer, "40");
        await IsAsync(customer, available: "60", held: "40", burned: "0");

        (await DoAsync(customer, hold, "raise", new { by = "10" })).Expect(200);
        await IsAsync(customer, available: "50", held: "50", burned: "0");

        (await DoAsync(customer, hold, "capture", new { amount = "12.5" })).Expect(200);
        (await DoAsync(customer, hold, "capture", new { amount = "7.5" })).Expect(200);
        await IsAsync(customer, available: "50", held: "30", burned: "20");

        (await DoAsync(customer, hold, "release", new { })).Expect(200);
        await IsAsync(customer, available: "80", held: "0", burned: "20");
        Answer closed = (await server.Operator.GetAsync($"/v1/wallets/{customer}/holds/{hold}")).Expect(200);
        Assert.Equal("released", closed.Text("state"));
    }

    [Fact]
    public async Task A_capture_with_its_event_pays_from_the_hold_and_the_rest_from_what_is_available()
    {
        string customer = await server.CustomerAsync("llm-prepaid", "100");
        string hold = await OpenAsync(customer, "10");
        Answer captured = await DoAsync(customer, hold, "capture", new { @event = Story.Tokens(customer, "1", 1_000, 500), close = true });
        captured.Expect(200);
        await IsAsync(customer, available: "85", held: "0", burned: "15");
        Assert.Equal(["duplicate"], (await server.Operator.IngestAsync(Story.Tokens(customer, "1", 1_000, 500))).Codes());
    }

    [Fact]
    public async Task A_capture_whose_event_counted_before_says_when_it_was_taken()
    {
        string customer = await server.CustomerAsync("llm-prepaid", "100");
        string hold = await OpenAsync(customer, "10");
        Answer first = await server.Operator.IngestAsync(Story.Tokens(customer, "1", 1_000, 500));
        Answer captured = await DoAsync(customer, hold, "capture", new { @event = Story.Tokens(customer, "1", 1_000, 500) });
        JsonElement told = captured.Expect(200).Body.GetProperty("event");
        Assert.Equal("duplicate", told.GetProperty("status").GetString());
        Assert.Equal(first.Result().GetProperty("at").GetString(), told.GetProperty("at").GetString());
    }

    [Fact]
    public async Task A_capture_whose_event_costs_more_than_hold_and_wallet_have_is_refused_whole()
    {
        string customer = await server.CustomerAsync("llm-prepaid", "14");
        string hold = await OpenAsync(customer, "10");
        Answer refused = await DoAsync(customer, hold, "capture", new { @event = Story.Tokens(customer, "1", 1_000, 500), close = true });
        Assert.Equal((402, "insufficient_credits"), (refused.Status, refused.Code));
        await IsAsync(customer, available: "4", held: "10", burned: "0");
    }

    [Fact]
    public async Task Held_credits_do_not_pay_for_other_events()
    {
        string customer = await server.CustomerAsync("llm-prepaid", "20");
        string hold = await OpenAsync(customer, "10");
        Assert.Equal(["insufficient_credits"], (await server.Operator.IngestAsync(Story.Tokens(customer, "1", 1_000, 500))).Codes());
        (await DoAsync(customer, hold, "release", new { })).Expect(200);
        Assert.Equal(["accepted"], (await server.Operator.IngestAsync(Story.Tokens(customer, "1", 1_000, 500))).Codes());
    }

    [Fact]
    public async Task Hold_past_its_timeout_returns_the_amount()
    {
        string customer = await server.CustomerAsync("llm-prepaid", "20");
        Answer opened = await server.Operator.PostAsync(
            $"/v1/wallets/{customer}/holds", new { id = "short", amount = "15", ttl_seconds = 1 });
        opened.Expect(201);
        await Story.UntilAsync(() => server.AvailableAsync(customer), available => available == "20");
        Answer expired = (await server.Operator.GetAsync($"/v1/wallets/{customer}/holds/short")).Expect(200);
        Assert.Equal("expired", expired.Text("state"));
    }

    [Fact]
    public async Task An_id_that_exists_is_409_and_more_than_the_hold_has_is_refused()
    {
        string customer = await server.CustomerAsync("llm-prepaid", "100");
        (await server.Operator.PostAsync($"/v1/wallets/{customer}/holds", new { id = "one", amount = "5", ttl_seconds = 60 })).Expect(201);
        (await server.Operator.PostAsync($"/v1/wallets/{customer}/holds", new { id = "one", amount = "5", ttl_seconds = 60 })).Expect(409);
        Answer much = await DoAsync(customer, "one", "capture", new { amount = "6" });
        Assert.InRange(much.Status, 400, 499);
        (await DoAsync(customer, "none", "release", new { })).Expect(404);
        await IsAsync(customer, available: "95", held: "5", burned: "0");
    }

    private async Task<string> OpenAsync(string customer, string amount) =>
        (await server.Operator.PostAsync($"/v1/wallets/{customer}/holds", new { id = "hold", amount, ttl_seconds = 600 })).Expect(
            201).Text("id")!;

    private Task<Answer> DoAsync(string customer, string hold, string what, object body) =>
        server.Operator.PostAsync($"/v1/wallets/{customer}/holds/{hold}/{what}", body);

    private async Task IsAsync(string customer, string available, string held, string burned)
    {
        Answer wallet = await server.WalletAsync(customer);
        Assert.Equal((available, held, burned),
            ($"{wallet.Amount("available")}", $"{wallet.Amount("held")}", $"{wallet.Amount("burned")}"));
    }
}
