using Metering.Scenarios.Support;

namespace Metering.Scenarios.Duplicates;

[Collection(SharedServer.Name)]
public sealed class SameIdTests(ScenarioServer server)
{
    [Fact]
    public async Task A_retry_gets_the_first_outcome_and_burns_nothing()
    {
        string customer = await server.CustomerAsync("llm-prepaid", "100");
        object once = Story.Tokens(customer, "1", 1_000, 500);
        Answer first = await server.Operator.IngestAsync(once);
        Answer again = await server.Operator.IngestAsync(once);
        Assert.Equal(["duplicate"], again.Codes());
        Assert.Equal("15", again.Result().Amount("credits"));
        Assert.Equal(first.Result().GetProperty("at").GetString(), again.Result().GetProperty("at").GetString());
        Assert.False(again.Result().TryGetProperty("differs", out var differs) && differs.GetBoolean());
        Assert.Equal("85", await server.AvailableAsync(customer));
    }

    [Fact]
    public async Task Another_body_under_the_same_id_is_a_duplicate_that_says_it_differs()
    {
        string customer = await server.CustomerAsync("llm-prepaid", "100");
        await server.Operator.IngestAsync(Story.Tokens(customer, "1", 1_000, 500));
        Answer again = await server.Operator.IngestAsync(Story.Tokens(customer, "1", 9_000, 500));
        Assert.Equal(["duplicate"], again.Codes());
        Assert.True(again.Result().GetProperty("differs").GetBoolean());
        Assert.Equal("15", again.Result().Amount("credits"));
        Assert.Equal("85", await server.AvailableAsync(customer));
    }

    [Fact]
    public async Task Of_two_copies_in_one_batch_one_counts()
    {
        string customer = await server.CustomerAsync("llm-prepaid", "100");
        object once = Story.Tokens(customer, "1", 1_000, 500);
        Answer answer = await server.Operator.IngestAsync(once, once, once);
        Assert.Equal(["accepted", "duplicate", "duplicate"], answer.Codes());
        Assert.Equal(("1", "2", "0"), (answer.Text("accepted"), answer.Text("duplicates"), answer.Text("rejected")));
        Assert.Equal("85", await server.AvailableAsync(customer));
    }

    [Fact]
    public async Task Of_64_copies_in_flight_at_once_one_counts()
    {
        string customer = await server.CustomerAsync("llm-prepaid", "100");
        object once = Story.Tokens(customer, "1", 1_000, 500);
        Answer[] answers = await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => server.Operator.IngestAsync(once)));
        string[] codes = [.. answers.SelectMany(answer => answer.Codes())];
        Assert.Equal(1, codes.Count(code => code == "accepted"));
        Assert.Equal(63, codes.Count(code => code == "duplicate"));
        Assert.Equal("85", await server.AvailableAsync(customer));
    }

    [Fact]
    public async Task The_same_id_of_another_source_or_customer_is_another_event()
    {
        string customer = await server.CustomerAsync("llm-prepaid", "100");
        string other = await server.CustomerAsync("llm-prepaid", "100");
        object data = new { provider = "OPENAI", model = "gpt-4-turbo", input_tokens = 100, output_tokens = 0 };
        object From(string source, string subject) => new { specversion = "1.0", id = "1", source, type = "TOKEN_USAGE", subject, data };
        Answer answer = await server.Operator.IngestAsync(From("a", customer), From("b", customer), From("a", other));
        Assert.Equal(["accepted", "accepted", "accepted"], answer.Codes());
        Assert.Equal("98", await server.AvailableAsync(customer));
        Assert.Equal("99", await server.AvailableAsync(other));
    }

    [Fact]
    public async Task A_refused_id_is_decided_afresh()
    {
        string customer = await server.CustomerAsync("llm-prepaid", "1");
        object large = Story.Tokens(customer, "1", 1_000, 500);
        Assert.Equal(["insufficient_credits"], (await server.Operator.IngestAsync(large)).Codes());
        await server.GrantAsync(customer, "100");
        Assert.Equal(["accepted"], (await server.Operator.IngestAsync(large)).Codes());
        Assert.Equal("86", await server.AvailableAsync(customer));
    }
}
