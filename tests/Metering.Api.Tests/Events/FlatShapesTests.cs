using System.Net;
using System.Text.Json;
using Metering.Core.Usage;
using Metering.Grid.Ingest;

namespace Metering.Api.Tests.Events;

public sealed class FlatShapesTests : IAsyncLifetime
{
    private const string Path = "/v1/events/ingest";
    private ApiHost api = null!;

    public async Task InitializeAsync() => api = await ApiHost.StartAsync();

    public async Task DisposeAsync() => await api.DisposeAsync();

    [Fact]
    public async Task Ingest_answers_202_with_a_batch_id_and_results()
    {
        api.Engine.Decide = id => id == "k2" ? new EventResult { Code = EventCode.NoPrice } : api.Engine.Accepted();
        HttpResponseMessage response = await api.PostAsync(Path, Body(One(1, "k1"), One(2, "k2")), api.CustomerKey);
        JsonElement answer = await Json.ReadAsync(response);
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        Assert.Equal(1, answer.Number("accepted"));
        Assert.Equal(1, answer.Number("rejected"));
        Assert.Equal(0, answer.Number("duplicates"));
        Assert.True(answer.GetProperty("batch_id").TryGetGuid(out _));
        Assert.Equal("processing", answer.Text("status"));
        Assert.Equal(0, answer.Number("processing_time_ms"));
        Assert.Equal("no_price", answer.GetProperty("results")[1].Text("code"));
        Assert.Equal(["c1/TOKEN_USAGE/k1", "c1/TOKEN_USAGE/k2"], api.Engine.Taken);
    }

    [Fact]
    public async Task Ingest_of_duplicates_alone_is_200_without_a_batch_id()
    {
        api.Engine.Decide = _ => api.Engine.Accepted() with { Code = EventCode.Duplicate };
        HttpResponseMessage response = await api.PostAsync(Path, Body(One(1)), api.CustomerKey);
        JsonElement answer = await Json.ReadAsync(response);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(JsonValueKind.Null, answer.GetProperty("batch_id").ValueKind);
        Assert.Equal("all_duplicates", answer.Text("status"));
        Assert.Equal("All events were duplicates", answer.Text("message"));
    }

    [Fact]
    public async Task Ingest_all_refused_for_credits_is_402()
    {
        api.Engine.Decide = _ => new EventResult { Code = EventCode.InsufficientCredits };
        JsonElement problem =
            await Json.ProblemAsync(await api.PostAsync(Path, Body(One(1), One(2)), api.CustomerKey), "insufficient_credits");
        Assert.Equal("INSUFFICIENT_CREDITS", problem.Text("error"));
        Assert.Equal(2, problem.Number("rejected"));
    }

    [Fact]
    public async Task Ingest_problems_carry_the_members_of_earlier_clients()
    {
        JsonElement problem = await Json.ProblemAsync(await api.PostAsync(Path, Body(One(1)), null), "unauthorized");
        Assert.Equal("UNAUTHORIZED", problem.Text("error"));
        problem = await Json.ProblemAsync(await api.PostAsync(Path, Body(One(1), One(2, customer: "c2")), api.CustomerKey), "forbidden");
        Assert.Equal("FORBIDDEN", problem.Text("error"));
        problem = await Json.ProblemAsync(
            await api.PostAsync(Path, Body(One(1).Replace("TOKEN_USAGE", "X", StringComparison.Ordinal)), api.CustomerKey),
            "invalid_event");
        Assert.Equal("VALIDATION_ERROR", problem.Text("error"));
        Assert.Equal(problem.Text("detail"), problem.Text("message"));
        Assert.Equal("event_type", problem.GetProperty("details")[0].Text("field"));
        Assert.Empty(api.Engine.Taken);
    }

    [Fact]
    public async Task Usage_by_metric_answers_with_results()
    {
        const string One = "{\"organization_id\":\"c1\",\"metric_name\":\"api_calls\",\"quantity\":5}";
        HttpResponseMessage response = await api.PostAsync("/api/v1/usage/events", One, api.CustomerKey);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        JsonElement answer = await Json.ReadAsync(response);
        Assert.Equal(1, answer.Number("accepted"));
        Assert.Equal("999985", answer.GetProperty("balances")[0].Text("available"));
        response = await api.PostAsync("/api/v1/usage/events", $"[{One},{One}]", api.CustomerKey);
        Assert.Equal(2, (await Json.ReadAsync(response)).Number("accepted"));
        Assert.Equal(3, api.Engine.Taken.Distinct().Count());
        Assert.All(api.Engine.Taken, taken => Assert.StartsWith("c1/usage.api_calls/", taken, StringComparison.Ordinal));
    }

    private static string Body(params string[] events) => $"{{\"events\":[{string.Join(",", events)}]}}";

    private static string One(int number, string? key = null, string customer = "c1") => $$"""
        {"event_id":"7c9e6679-7425-40de-944b-e07fc1f90a{{number:x2}}","customer_id":"{{customer}}",
        "event_type":"TOKEN_USAGE","feature_id":"f",
        "provider":"OPENAI","model":"gpt-4-turbo","input_tokens":1000,"output_tokens":500,"timestamp":"2025-01-17T14:30:00Z",
        "idempotency_key":{{(key is null ? "null" : $"\"{key}\"")}}}
        """;
}
