using Metering.Api.Tests.Support;
using Metering.Core.Catalog;
using Metering.Core.Ids;
using Metering.Grid.Projects;

namespace Metering.Api.Tests.Catalog;

/// <summary>Requests that name what another process has put into the catalogue a moment ago: this one has not polled since.</summary>
public sealed class CatalogLookupsTests
{
    [Fact]
    public async Task Plan_is_found_by_whoever_names_it()
    {
        await using TestGrid grid = await StartAsync();
        await MakePlanAsync(grid, "p1");
        await grid.AddCustomerAsync("c1", "p1");

        await MakePlanAsync(grid, "p2");
        Assert.Equal("p2", (await grid.Operator.PatchJsonAsync("/v1/customers/c1", """{"plan":"p2"}""")).Expect(200)["plan"]);
        await MakePlanAsync(grid, "p3");
        (await grid.Operator.PostJsonAsync("/v1/customers/c1/projects", """{"name":"Two","plan":"p3"}""")).Expect(201);
        await MakePlanAsync(grid, "p4");
        (await grid.Operator.PutJsonAsync("/v1/projects/c1/plan", """{"plan":"p4","when":"now"}""")).Expect(200);
        await MakePlanAsync(grid, "p5");
        Assert.Equal("p5", (await grid.Operator.GetJsonAsync("/v1/plans/p5?version=1")).Expect(200)["id"]);
    }

    [Fact]
    public async Task Plan_that_a_project_was_moved_to_elsewhere_prices_its_usage()
    {
        await using TestGrid grid = await StartAsync();
        await grid.AddCustomerAsync("c1", "api-pro");
        await MakePlanAsync(grid, "p1");
        await (await grid.Engine.FakeProjectAsync("c1")).ChangePlanAsync("p1", 1, PlanChangeTime.Now, CancellationToken.None);

        (await grid.Operator.GetJsonAsync("/v1/usage/c1/summary")).Expect(200);
    }

    [Fact]
    public async Task Meter_is_found_and_a_plan_may_name_it()
    {
        await using TestGrid grid = await StartAsync();
        await grid.Engine.Control.PutMeterAsync(
            new Meter { Id = MeterId.Parse("m1"), EventType = "m1", Aggregation = Aggregation.Count, Unit = "calls" },
            CancellationToken.None);
        Assert.Null(grid.Engine.Control.Catalog.Meters.GetValueOrDefault("m1"));
        Assert.Equal("m1", (await grid.Operator.GetJsonAsync("/v1/meters/m1")).Expect(200)["id"]);

        await grid.Engine.Control.PutMeterAsync(
            new Meter { Id = MeterId.Parse("m2"), EventType = "m2", Aggregation = Aggregation.Count, Unit = "calls" },
            CancellationToken.None);
        const string plan = """
            {"name":"P","currency":"USD","wallet_mode":"postpaid",
             "charges":[{"meter":"m2","in":"money","model":"per_unit","unit_price":"1"}]}
            """;
        (await grid.Operator.PutJsonAsync("/v1/plans/p1", plan)).Expect(201);
    }

    [Fact]
    public async Task Event_counts_whose_type_has_got_its_meter_elsewhere()
    {
        await using TestGrid grid = await StartAsync();
        await grid.AddCustomerAsync("c1", "api-pro");
        await MakeMeterAsync(grid, "m1");
        // Twice in a body, and with an escape, whose text is put behind the body each time that it is read.
        string events = $"[{Event("m1", "e\\u00e91")},{Event("m1", "e2")}]";
        (await grid.Operator.PostJsonAsync("/v1/events", events)).Expect(204);
        Assert.Equal(2, grid.Engine.Status.EventsAccepted);

        await MakeMeterAsync(grid, "m2");
        Reply check = (await grid.Operator.PostJsonAsync("/v1/usage/c1/check-limits", """{"type":"m2","data":{"n":5}}""")).Expect(200);
        Assert.DoesNotContain("unknown_meter", check.Text, StringComparison.Ordinal);

        (await grid.Operator.PostJsonAsync("/v1/events", Event("m3", "e3"))).ExpectProblem(422, "unknown_meter");
    }

    private static string Event(string type, string id) =>
        $$$"""{"specversion":"1.0","id":"{{{id}}}","source":"t","subject":"c1","type":"{{{type}}}","data":{"n":5}}""";

    private static async Task MakeMeterAsync(TestGrid grid, string id)
    {
        await grid.Engine.Control.PutMeterAsync(
            new Meter { Id = MeterId.Parse(id), EventType = id, Aggregation = Aggregation.Sum, Value = "n", Unit = "calls" },
            CancellationToken.None);
        Assert.Null(grid.Engine.Control.Catalog.Meters.GetValueOrDefault(id));
    }

    private static async Task<TestGrid> StartAsync()
    {
        TestGrid grid = await TestGrid.StartAsync();
        grid.Engine.Control.SeesChangesLate = true;
        return grid;
    }

    private static async Task MakePlanAsync(TestGrid grid, string id)
    {
        Assert.True(grid.Engine.Control.Catalog.TryFindNewestPlan("api-pro", out Plan? pro));
        await grid.Engine.Control.PutPlanAsync(pro with { Id = PlanId.Parse(id) }, CancellationToken.None);
        Assert.False(grid.Engine.Control.Catalog.TryFindNewestPlan(id, out Plan? _));
    }
}
