using Metering.Scenarios.Support;

namespace Metering.Scenarios.Refusals;

/// <summary>Whatever is malformed is named, and nothing of the request is taken.</summary>
[Collection(SharedServer.Name)]
public sealed class BadBodiesTests(ScenarioServer server)
{
    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("nonsense")]
    [InlineData("[{]")]
    [InlineData("\"text\"")]
    [InlineData("[1]")]
    [InlineData("{\"specversion\":\"1.0\"}")]
    [InlineData("{\"specversion\":\"2.0\",\"id\":\"1\",\"source\":\"s\",\"type\":\"t\",\"subject\":\"c\"}")]
    [InlineData("{\"specversion\":\"1.0\",\"id\":1,\"source\":\"s\",\"type\":\"t\",\"subject\":\"c\"}")]
    [InlineData("{\"specversion\":\"1.0\",\"id\":\"\",\"source\":\"s\",\"type\":\"t\",\"subject\":\"c\"}")]
    [InlineData("{\"specversion\":\"1.0\",\"id\":\"a\\u0000b\",\"source\":\"s\",\"type\":\"t\",\"subject\":\"c\"}")]
    [InlineData("{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"s\",\"type\":\"t\",\"subject\":\"c\",\"time\":\"yesterday\"}")]
    [InlineData("{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"s\",\"type\":\"t\",\"subject\":\"c\",\"data\":[]}")]
    public async Task A_malformed_body_is_400(string body)
    {
        Answer answer = await server.Operator.PostAsync("/v1/events", body);
        Assert.Equal((400, "invalid_event"), (answer.Status, answer.Code));
    }

    [Fact]
    public async Task Every_fault_is_named_with_its_index_and_field()
    {
        Answer answer = await server.Operator.PostAsync(
            "/v1/events",
            """
            [{"specversion":"1.0","source":"s","type":"t","subject":"c"},{"specversion":"1.0","id":"1","source":"s","type":"t"}]
            """);
        Assert.Equal(400, answer.Status);
        Assert.Equal(
            ["0 id", "1 subject"],
            answer.Rows("errors").Select(error => $"{error.GetProperty("index")} {error.GetProperty("field").GetString()}"));
    }

    [Fact]
    public async Task An_id_over_256_bytes_is_refused()
    {
        string customer = await server.CustomerAsync("llm-prepaid", "100");
        Assert.Equal(204, (await server.Operator.PostAsync("/v1/events", Story.Tokens(customer, new string('x', 256), 1, 0))).Status);
        Assert.Equal(400, (await server.Operator.PostAsync("/v1/events", Story.Tokens(customer, new string('x', 257), 1, 0))).Status);
    }

    [Fact]
    public async Task More_than_10000_events_and_more_than_8_megabytes_are_413()
    {
        string customer = await server.CustomerAsync("llm-postpaid");
        object[] many = [.. Enumerable.Range(0, 10_001).Select(number => Story.Tokens(customer, $"{number}", 1, 0))];
        Assert.Equal(413, (await server.Operator.PostAsync("/v1/events", many)).Status);
        Assert.Equal(204, (await server.Operator.PostAsync("/v1/events", many[..10_000])).Status);
        string large = $"[{new string(' ', 8 * 1024 * 1024)}]";
        // The answer comes before the body is read; a client that waits for it before it sends the body sees it for certain.
        Assert.Equal(413, (await server.Operator.PostAsync("/v1/events", large, ("Expect", "100-continue"))).Status);
    }
}
