using Metering.Scenarios.Support;

namespace Metering.Scenarios.Credits;

[Collection(SharedServer.Name)]
public sealed class TokenPricesTests(ScenarioServer server)
{
    [Fact]
    public async Task Tokens_at_a_hundredth_of_a_credit_burn_15_of_a_million_and_then_30()
    {
        string customer = await server.CustomerAsync("llm-prepaid", "1000000");

        Answer first = await server.Operator.IngestAsync(Story.Tokens(customer, "1", 1_000, 500));
        Assert.Equal("15", first.Result().Amount("credits"));
        Assert.Equal("999985", first.Rows("balances")[0].Amount("available"));
        Assert.Equal("999985", await server.AvailableAsync(customer));

        Answer second = await server.Operator.IngestAsync(Story.Tokens(customer, "2", 2_000, 1_000));
        Assert.Equal("30", second.Result().Amount("credits"));
        Assert.Equal("999955", await server.AvailableAsync(customer));
    }

    [Fact]
    public async Task Raw_events_show_what_was_burned_and_what_that_is_worth()
    {
        string customer = await server.CustomerAsync("llm-prepaid", "1000000");
        await server.Operator.IngestAsync(Story.Tokens(customer, "1", 1_000, 500));
        Answer raw = await Story.UntilAsync(
            () => server.Operator.GetAsync($"/v1/usage/{customer}"), answer =>
                answer.Status == 200 && answer.Rows("data", "events").Count == 1);
        Assert.Equal("15", raw.Rows("data", "events")[0].Amount("credits_burned"));
        Assert.Equal("0.015", raw.Rows("data", "events")[0].Amount("cost_usd"));
    }

    [Fact]
    public async Task A_batch_of_three_in_the_earlier_form_is_accepted_and_priced_by_model()
    {
        string customer = await server.CustomerAsync("llm-prepaid", "1000");
        using ApiClient own = await server.SignInAsync(customer, "ingest", "read", "wallet");
        object Usage(string provider, string model, int input, int output) => new
        {
            event_id = Guid.NewGuid(), customer_id = customer, event_type = "TOKEN_USAGE", provider, model, input_tokens = input,
                output_tokens = output,
            timestamp = DateTimeOffset.UtcNow,
        };
        var body = new
        {
            events = new[]
            {
                Usage("OPENAI", "gpt-4-turbo", 2_000, 1_000), Usage("ANTHROPIC", "claude-3-sonnet", 500, 200),
                    Usage("OPENAI", "gpt-4-turbo", 3_000, 1_500),
            },
        };

        Answer answer = (await own.PostAsync("/v1/events/ingest", body)).Expect(202);
        Assert.Equal(("3", "0", "0"), (answer.Text("accepted"), answer.Text("rejected"), answer.Text("duplicates")));
        Assert.Equal("30", answer.Rows("results")[0].Amount("credits"));
        Assert.Equal("45", answer.Rows("results")[2].Amount("credits"));

        // 500 at 0.003 and 200 at 0.015 are 4.5.
        Assert.Equal("920.5", await server.AvailableAsync(customer));

        Answer again = (await own.PostAsync("/v1/events/ingest", body)).Expect(200);
        Assert.Equal(("3", "all_duplicates", null), (again.Text("duplicates"), again.Text("status"), again.Text("batch_id")));
        Assert.Equal("920.5", await server.AvailableAsync(customer));
    }
}
