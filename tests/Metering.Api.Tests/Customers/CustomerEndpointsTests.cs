using Metering.Api.Tests.Support;
using Metering.Grid.Directory;

namespace Metering.Api.Tests.Customers;

public sealed class CustomerEndpointsTests
{
    [Fact]
    public async Task A_customer_comes_with_its_default_project_in_the_plans_newest_version()
    {
        await using TestGrid grid = await TestGrid.StartAsync();
        Reply made = await grid.Operator.PostJsonAsync(
            "/v1/customers",
            """{"id":"acme","name":"Acme","email":"a@acme.test","plan":"api-pro","time_zone":"Asia/Kolkata","tier":"gold"}""");
        Assert.Equal("/v1/customers/acme", made.Expect(201).Headers.Location!.ToString());
        Assert.Equal("USD", made["currency"]);
        Assert.Equal("active", made["status"]);
        Assert.Equal("2025-01-17T12:00:00Z", made["created_at"]);
        Assert.Equal(made.Text, (await grid.Operator.GetJsonAsync("/v1/customers/acme")).Expect(200).Text);
        Assert.Equal("acme", (await grid.Operator.GetJsonAsync("/v1/projects/acme")).Expect(200)["customer_id"]);
        (await grid.Operator.PostJsonAsync("/v1/customers", """{"id":"acme","name":"A","email":"a@b.c","plan":"api-pro"}"""))
            .ExpectProblem(409, "customer_exists");
    }

    [Fact]
    public async Task A_billing_anchor_day_is_1_to_31_the_first_where_none_is_given_and_fixed_from_then_on()
    {
        await using TestGrid grid = await TestGrid.StartAsync();
        foreach ((string id, string member, string expected) in
            new[] { ("first", "", "1"), ("last", """ ,"billing_anchor_day":31""", "31"), ("null", """ ,"billing_anchor_day":null""", "1") })
        {
            string body = $$"""{"id":"{{id}}","name":"A","email":"a@b.c","plan":"api-pro"{{member}}}""";
            Reply made = (await grid.Operator.PostJsonAsync("/v1/customers", body)).Expect(201);
            Assert.Equal(expected, made.Json.GetProperty("billing_anchor_day").ToString());
            Assert.Equal(made.Text, (await grid.Operator.GetJsonAsync("/v1/customers/" + id)).Expect(200).Text);
        }

        foreach (string wrong in new[] { "0", "32", "1.5", "\"5\"" })
        {
            Reply refused = await grid.Operator.PostJsonAsync(
                "/v1/customers", $$"""{"name":"A","email":"a@b.c","plan":"api-pro","billing_anchor_day":{{wrong}}}""");
            Assert.Equal(["billing_anchor_day"], refused.ExpectProblem(400, "invalid_request").Fields);
        }

        Assert.Equal(
            ["billing_anchor_day"],
            (await grid.Operator.PatchJsonAsync("/v1/customers/first", """{"billing_anchor_day":2}"""))
                .ExpectProblem(400, "invalid_request").Fields);
    }

    [Fact]
    public async Task An_id_is_made_up_where_none_is_given()
    {
        await using TestGrid grid = await TestGrid.StartAsync();
        Reply made = await grid.Operator.PostJsonAsync("/v1/customers", """{"name":"A","email":"a@b.c","plan":"api-free"}""");
        Assert.Equal(7, Guid.Parse(made.Expect(201)["id"]).Version);
        (await grid.Operator.GetJsonAsync("/v1/customers/" + made["id"])).Expect(200);
    }

    [Fact]
    public async Task Every_fault_of_the_body_is_named_at_once()
    {
        await using TestGrid grid = await TestGrid.StartAsync();
        Reply reply = await grid.Operator.PostJsonAsync(
            "/v1/customers",
            """{"id":"a\u0001b","email":"nobody","plan":3,"currency":"XXQ","time_zone":"Europe/Atlantis","status":"gone","color":"red"}""");
        Assert.Equal(["id", "name", "email", "plan", "currency", "time_zone", "status", "color"],
            reply.ExpectProblem(400, "invalid_request").Fields);
        (await grid.Operator.PostJsonAsync("/v1/customers", """{"name":"A","email":"a@b.c","plan":"none"}"""))
            .ExpectProblem(404, "plan_not_found");
        Assert.Equal(["currency"], (await grid.Operator.PostJsonAsync(
            "/v1/customers", """{"name":"x","email":"a@b","plan":"api-pro","currency":"EUR"}"""))
            .ExpectProblem(422, "currency_mismatch").Fields);
        (await grid.Operator.PostJsonAsync("/v1/customers", """{"name":"A",""")).ExpectProblem(400, "invalid_request");
        (await grid.Operator.PostJsonAsync("/v1/customers", """{"name":"A","name":"B","email":"a@b.c","plan":"api-free"}"""))
            .ExpectProblem(400, "invalid_request");
    }

