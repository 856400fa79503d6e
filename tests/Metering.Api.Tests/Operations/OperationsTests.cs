using System.Text.Json;
using Metering.Api.Tests.Support;
using Metering.Grid.Directory;

namespace Metering.Api.Tests.Operations;

public sealed class OperationsTests
{
    [Fact]
    public async Task Health_needs_no_key()
    {
        await using TestGrid grid = await TestGrid.StartAsync();
        Reply reply = (await grid.Host.Anybody.GetJsonAsync("/health")).Expect(200);
        Assert.Equal("""{"status":"ok","timestamp":"2025-01-17T12:00:00Z"}""", reply.Text);
    }

    [Fact]
    public async Task Ready_tells_the_database_the_engine_and_each_shard()
    {
        await using TestGrid grid = await TestGrid.StartAsync();
        Reply ready = (await grid.Host.Anybody.GetJsonAsync("/ready")).Expect(200);
        Assert.Equal("ready", ready["status"]);
        Assert.Equal("connected", ready.Json.GetProperty("services").GetProperty("database").GetString());
        Assert.False(ready.Json.TryGetProperty("reason", out _));

        grid.Engine.Status.Shards[1].Connected = false;
        (grid.Engine.Status.PartitionsAway, grid.Engine.Status.AwayReason) = (2, "db7.internal:5432 is away");
        Reply partly = (await grid.Host.Anybody.GetJsonAsync("/ready")).Expect(200);
        Assert.Equal("unavailable", partly.Json.GetProperty("services").GetProperty("shard:s1").GetString());
        Assert.Equal("2 away", partly.Json.GetProperty("services").GetProperty("partitions").GetString());
    }

    [Fact]
    public async Task A_fenced_engine_is_not_ready_and_says_why()
    {
        await using TestGrid grid = await TestGrid.StartAsync();
        (grid.Engine.Status.Ready, grid.Engine.Status.NotReadyReason) = (false, "db7.internal:5432 is away");
        Reply reply = (await grid.Host.Anybody.GetJsonAsync("/ready")).Expect(503);
        Assert.Equal(("not_ready", "The engine does not serve."), (reply["status"], reply["reason"]));
        (await grid.Host.Anybody.GetJsonAsync("/health")).Expect(200);
    }

    [Fact]
    public async Task Without_the_control_database_it_is_not_ready()
    {
        await using TestGrid grid = await TestGrid.StartAsync();
        grid.Engine.Control.IsAway = true;
        Reply reply = (await grid.Host.Anybody.GetJsonAsync("/ready")).Expect(503);
        Assert.Equal("unavailable", reply.Json.GetProperty("services").GetProperty("database").GetString());
    }

    [Fact]
    public async Task Figures_are_numbers_by_the_stated_formulas()
    {
        await using TestGrid grid = await TestGrid.StartAsync();
        grid.Engine.Status.EventsAccepted = 1_000;
        grid.Engine.Status.GroupsWritten = 30;
        (grid.Engine.Status.CustomerHits, grid.Engine.Status.CustomerLookups) = (9, 10);
        grid.Engine.Status.Shards[0].Events = 1_000;
        grid.Engine.Projections.Seconds = 1.5;
        JsonElement figures = (await grid.Operator.GetJsonAsync("/api/v1/metrics")).Expect(200).Json;
        Assert.Equal(0.99, figures.GetProperty("write_reduction").GetDouble());
        Assert.Equal(0.9, figures.GetProperty("cache_hit_rate").GetDouble());
        Assert.Equal(1.5, figures.GetProperty("projection_lag_seconds").GetDouble());
        Assert.Equal(1_000, figures.GetProperty("shard_distribution").GetProperty("s0").GetProperty("events").GetInt64());
        foreach (string name in new[] { "events_per_second", "events_per_minute", "p50_ms", "p95_ms", "p99_ms" })
            Assert.Equal(JsonValueKind.Number, figures.GetProperty(name).ValueKind);
        (await grid.Host.Anybody.GetJsonAsync("/api/v1/metrics")).ExpectProblem(401, "unauthorized");
    }

    [Fact]
    public async Task Requests_with_events_show_in_the_metrics_text()
    {
        await using TestGrid grid = await TestGrid.StartAsync();
        await grid.AddCustomerAsync("c1", "api-free");
        (await grid.Operator.PostJsonAsync(
            "/api/v1/usage/events", """{"organization_id":"c1","metric_name":"storage","quantity":1}""")).Expect(200);
        Reply text = (await grid.Host.Anybody.GetJsonAsync("/metrics")).Expect(200);
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", text.ContentType);
        Assert.Contains("# TYPE metering_ingest_duration_seconds histogram\n", text.Text, StringComparison.Ordinal);
        Assert.Contains(
            "metering_ingest_duration_seconds_count{http_route=\"/api/v1/usage/events\",http_response_status_code=\"200\"} 1\n",
            text.Text, StringComparison.Ordinal);
        Assert.Contains("metering_events_total{metering_outcome=\"accepted\"} 1\n", text.Text, StringComparison.Ordinal);
        Assert.Contains("metering_ready 1\n", text.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Customers_are_warmed_all_or_by_name()
    {
        await using TestGrid grid = await TestGrid.StartAsync();
        await grid.AddCustomerAsync("c1", "api-free");
        Assert.Equal("7", (await grid.Operator.PostJsonAsync("/api/v1/cache/warm", "")).Expect(200)["loaded"]);
        Assert.Null(grid.Engine.Warmed);
        Assert.Equal("1", (await grid.Operator.PostJsonAsync("/api/v1/cache/warm", """{"customers":["c1"]}""")).Expect(200)["loaded"]);
        Assert.Equal("c1", Assert.Single(grid.Engine.Warmed!).Id);
        (await grid.Operator.PostJsonAsync("/api/v1/cache/warm", """{"customers":["c1","nobody"]}"""))
            .ExpectProblem(404, "customer_not_found");
        Assert.Equal(["customers[1]"], (await grid.Operator.PostJsonAsync("/api/v1/cache/warm", """{"customers":["c1",3]}"""))
            .ExpectProblem(400, "invalid_request").Fields);
        using HttpClient own = await grid.Host.CustomerAsync(
            "c1", KeyScopes.Read | KeyScopes.Ingest | KeyScopes.Wallet | KeyScopes.Billing);
        (await own.PostJsonAsync("/api/v1/cache/warm", "")).ExpectProblem(403, "forbidden");
    }
}
