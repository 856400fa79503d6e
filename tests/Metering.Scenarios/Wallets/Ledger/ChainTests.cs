using System.Text.Json;
using Metering.Core.Money;
using Metering.Scenarios.Support;

namespace Metering.Scenarios.Wallets.Ledger;

[Collection(SharedServer.Name)]
public sealed class ChainTests(ScenarioServer server)
{
    [Fact]
    public async Task Entries_chain_from_nothing_to_the_balance_shown_with_one_burn_a_request()
    {
        string customer = await server.CustomerAsync("llm-prepaid", "100");
        await server.Operator.IngestAsync(Story.Tokens(customer, "1", 100, 0), Story.Tokens(customer, "2", 200, 0));
        (await server.Operator.PostAsync($"/v1/wallets/{customer}/holds", new { id = "h", amount = "20", ttl_seconds = 600 })).Expect(201);
        (await server.Operator.PostAsync($"/v1/wallets/{customer}/holds/h/capture", new { amount = "5", close = true })).Expect(200);
        await server.GrantAsync(customer, "1.5");

        JsonElement[] entries = await Story.UntilAsync(
            () => EntriesAsync(customer), read => read.Length >= 5 && read[0].Amount("amount") == "1.5");
        string[] kinds = [.. entries.Reverse().Select(entry => entry.GetProperty("transaction_type").GetString()!)];
        Assert.Equal(["GRANT", "BURN", "HOLD", "CAPTURE", "RELEASE", "GRANT"], kinds);
        Amount balance = Amount.Zero;
        foreach (JsonElement entry in entries.Reverse())
        {
            Assert.Equal(balance.ToString(), entry.Amount("balance_before"));
            balance = Amount.Parse(entry.Amount("balance_after"));
        }

        Assert.Equal(await server.AvailableAsync(customer), balance.ToString());
        Assert.Equal("93.5", balance.ToString());
    }

    private async Task<JsonElement[]> EntriesAsync(string customer) =>
        [.. (await server.Operator.GetAsync($"/v1/wallets/{customer}/transactions?limit=100")).Expect(200).Rows("data", "transactions")];
}
