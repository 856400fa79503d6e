using System.Text.Json;
using Metering.Api.Tests.Support;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Grid.Directory;
using Metering.Grid.Projects;

namespace Metering.Api.Tests.Usage;

public sealed class OwnUsageTests
{
    [Fact]
    public async Task The_running_month_stands_against_its_limit()
    {
        await using TestGrid grid = await TestGrid.StartAsync();
        await grid.AddCustomerAsync("c1", "api-pro");
        (await grid.Engine.FakeProjectAsync("c1")).Limits.Add(new LimitView(
            "calls_billable", PeriodKind.Month,
            UsageEndpointsTests.At("2025-01-01T00:00:00Z"), UsageEndpointsTests.At("2025-02-01T00:00:00Z"),
            Amount.FromWhole(105_000), Amount.FromWhole(100_000), false));
        using HttpClient own = await grid.Host.CustomerAsync("c1", KeyScopes.Read);
        Assert.Equal(
            """
            {"period":"2025-01","period_start":"2025-01-01T00:00:00Z","period_end":"2025-02-01T00:00:00Z",
            "meter":"calls_billable","used":105000,"limit":100000,"remaining":0,"percentage":105,"plan":"api-pro"}
            """.ReplaceLineEndings(""),
            (await own.GetJsonAsync("/api/usage/current")).Expect(200).Text);
    }

    [Fact]
    public async Task Without_a_limit_only_the_usage_is_told()
    {
        await using TestGrid grid = await TestGrid.StartAsync();
        await grid.AddCustomerAsync("c1", "api-enterprise");
        (await grid.Engine.FakeProjectAsync("c1")).Totals.Add(Used("calls_billable", 7));
        Reply reply = (await grid.Operator.GetJsonAsync("/api/usage/current?customer=c1")).Expect(200);
        Assert.Equal(("7", "", "", "api-enterprise"), (reply["used"], reply["limit"], reply["percentage"], reply["plan"]));
        Assert.Equal(["customer"], (await grid.Operator.GetJsonAsync("/api/usage/current")).ExpectProblem(400, "invalid_request").Fields);
    }

    [Fact]
    public async Task Overage_that_no_amount_can_hold_has_no_cost()
    {
        await using TestGrid grid = await TestGrid.StartAsync();
        (await grid.Operator.PutJsonAsync(
            "/v1/plans/dear",
            """
            {"name":"Dear","currency":"USD","wallet_mode":"postpaid","limits":[],"charges":[
             {"meter":"calls_billable","in":"money","model":"per_unit","unit_price":"999999999999999999","included":"1"}]}
            """)).Expect(201);
        await grid.AddCustomerAsync("c1", "dear");
        (await grid.Engine.FakeProjectAsync("c1")).Totals.Add(Used("calls_billable", 1_000));
        Reply reply = (await grid.Operator.GetJsonAsync("/api/usage/overage?customer=c1")).Expect(200);
        Assert.Equal(("999", ""), (reply["overage_calls"], reply["overage_cost"]));
    }

    [Fact]
    public async Task Usage_is_the_total_of_the_meter_and_not_a_sum_over_combinations()
    {
        await using TestGrid grid = await TestGrid.StartAsync();
        await grid.AddCustomerAsync("c1", "api-enterprise");
        FakeProject project = await grid.Engine.FakeProjectAsync("c1");
        foreach (string method in new[] { "GET", "PUT" })
        {
            project.Usage.Add(Used("calls_billable", 0) with
            {
                Dimensions = [new("method", method)], Quantity = Amount.MaxValue,
            });
        }

        project.Totals.Add(Used("calls_billable", 9));
        Assert.Equal("9", (await grid.Operator.GetJsonAsync("/api/usage/current?customer=c1")).Expect(200)["used"]);
    }

    [Fact]
    public async Task Five_thousand_calls_over_cost_five_dollars()
    {
        await using TestGrid grid = await TestGrid.StartAsync();
        await grid.AddCustomerAsync("c1", "api-pro");
        FakeProject project = await grid.Engine.FakeProjectAsync("c1");
        project.Totals.Add(Used("calls_billable", 105_000));
        using HttpClient own = await grid.Host.CustomerAsync("c1", KeyScopes.Read);
        Assert.Equal(
            """
            {"included":100000,"used":105000,"overage_calls":5000,"overage_cost":5,"currency":"USD",
            "message":"5000 beyond the 100000 included cost 5.00 USD so far."}
            """.ReplaceLineEndings(""),
            (await own.GetJsonAsync("/api/usage/overage")).Expect(200).Text);
        project.Totals[0] = Used("calls_billable", 99_999);
        Reply within = (await own.GetJsonAsync("/api/usage/overage")).Expect(200);
        Assert.Equal(("0", "0", "99999 of 100000 included are used."),
            (within["overage_calls"], within["overage_cost"], within["message"]));
    }

    [Fact]
    public async Task History_has_a_row_a_day_also_for_days_without_usage()
    {
        await using TestGrid grid = await TestGrid.StartAsync();
        await grid.AddCustomerAsync("c1", "api-pro");
        UsageEndpointsTests.Hour(grid, "calls", "2025-01-16T10:00:00Z", "0", 12);
        JsonElement rows = (await grid.Operator.GetJsonAsync("/api/usage/history?days=3&customer=c1")).Expect(200).Json;
        Assert.Equal(["2025-01-15", "2025-01-16", "2025-01-17"], rows.EnumerateArray().Select(row => row.GetProperty("date").GetString()));
        Assert.Equal([0, 12, 0], rows.EnumerateArray().Select(row => row.GetProperty("calls").GetInt32()));
        Assert.All(rows.EnumerateArray(), row => Assert.Distinct(row.EnumerateObject().Select(member => member.Name)));
        Assert.Equal(30, (await grid.Operator.GetJsonAsync("/api/usage/history?customer=c1")).Expect(200).Json.GetArrayLength());
        Assert.Equal(["days"], (await grid.Operator.GetJsonAsync("/api/usage/history?customer=c1&days=0"))
            .ExpectProblem(400, "invalid_request").Fields);
    }

    [Fact]
    public async Task Endpoints_come_most_called_first()
    {
        await using TestGrid grid = await TestGrid.StartAsync();
        await grid.AddCustomerAsync("c1", "api-pro");
        UsageEndpointsTests.Hour(grid, "calls", "2025-01-16T10:00:00Z", "0", 2, """{"endpoint":"/a","method":"GET"}""");
        UsageEndpointsTests.Hour(grid, "calls", "2025-01-16T11:00:00Z", "0", 3, """{"endpoint":"/b","method":"GET"}""");
        UsageEndpointsTests.Hour(grid, "calls_failed", "2025-01-16T11:00:00Z", "0", 1, """{"endpoint":"/b","method":"GET"}""");
        UsageEndpointsTests.Hour(grid, "calls_response_time_ms", "2025-01-16T11:00:00Z", "100", 3, """{"endpoint":"/b","method":"GET"}""");
        Assert.Equal(
            """
            [{"endpoint":"/b","method":"GET","calls":3,"errors":1,"avg_response_time_ms":33.333333333},
            {"endpoint":"/a","method":"GET","calls":2,"errors":0,"avg_response_time_ms":null}]
            """.ReplaceLineEndings(""),
            (await grid.Operator.GetJsonAsync("/api/usage/endpoints?customer=c1")).Expect(200).Text);
    }

    private static MeterUsageView Used(string meter, long count) => new(
        meter, [], Amount.Zero, count, Amount.Zero, Amount.Zero, 0, Amount.FromWhole(count));
}
