using Metering.Scenarios.Support;

namespace Metering.Scenarios.Wallets.TopUps;

[Collection(SharedServer.Name)]
public sealed class AutoTopUpTests(ScenarioServer server)
{
    [Fact]
    public async Task A_trusted_top_up_is_in_the_wallet_as_soon_as_the_threshold_is_crossed()
    {
        string customer = await server.CustomerAsync("llm-prepaid", "20");
        await SetAsync(customer, new { threshold = "10", amount = "50", max_per_day = 2, trust = true });
        await server.Operator.IngestAsync(Story.Tokens(customer, "1", 1_000, 500));
        Assert.Equal("55", await server.AvailableAsync(customer));
    }

    [Fact]
    public async Task It_happens_at_most_so_often_a_day()
    {
        string customer = await server.CustomerAsync("llm-prepaid", "20");
        await SetAsync(customer, new { threshold = "10", amount = "15", max_per_day = 2, trust = true });
        for (int number = 1; number <= 3; number++)
            await server.Operator.IngestAsync(Story.Tokens(customer, $"{number}", 1_000, 500));

        // 20 - 15 + 15 - 15 + 15 - 15: the third time nothing is added.
        Assert.Equal("5", await server.AvailableAsync(customer));
    }

    [Fact]
    public async Task Without_trust_the_credits_come_with_the_payment()
    {
        string customer = await server.CustomerAsync("llm-prepaid", "20");
        await SetAsync(customer, new { threshold = "10", amount = "50", max_per_day = 5 });
        await server.Operator.IngestAsync(Story.Tokens(customer, "1", 1_000, 500));
        Answer wallet = await server.WalletAsync(customer);
        Assert.Equal("5", wallet.Amount("available").ToString());
        string id = Assert.Single(wallet.Rows("top_ups")).GetProperty("id").GetString()!;

        (await server.Operator.PostAsync($"/v1/wallets/{customer}/top_ups/{id}/confirm", new { })).Expect(200);
        Assert.Equal("55", await server.AvailableAsync(customer));
        Answer again = await server.Operator.PostAsync($"/v1/wallets/{customer}/top_ups/{id}/confirm", new { });
        Assert.InRange(again.Status, 400, 499);
        Assert.Equal("55", await server.AvailableAsync(customer));
    }

    private async Task SetAsync(string customer, object body) =>
        (await server.Operator.PutAsync($"/v1/wallets/{customer}/auto_top_up", body)).Expect(200);
}