    [Fact]
    public async Task A_body_over_a_megabyte_is_refused()
    {
        await using TestGrid grid = await TestGrid.StartAsync();
        string body = $$"""{"name":"{{new string('x', 1024 * 1024)}}"}""";
        (await grid.Operator.PostJsonAsync("/v1/customers", body)).ExpectProblem(413, "payload_too_large");
    }

    [Fact]
    public async Task A_change_of_plan_and_status_goes_through_the_partition()
    {
        await using TestGrid grid = await TestGrid.StartAsync();
        await grid.AddCustomerAsync("c1", "api-free");
        Reply changed = (await grid.Operator.PatchJsonAsync("/v1/customers/c1", """{"name":"New","plan":"api-pro","status":"suspended"}"""))
            .Expect(200);
        Assert.Equal(("New", "api-pro", "suspended"), (changed["name"], changed["plan"], changed["status"]));
        Assert.Equal(CustomerStatus.Suspended, grid.Engine.FakeWallet("c1").Status);
        Assert.Equal("api-pro", (await (await grid.Engine.FakeProjectAsync("c1")).ReadAsync(CancellationToken.None)).Plan);
        (await grid.Operator.PatchJsonAsync("/v1/customers/c1", """{"plan":"none"}""")).ExpectProblem(404, "plan_not_found");
        (await grid.Operator.PatchJsonAsync("/v1/customers/nobody", "{}")).ExpectProblem(404, "customer_not_found");
        Assert.Equal(["id"], (await grid.Operator.PatchJsonAsync("/v1/customers/c1", """{"id":"x"}"""))
            .ExpectProblem(400, "invalid_request").Fields);
    }

    [Fact]
    public async Task Lists_filter_sort_and_page_by_cursor_and_by_page()
    {
        await using TestGrid grid = await TestGrid.StartAsync();
        foreach (string id in new[] { "b", "a", "c", "e", "d" })
            await grid.AddCustomerAsync(id, id == "e" ? "api-pro" : "api-free");

        Reply first = (await grid.Operator.GetJsonAsync("/v1/customers?plan=api-free&sort=id&order=asc&limit=2")).Expect(200);
        Assert.Equal("4", first["total"]);
        Assert.Equal(["a", "b"], Ids(first));
        Reply second = (await grid.Operator.GetJsonAsync(
            $"/v1/customers?plan=api-free&sort=id&order=asc&limit=2&cursor={first["next_cursor"]}")).Expect(200);
        Assert.Equal(["c", "d"], Ids(second));
        Assert.Equal("", second["next_cursor"]);
        Assert.Equal(["c", "d"],
            Ids((await grid.Operator.GetJsonAsync("/v1/customers?plan=api-free&sort=id&limit=2&page=2&order=asc")).Expect(200)));
        Assert.Equal(["e", "d"], Ids((await grid.Operator.GetJsonAsync("/v1/customers?sort=id&order=desc&limit=2")).Expect(200)));
        Assert.Empty(Ids((await grid.Operator.GetJsonAsync("/v1/customers?status=suspended")).Expect(200)));
    }

    [Theory]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=1001", "limit")]
    [InlineData("page=-1", "page")]
    [InlineData("cursor=%21%21", "cursor")]
    [InlineData("sort=colour", "sort")]
    [InlineData("order=up", "order")]
    [InlineData("status=gone", "status")]
    public async Task Bad_parameters_are_named(string query, string field)
    {
        await using TestGrid grid = await TestGrid.StartAsync();
        Assert.Equal([field], (await grid.Operator.GetJsonAsync("/v1/customers?" + query)).ExpectProblem(400, "invalid_request").Fields);
    }

    [Fact]
    public async Task A_customers_key_reads_its_own_customer_and_no_other()
    {
        await using TestGrid grid = await TestGrid.StartAsync();
        await grid.AddCustomerAsync("c1", "api-free");
        await grid.AddCustomerAsync("c2", "api-free");
        using HttpClient own = await grid.Host.CustomerAsync("c1", KeyScopes.Read);
        (await own.GetJsonAsync("/v1/customers/c1")).Expect(200);
        (await own.GetJsonAsync("/v1/customers/c2")).ExpectProblem(403, "forbidden");
        (await own.GetJsonAsync("/v1/customers/nobody")).ExpectProblem(403, "forbidden");
        (await own.GetJsonAsync("/v1/customers")).ExpectProblem(403, "forbidden");
        (await own.PatchJsonAsync("/v1/customers/c1", "{}")).ExpectProblem(403, "forbidden");
        using HttpClient ingest = await grid.Host.CustomerAsync("c1", KeyScopes.Ingest);
        (await ingest.GetJsonAsync("/v1/customers/c1")).ExpectProblem(403, "forbidden");
    }

    [Fact]
    public async Task Without_the_control_database_a_list_is_unavailable()
    {
        await using TestGrid grid = await TestGrid.StartAsync();
        grid.Engine.Control.IsAway = true;
        (await grid.Operator.GetJsonAsync("/v1/customers")).ExpectProblem(503, "unavailable");
    }

    private static string[] Ids(Reply reply) =>
        [.. reply.Json.GetProperty("data").EnumerateArray().Select(row => row.GetProperty("id").GetString()!)];
}
