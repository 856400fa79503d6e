using Metering.Api.Tests.Support;
using Metering.Grid.Directory;

namespace Metering.Api.Tests.Customers;

public sealed class ProjectEndpointsTests
{
    [Fact]
    public async Task A_project_is_added_listed_and_read()
    {
        await using TestGrid grid = await TestGrid.StartAsync();
        await grid.AddCustomerAsync("c1", "api-free");
        Reply made = (await grid.Operator.PostJsonAsync("/v1/customers/c1/projects", """{"id":"p1","name":"One","plan":"api-pro"}"""))
            .Expect(201);
        Assert.Equal(("p1", "c1", "api-pro"), (made["id"], made["customer_id"], made["plan"]));
        (await grid.Operator.PostJsonAsync("/v1/customers/c1/projects", """{"id":"p1","name":"Again"}"""))
            .ExpectProblem(409, "project_exists");
        (await grid.Operator.PostJsonAsync("/v1/customers/nobody/projects", """{"name":"x"}""")).ExpectProblem(404, "customer_not_found");
        Assert.Equal(["name"], (await grid.Operator.PostJsonAsync("/v1/customers/c1/projects", "{}")).ExpectProblem(400, "invalid_request")
            .Fields);

        Reply read = (await grid.Operator.GetJsonAsync("/v1/projects/p1")).Expect(200);
        Assert.Equal(("2025-01-01T00:00:00Z", "2025-02-01T00:00:00Z"), (read["period_start"], read["period_end"]));
        Assert.Equal(2, (await grid.Operator.GetJsonAsync("/v1/customers/c1/projects")).Expect(200).Json.GetProperty("data")
            .GetArrayLength());
        (await grid.Operator.GetJsonAsync("/v1/projects/none")).ExpectProblem(404, "project_not_found");
    }

    [Fact]
    public async Task A_plan_changes_now_or_at_the_next_period()
    {
        await using TestGrid grid = await TestGrid.StartAsync();
        await grid.AddCustomerAsync("c1", "api-free");
        Reply later = (await grid.Operator.PutJsonAsync("/v1/projects/c1/plan", """{"plan":"api-pro","when":"next_period"}""")).Expect(200);
        Assert.Equal(("api-free", "api-pro", "1"), (later["plan"], later["next_plan"], later["next_plan_version"]));
        Reply now = (await grid.Operator.PutJsonAsync("/v1/projects/c1/plan", """{"plan":"api-enterprise","version":1,"when":"now"}"""))
            .Expect(200);
        Assert.Equal("api-enterprise", now["plan"]);
        Assert.Equal("api-enterprise", (await grid.Operator.GetJsonAsync("/v1/customers/c1")).Expect(200)["plan"]);
        (await grid.Operator.PutJsonAsync("/v1/projects/c1/plan", """{"plan":"api-pro","version":9,"when":"now"}"""))
            .ExpectProblem(404, "plan_not_found");
        Assert.Equal(
            ["plan", "version", "when"],
            (await grid.Operator.PutJsonAsync("/v1/projects/c1/plan", """{"version":0,"when":"soon"}"""))
                .ExpectProblem(400, "invalid_request").Fields);
    }

    [Fact]
    public async Task A_customers_key_reads_its_own_projects_alone()
    {
        await using TestGrid grid = await TestGrid.StartAsync();
        await grid.AddCustomerAsync("c1", "api-free");
        await grid.AddCustomerAsync("c2", "api-free");
        using HttpClient own = await grid.Host.CustomerAsync("c1", KeyScopes.Read);
        (await own.GetJsonAsync("/v1/projects/c1")).Expect(200);
        (await own.GetJsonAsync("/v1/projects/c2")).ExpectProblem(403, "forbidden");
        (await own.PutJsonAsync("/v1/projects/c1/plan", """{"plan":"api-enterprise"}""")).ExpectProblem(403, "forbidden");
    }
}
