using System.Text.Json;
using Metering.Scenarios.Support;

namespace Metering.Scenarios.Wallets.Grants;

[Collection(SharedServer.Name)]
public sealed class ConsumptionTests(ScenarioServer server)
{
    [Fact]
    public async Task Grants_are_burned_by_priority_then_soonest_expiry_then_oldest()
    {
        string customer = await server.CustomerAsync("llm-prepaid");
        DateTimeOffset soon = DateTimeOffset.UtcNow.AddDays(1);
        await GrantAsync(customer, new { amount = "10", kind = "paid", reason = "last" });
        await GrantAsync(customer, new { amount = "10", kind = "paid", reason = "third", expires_at = soon.AddDays(1) });
        await GrantAsync(customer, new { amount = "10", kind = "promotional", reason = "second", expires_at = soon });
        await GrantAsync(customer, new { amount = "10", kind = "promotional", reason = "first", priority = 1 });

        Assert.Equal("first 10, second 10, third 10, last 10", await RemainingAsync(customer));
        await server.Operator.IngestAsync(Story.Tokens(customer, "1", 1_500, 0));
        Assert.Equal("second 5, third 10, last 10", await RemainingAsync(customer));
        await server.Operator.IngestAsync(Story.Tokens(customer, "2", 2_000, 0));
        Assert.Equal("last 5", await RemainingAsync(customer));
    }

    [Fact]
    public async Task What_is_left_of_a_grant_at_its_expiry_is_gone()
    {
        string customer = await server.CustomerAsync("llm-prepaid", "5");
        await GrantAsync(customer, new { amount = "10", kind = "promotional", expires_at = DateTimeOffset.UtcNow.AddSeconds(2) });
        Assert.Equal("15", await server.AvailableAsync(customer));
        await Story.UntilAsync(() => server.AvailableAsync(customer), available => available == "5");
    }

    [Fact]
    public async Task An_expiry_in_the_past_and_an_amount_that_is_none_are_refused()
    {
        string customer = await server.CustomerAsync("llm-prepaid");
        string path = $"/v1/wallets/{customer}/grants";
        Answer past = await server.Operator.PostAsync(
            path, new { amount = "1", kind = "paid", expires_at = DateTimeOffset.UtcNow.AddDays(-1) });
        Assert.InRange(past.Status, 400, 422);
        foreach (string amount in (string[])["0", "-1", "1.0000000001", "many"])
            Assert.InRange((await server.Operator.PostAsync(path, new { amount, kind = "paid" })).Status, 400, 422);
        Assert.Equal("0", await server.AvailableAsync(customer));
    }

    private async Task GrantAsync(string customer, object grant) =>
        (await server.Operator.PostAsync($"/v1/wallets/{customer}/grants", grant)).Expect(201);

    private async Task<string> RemainingAsync(string customer)
    {
        Answer wallet = await server.WalletAsync(customer);
        return string.Join(", ", wallet.Rows("grants")
            .Select((JsonElement grant) => $"{grant.GetProperty("reason").GetString()} {grant.Amount("remaining")}"));
    }
}
