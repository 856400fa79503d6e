using System.Text.Json;
using Metering.Api.Tests.Support;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Core.Usage;
using Metering.Grid.Directory;
using Metering.Grid.History;
using Metering.Grid.Projects;

namespace Metering.Api.Tests.Usage;

public sealed class UsageEndpointsTests
{
    [Fact]
    public async Task Raw_events_show_credits_and_cost_as_exact_numbers()
    {
        await using TestGrid grid = await TestGrid.StartAsync();
        await grid.AddCustomerAsync("c1", "llm-prepaid");
        grid.Engine.Projections.Events.Add(Event("e1", "2025-01-16T10:00:00Z", "15.000000001"));
        grid.Engine.Projections.Events.Add(Event("e2", "2025-01-16T11:00:00Z", "30"));
        Reply reply = (await grid.Operator.GetJsonAsync("/v1/usage/c1?limit=1")).Expect(200);
        Assert.Equal("e2", reply.Json.GetProperty("data")[0].GetProperty("id").GetString());
        Assert.Equal("0.03", reply.Json.GetProperty("data")[0].GetProperty("cost_usd").GetRawText());
        Reply next = (await grid.Operator.GetJsonAsync($"/v1/usage/c1?limit=1&cursor={reply["next_cursor"]}")).Expect(200);
        Assert.Equal("15.000000001", next.Json.GetProperty("data")[0].GetProperty("credits_burned").GetRawText());
        Assert.Equal("""{"model":"m"}""", next.Json.GetProperty("data")[0].GetProperty("data").GetRawText());
        Assert.Equal("e1", (await grid.Operator.GetJsonAsync("/v1/usage/c1?limit=1&page=2")).Expect(200)
            .Json.GetProperty("data")[0].GetProperty("id").GetString());
        Assert.Empty((await grid.Operator.GetJsonAsync("/v1/usage/c1?end=2025-01-15")).Expect(200).Json.GetProperty("data")
            .EnumerateArray());
        Assert.Equal(2, (await grid.Operator.GetJsonAsync("/v1/usage/c1?end=2025-01-16")).Expect(200).Json.GetProperty("data")
            .GetArrayLength());
    }

    [Theory]
    [InlineData("/v1/usage/c1?type=%00", "type")]
    [InlineData("/v1/customers?search=a%0Ab", "search")]
    public async Task Control_characters_in_a_query_are_refused_by_name(string path, string field)
    {
        await using TestGrid grid = await TestGrid.StartAsync();
        await grid.AddCustomerAsync("c1", "api-pro");
        Assert.Equal([field], (await grid.Operator.GetJsonAsync(path)).ExpectProblem(400, "invalid_request").Fields);
    }

    [Fact]
    public async Task A_summary_has_a_member_a_meter_and_the_cost()
    {
        await using TestGrid grid = await TestGrid.StartAsync();
        await grid.AddCustomerAsync("c1", "media-pro");
        Hour(grid, "participant_minutes", "2025-01-10T10:00:00Z", "45000");
        Hour(grid, "participant_minutes", "2025-01-12T10:00:00Z", "250.5");
        Hour(grid, "participant_minutes", "2025-01-13T10:00:00Z", "99");
        Reply reply = (await grid.Operator.GetJsonAsync("/v1/usage/c1/summary?start_date=2025-01-01&end_date=2025-01-12")).Expect(200);
        Assert.Equal(
            """
            {"project_id":"c1","start_date":"2025-01-01T00:00:00Z","end_date":"2025-01-13T00:00:00Z",
            "total_cost":181.002,"currency":"USD","participant_minutes":45250.5}
            """.ReplaceLineEndings(""),
            reply.Text);
        Reply all = (await grid.Operator.GetJsonAsync("/api/v1/usage/summary/c1?start_date=2025-01-01&end_date=2025-01-12")).Expect(200);
        Assert.Equal(("c1", "181.002", "45250.5"), (all["customer_id"], all["total_cost"], all["participant_minutes"]));
    }

