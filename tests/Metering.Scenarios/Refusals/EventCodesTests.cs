using System.Globalization;
using Metering.Scenarios.Support;

namespace Metering.Scenarios.Refusals;

/// <summary>Each refusal of an event, with its status where it stands alone; the others of its batch are taken.</summary>
[Collection(SharedServer.Name)]
public sealed class EventCodesTests(ScenarioServer server)
{
    [Fact]
    public async Task Every_business_reason_names_itself_and_spoils_nothing_else()
    {
        string customer = await server.CustomerAsync("llm-prepaid", "100");
        Answer answer = await server.Operator.IngestAsync(
            Story.Tokens(customer, "1", 100, 0),
            Story.Tokens("nobody-has-this-id", "2", 100, 0),
            Story.Event("no.such.type", customer, "3", new { quantity = 1 }),
            Story.Tokens(customer, "4", 100, 0, model: "no-such-model"),
            Timed(customer, "5", DateTimeOffset.UtcNow.AddDays(-365)),
            Timed(customer, "6", DateTimeOffset.UtcNow.AddDays(1)),
            Story.Tokens(customer, "7", 100_000, 0),
            Story.Tokens(customer, "8", 100, 0));
        Assert.Equal(
            ["accepted", "customer_not_found", "unknown_meter", "no_price", "too_old", "in_future", "insufficient_credits", "accepted"],
                answer.Codes());
        Assert.Equal("98", await server.AvailableAsync(customer));
    }

    [Theory]
    [InlineData("unknown", 404, "customer_not_found")]
    [InlineData("type", 422, "unknown_meter")]
    [InlineData("model", 422, "no_price")]
    [InlineData("old", 422, "too_old")]
    [InlineData("future", 422, "in_future")]
    [InlineData("credits", 402, "insufficient_credits")]
    public async Task Alone_it_is_a_problem_with_its_own_status(string what, int status, string code)
    {
        string customer = await server.CustomerAsync("llm-prepaid", "1");
        object refused = what switch
        {
            "unknown" => Story.Tokens("nobody-has-this-id", "1", 1, 0),
            "type" => Story.Event("no.such.type", customer, "1", new { }),
            "model" => Story.Tokens(customer, "1", 1, 0, model: "no-such-model"),
            "old" => Timed(customer, "1", DateTimeOffset.UtcNow.AddDays(-365)),
            "future" => Timed(customer, "1", DateTimeOffset.UtcNow.AddDays(1)),
            _ => Story.Tokens(customer, "1", 1_000, 0),
        };
        Answer answer = await server.Operator.PostAsync("/v1/events", refused);
        Assert.Equal((status, code), (answer.Status, answer.Code));
    }

    [Fact]
    public async Task A_suspended_customer_is_403_until_it_is_active_again()
    {
        string customer = await server.CustomerAsync("llm-prepaid", "100");
        (await server.Operator.SendAsync(HttpMethod.Patch, $"/v1/customers/{customer}", new { status = "suspended" })).Expect(200);
        Answer refused = await server.Operator.PostAsync("/v1/events", Story.Tokens(customer, "1", 100, 0));
        Assert.Equal((403, "customer_suspended"), (refused.Status, refused.Code));
        (await server.Operator.SendAsync(HttpMethod.Patch, $"/v1/customers/{customer}", new { status = "active" })).Expect(200);
        Assert.Equal(204, (await server.Operator.PostAsync("/v1/events", Story.Tokens(customer, "1", 100, 0))).Status);
    }

    [Fact]
    public async Task A_foreign_customer_anywhere_is_403_and_nothing_of_the_request_is_taken()
    {
        string customer = await server.CustomerAsync("llm-prepaid", "100");
        string other = await server.CustomerAsync("llm-prepaid", "100");
        using ApiClient own = await server.SignInAsync(customer, "ingest");
        Answer answer = await own.IngestAsync(Story.Tokens(customer, "1", 100, 0), Story.Tokens(other, "2", 100, 0));
        Assert.Equal((403, "forbidden"), (answer.Status, answer.Code));
        Assert.Equal(("100", "100"), (await server.AvailableAsync(customer), await server.AvailableAsync(other)));
        Assert.Equal(["accepted"], (await own.IngestAsync(Story.Tokens(customer, "1", 100, 0))).Codes());
    }

    [Fact]
    public async Task Without_a_key_or_with_a_revoked_one_it_is_401()
    {
        string customer = await server.CustomerAsync("llm-prepaid", "100");
        using ApiClient anonymous = server.Anonymous();
        Assert.Equal((401, "unauthorized"), Of(await anonymous.PostAsync("/v1/events", Story.Tokens(customer, "1", 1, 0))));
        using var wrong = new ApiClient(server.Address, "mk_live_0123456789012345678901234567890123456789");
        Assert.Equal((401, "unauthorized"), Of(await wrong.PostAsync("/v1/events", Story.Tokens(customer, "1", 1, 0))));

        using ApiClient own = await server.SignInAsync(customer, "ingest");
        Assert.Equal(204, (await own.PostAsync("/v1/events", Story.Tokens(customer, "1", 1, 0))).Status);
        Answer keys = (await server.Operator.GetAsync($"/v1/customers/{customer}/keys")).Expect(200);
        string id = keys.Rows("data", "keys")[0].GetProperty("id").GetString()!;
        Assert.InRange((await server.Operator.DeleteAsync($"/v1/keys/{id}")).Status, 200, 204);
        await Story.UntilAsync(() => own.PostAsync("/v1/events", Story.Tokens(customer, "2", 1, 0)), answer => answer.Status == 401);
    }

    private static (int Status, string? Code) Of(Answer answer) => (answer.Status, answer.Code);

    private static object Timed(string customer, string id, DateTimeOffset time) => Story.Event(
        "TOKEN_USAGE", customer, id, new { provider = "OPENAI", model = "gpt-4-turbo", input_tokens = 1, output_tokens = 0 },
        time.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture));
}
