using Metering.Scenarios.Support;

namespace Metering.Scenarios.Quantities;

[Collection(SharedServer.Name)]
public sealed class PrecisionTests(ScenarioServer server)
{
    [Fact]
    public async Task A_json_number_with_more_than_nine_decimals_counts_rounded_to_the_ninth()
    {
        string customer = await server.CustomerAsync("media-pro");
        const string json = """
            [{"specversion":"1.0","id":"1","source":"s","type":"usage.participant_minutes","subject":"CUSTOMER",
              "data":{"quantity":523.4567890123456}}]
            """;
        Answer answer = await server.Operator.PostAsync(
            "/v1/events", json.Replace("CUSTOMER", customer, StringComparison.Ordinal), ("Prefer", "return=representation"));
        Assert.Equal(["accepted"], answer.Codes());
        Assert.Equal("523.456789012", await CountedAsync(customer));
    }

    [Theory]
    [InlineData("\"523.4567890123456\"")]
    [InlineData("\"NaN\"")]
    [InlineData("true")]
    [InlineData("{}")]
    public async Task What_is_no_exact_quantity_is_malformed_and_nothing_of_the_request_is_taken(string quantity)
    {
        string customer = await server.CustomerAsync("media-pro");
        string good = Json(customer, "1", "1");
        Answer answer = await server.Operator.PostAsync(
            "/v1/events", $"[{good},{Json(customer, "2", quantity)}]", ("Prefer", "return=representation"));
        Assert.Equal((400, "invalid_event"), (answer.Status, answer.Code));
        Assert.Equal("1", answer.Rows("errors")[0].GetProperty("index").ToString());
        Assert.Equal(["accepted"],
            (await server.Operator.PostAsync("/v1/events", $"[{good}]", ("Prefer", "return=representation"))).Codes());
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("1e400")]
    [InlineData("1000000000000000000")]
    public async Task A_number_out_of_range_is_refused_and_the_others_are_taken(string quantity)
    {
        string customer = await server.CustomerAsync("media-enterprise");
        Answer answer = await server.Operator.PostAsync(
            "/v1/events", $"[{Json(customer, "1", quantity)},{Json(customer, "2", "2")}]", ("Prefer", "return=representation"));
        Assert.Equal(["out_of_range", "accepted"], answer.Codes());
    }

    [Theory]
    [InlineData("0.1", 30, "3")]
    [InlineData("0.000000001", 7, "0.000000007")]
    [InlineData("45250.5", 2, "90501")]
    public async Task Decimals_add_up_exactly(string quantity, int times, string total)
    {
        string customer = await server.CustomerAsync("media-enterprise");
        string events = string.Join(',', Enumerable.Range(0, times).Select(number => Json(customer, $"{number}", quantity)));
        await server.Operator.PostAsync("/v1/events", $"[{events}]");
        Assert.Equal(total, await CountedAsync(customer));
    }

    private static string Json(string customer, string id, string quantity) =>
        $$"""
        {"specversion":"1.0","id":"{{id}}","source":"s","type":"usage.participant_minutes","subject":"{{customer}}",
         "data":{"quantity":{{quantity}}} }
        """;

    private async Task<string> CountedAsync(string customer)
    {
        Answer summary = await Story.UntilAsync(
            () => server.Operator.GetAsync($"/v1/usage/{customer}/summary"),
            answer => answer.Status == 200 && answer.Text("participant_minutes") is not (null or "0"));
        return summary.Amount("participant_minutes").ToString();
    }
}