    [Fact]
    public async Task Unique_counts_of_the_running_billing_period_come_from_the_partition()
    {
        await using TestGrid grid = await TestGrid.StartAsync();
        (await grid.Operator.PutJsonAsync(
            "/v1/meters/users",
            """{"event_type":"LOGIN","aggregation":"unique","value":"user","dimensions":[],"unit":"users"}""")).Expect(201);
        await grid.AddCustomerAsync("c1", "api-pro");
        Hour(grid, "users", "2025-01-10T10:00:00Z", "0", 5);
        (await grid.Engine.FakeProjectAsync("c1")).Totals.Add(new Metering.Grid.Projects.MeterUsageView(
            "users", [], Amount.Zero, 5, Amount.Zero, Amount.Zero, 3, Amount.FromWhole(3)));
        Assert.Equal("3", (await grid.Operator.GetJsonAsync("/v1/usage/c1/summary")).Expect(200)["users"]);
        Reply earlier = (await grid.Operator.GetJsonAsync("/v1/usage/c1/summary?start_date=2025-01-02")).Expect(200);
        Assert.Equal(System.Text.Json.JsonValueKind.Null, earlier.Json.GetProperty("users").ValueKind);
    }

    [Fact]
    public async Task A_project_that_nobody_has_looks_like_a_foreign_one_to_a_customers_key()
    {
        await using TestGrid grid = await TestGrid.StartAsync();
        await grid.AddCustomerAsync("c1", "api-pro");
        await grid.AddCustomerAsync("c2", "api-pro");
        using HttpClient own = await grid.Host.CustomerAsync("c1", Metering.Grid.Directory.KeyScopes.Read);
        foreach (string id in new[] { "c2", "nobody" })
        {
            (await own.GetJsonAsync($"/v1/usage/{id}/summary")).ExpectProblem(403, "forbidden");
            (await own.GetJsonAsync($"/v1/projects/{id}")).ExpectProblem(403, "forbidden");
            (await own.GetJsonAsync($"/api/usage/current?customer={id}")).ExpectProblem(403, "forbidden");
        }
    }

