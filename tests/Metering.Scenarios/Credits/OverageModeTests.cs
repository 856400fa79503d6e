using Metering.Scenarios.Support;

namespace Metering.Scenarios.Credits;

[Collection(SharedServer.Name)]
public sealed class OverageModeTests(ScenarioServer server)
{
    [Fact]
    public async Task A_prepaid_wallet_refuses_what_it_cannot_pay_and_takes_the_next_smaller_event()
    {
        string customer = await server.CustomerAsync("llm-prepaid", "20");
        Answer answer = await server.Operator.IngestAsync(
            Story.Tokens(customer, "1", 1_000, 500), Story.Tokens(customer, "2", 1_000, 0), Story.Tokens(customer, "3", 500, 0));
        Assert.Equal(["accepted", "insufficient_credits", "accepted"], answer.Codes());
        Assert.Equal("0", await server.AvailableAsync(customer));
    }

    [Fact]
    public async Task With_overage_the_wallet_pays_first_and_the_rest_is_counted()
    {
        string customer = await server.CustomerAsync("llm-overage", "20");
        Answer answer = await server.Operator.IngestAsync(Story.Tokens(customer, "1", 2_000, 1_000));
        Assert.Equal("30", answer.Result().Amount("credits"));
        Answer wallet = await server.WalletAsync(customer);
        Assert.Equal(("0", "30", "10"), ($"{wallet.Amount("available")}", $"{wallet.Amount("burned")}", $"{wallet.Amount("overage")}"));
    }

    [Fact]
    public async Task Postpaid_leaves_the_wallet_alone()
    {
        string customer = await server.CustomerAsync("llm-postpaid", "5");
        Answer answer = await server.Operator.IngestAsync(Story.Tokens(customer, "1", 2_000, 1_000));
        Assert.Equal(["accepted"], answer.Codes());
        Assert.Equal("5", await server.AvailableAsync(customer));
    }
}