    [Fact]
    public async Task A_percentage_is_written_in_its_shortest_form()
    {
        await using TestGrid grid = await TestGrid.StartAsync();
        await grid.AddCustomerAsync("c1", "api-pro");
        foreach (decimal percentage in new[] { 100.000000000m, 85.500000000m })
        {
            grid.Engine.Projections.Alerts.Add(new Metering.Grid.History.AlertRow(
                "c1", "c1", "calls", "month", Instant.UnixEpoch, 100, "exceeded", Amount.One, Amount.One, percentage, "",
            Instant.UnixEpoch));
        }

        string text = (await grid.Operator.GetJsonAsync("/v1/usage/c1/alerts")).Expect(200).Text;
        Assert.Contains("\"percentage\":100,", text, StringComparison.Ordinal);
        Assert.Contains("\"percentage\":85.5,", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_range_with_too_many_rows_is_422_and_a_page_too_far_400()
    {
        await using TestGrid grid = await TestGrid.StartAsync();
        await grid.AddCustomerAsync("c1", "api-pro");
        Assert.Equal(["page"], (await grid.Operator.GetJsonAsync("/v1/usage/c1?limit=1000&page=102"))
            .ExpectProblem(400, "invalid_request").Fields);
        Assert.Equal(["page"], (await grid.Operator.GetJsonAsync("/v1/customers?limit=1000&page=100000"))
            .ExpectProblem(400, "invalid_request").Fields);
        (await grid.Operator.GetJsonAsync("/v1/usage/c1?limit=1000&page=101")).Expect(200);
        grid.Engine.Projections.Failure = new Metering.Grid.History.TooManyRowsException(500_000);
        (await grid.Operator.GetJsonAsync("/v1/usage/c1/summary")).ExpectProblem(422, "too_many_rows");
    }

    [Fact]
    public async Task What_is_included_counts_from_the_start_of_the_billing_period()
    {
        await using TestGrid grid = await TestGrid.StartAsync();
        await grid.AddCustomerAsync("c1", "api-pro");
        Hour(grid, "calls_billable", "2025-01-10T10:00:00Z", "0", 99_000);
        Hour(grid, "calls_billable", "2025-01-17T10:00:00Z", "0", 6_000);
        Assert.Equal("5", (await grid.Operator.GetJsonAsync("/v1/usage/c1/summary?start_date=2025-01-17")).Expect(200)["total_cost"]);
        Assert.Equal("5", (await grid.Operator.GetJsonAsync("/v1/usage/c1/summary")).Expect(200)["total_cost"]);
        Assert.Equal("0", (await grid.Operator.GetJsonAsync("/v1/usage/c1/summary?end_date=2025-01-16")).Expect(200)["total_cost"]);
    }

    [Fact]
    public async Task Rows_are_days_of_the_customers_zone_with_the_figures_of_api_calls()
    {
        await using TestGrid grid = await TestGrid.StartAsync();
        await grid.AddCustomerAsync("c1", "api-pro", "America/New_York");
        Hour(grid, "calls", "2025-01-11T04:00:00Z", "0", 10, """{"endpoint":"/a","method":"GET"}""");
        Hour(grid, "calls_billable", "2025-01-11T04:00:00Z", "0", 8);
        Hour(grid, "calls_failed", "2025-01-11T04:00:00Z", "0", 1, """{"endpoint":"/a","method":"GET"}""");
        Hour(grid, "calls_response_time_ms", "2025-01-11T04:00:00Z", "1250", 10, """{"endpoint":"/a","method":"GET"}""");
        Hour(grid, "calls", "2025-01-11T06:00:00Z", "0", 2, """{"endpoint":"/b","method":"GET"}""");
        JsonElement rows = (await grid.Operator.GetJsonAsync("/v1/usage/c1/aggregated?period=daily&start=2025-01-10&end=2025-01-11"))
            .Expect(200).Json;
        Assert.Equal(2, rows.GetArrayLength());
        Assert.Equal(
            """
            {"project_id":"c1","period_type":"daily","period_start":"2025-01-10T05:00:00Z","period_end":"2025-01-11T05:00:00Z",
            "total_cost":0,"currency":"USD","total_requests":10,"billable_requests":8,"avg_response_time_ms":125,"error_count":1,
            "calls":10,"calls_billable":8,"calls_failed":1,"calls_response_time_ms":125}
            """.ReplaceLineEndings(""),
            rows[0].GetRawText());
        JsonElement groups = (await grid.Operator.GetJsonAsync("/v1/usage/c1/aggregated?period=monthly&group_by=endpoint")).Expect(200)
            .Json;
        Assert.Equal(["/a", "/b"], groups.EnumerateArray().Select(row => row.GetProperty("group").GetString()));
    }

    [Theory]
    [InlineData("period=weekly", "period")]
    [InlineData("meter=none", "meter")]
    [InlineData("group_by=colour", "group_by")]
    [InlineData("meter=calls_billable&group_by=endpoint", "group_by")]
    [InlineData("period=hourly&start=2024-01-01&end=2024-12-31", "end")]
    public async Task Bad_queries_of_rows_are_named(string query, string field)
    {
        await using TestGrid grid = await TestGrid.StartAsync();
        await grid.AddCustomerAsync("c1", "api-pro");
        Assert.Equal([field], (await grid.Operator.GetJsonAsync("/v1/usage/c1/aggregated?" + query)).ExpectProblem(400, "invalid_request")
            .Fields);
    }

    [Fact]
    public async Task Alerts_are_an_array_and_pages_are_linked()
    {
        await using TestGrid grid = await TestGrid.StartAsync();
        await grid.AddCustomerAsync("c1", "media-free");
        for (int i = 0; i < 2; i++)
        {
            grid.Engine.Projections.Alerts.Add(new AlertRow(
                "c1", "c1", "participant_minutes", "month", Instant.UnixEpoch, 80, "warning",
                Amount.FromWhole(850), Amount.FromWhole(1_000), 85m,
                "Participant minutes at 85.0% of limit", At("2025-01-16T00:00:00Z")));
        }

        Reply reply = (await grid.Operator.GetJsonAsync("/v1/usage/c1/alerts?limit=1")).Expect(200);
        Assert.Equal(
            """
            [{"project_id":"c1","metric_type":"participant_minutes","current_usage":850,"limit":1000,"percentage":85,
            "severity":"warning","message":"Participant minutes at 85.0% of limit","notified":false,"at":"2025-01-16T00:00:00Z"}]
            """.ReplaceLineEndings(""),
            reply.Text);
        Assert.Equal("</v1/usage/c1/alerts?limit=1&cursor=1>; rel=\"next\"", Assert.Single(reply.Headers.GetValues("Link")));
        Reply within = (await grid.Operator.GetJsonAsync("/v1/usage/c1/alerts?limit=1&start=2025-01-01&end=2025-01-31")).Expect(200);
        Assert.Equal(
            "</v1/usage/c1/alerts?start=2025-01-01&end=2025-01-31&limit=1&cursor=1>; rel=\"next\"",
            Assert.Single(within.Headers.GetValues("Link")));
    }

    [Fact]
    public async Task A_check_tells_the_limits_and_whether_an_event_would_be_taken()
    {
        await using TestGrid grid = await TestGrid.StartAsync();
        await grid.AddCustomerAsync("c1", "media-free");
        FakeProject project = await grid.Engine.FakeProjectAsync("c1");
        Assert.Equal("""{"approaching_limits":false,"alerts":[]}""", (await grid.Operator.PostJsonAsync("/v1/usage/c1/check-limits", ""))
            .Expect(200).Text);
        project.Check = new CheckAnswer(
            EventCode.LimitExceeded, Amount.Zero,
            [new LimitAlert("participant_minutes", PeriodKind.Month, Amount.FromWhole(850), Amount.FromWhole(1_000), 85m, 80, "warning",
                "at 85.0%")]);
        Reply reply = (await grid.Operator.PostJsonAsync(
            "/v1/usage/c1/check-limits", """{"type":"usage.participant_minutes","data":{"quantity":200}}""")).Expect(200);
        Assert.Equal(("True", "False", "limit_exceeded"), (reply["approaching_limits"], reply["allowed"], reply["code"]));
        Assert.Equal("usage.participant_minutes", project.CheckedType);
        project.Check = project.Check with { Code = EventCode.Accepted };
        Assert.Equal("accepted", (await grid.Operator.PostJsonAsync(
            "/v1/usage/c1/check-limits", """{"type":"usage.participant_minutes","data":{"quantity":1}}""")).Expect(200)["code"]);
        Assert.Equal(
            ["data.quantity"],
            (await grid.Operator.PostJsonAsync(
                "/v1/usage/c1/check-limits", """{"type":"usage.participant_minutes","data":{"quantity":"many"}}"""))
                .ExpectProblem(400, "invalid_event").Fields);
        Assert.Equal(["type"], (await grid.Operator.PostJsonAsync("/v1/usage/c1/check-limits", """{"data":{}}"""))
            .ExpectProblem(400, "invalid_request").Fields);
    }

    [Fact]
    public async Task A_key_reads_the_usage_of_its_own_projects_alone()
    {
        await using TestGrid grid = await TestGrid.StartAsync();
        await grid.AddCustomerAsync("c1", "api-pro");
        await grid.AddCustomerAsync("c2", "api-pro");
        using HttpClient own = await grid.Host.CustomerAsync("c1", KeyScopes.Read);
        foreach (string path in new[] { "/v1/usage/{0}", "/v1/usage/{0}/summary", "/v1/usage/{0}/aggregated", "/v1/usage/{0}/alerts",
            "/api/v1/usage/summary/{0}" })
        {
            (await own.GetJsonAsync(path.Replace("{0}", "c1", StringComparison.Ordinal))).Expect(200);
            (await own.GetJsonAsync(path.Replace("{0}", "c2", StringComparison.Ordinal))).ExpectProblem(403, "forbidden");
        }

        (await grid.Operator.GetJsonAsync("/v1/usage/none/summary")).ExpectProblem(404, "project_not_found");
    }

    internal static void Hour(TestGrid grid, string meter, string start, string sum, long count = 1, string dimensions = "{}") =>
        grid.Engine.Projections.Hours.Add(new UsageHourRow(
            "c1", meter, dimensions, At(start), Amount.Parse(sum), count, Amount.Zero, Amount.Zero, At(start), Amount.Zero));

    internal static Instant At(string text) => Instant.TryParseRfc3339(text, out Instant at) ? at : throw new FormatException(text);

    private static UsageEventRow Event(string id, string time, string credits) => new(
        "c1", "c1", "app", id, "TOKEN_USAGE", At(time), At(time), """{"model":"m"}""", Amount.Parse(credits), "llm-prepaid", 1, 1, 0);
}
