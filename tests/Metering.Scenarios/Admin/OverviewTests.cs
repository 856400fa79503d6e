using System.Text.Json;
using Metering.Scenarios.Support;

namespace Metering.Scenarios.Admin;

/// <summary>Servers of their own: what is shown is of all customers there are.</summary>
public sealed class OverviewTests : IAsyncLifetime
{
    private static readonly Month january = new(new DateTimeOffset(2025, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly BillingServer server = new();

    public Task InitializeAsync() => server.InitializeAsync();

    public Task DisposeAsync() => server.DisposeAsync();

    [Fact]
    public async Task Of_100_free_45_pro_and_5_enterprise_the_monthly_recurring_revenue_is_4705()
    {
        foreach ((string plan, int count) in new[] { ("api-free", 100), ("api-pro", 45), ("api-enterprise", 5) })
            await Parallel.ForAsync(0, count, async (_, _) => await server.CustomerAsync(plan));

        Answer overview = await OverviewAsync();

        Assert.Equal(("4705", "USD", "150"), (overview.Amount("mrr").ToString(), overview.Text("currency"), overview.Text("total_users")));
        Assert.Equal(
            """{"api-enterprise":5,"api-free":100,"api-pro":45}""", overview.Body.GetProperty("users_by_plan").GetRawText());
        Assert.Equal(["USD 4705"], Money(overview.Body, "mrr_by_currency"));

        // It follows a change of plan at once, and another project of a customer counts for revenue and is no user more.
        string other = await server.CustomerAsync("api-free");
        (await server.Operator.PatchAsync($"/v1/customers/{other}", new { plan = "api-pro" })).Expect(200);
        (await server.Operator.PostAsync($"/v1/customers/{other}/projects", new { name = "Second", plan = "api-enterprise" })).Expect(201);
        overview = await OverviewAsync();
        Assert.Equal(("5254", "151"), (overview.Amount("mrr").ToString(), overview.Text("total_users")));
    }

    [Fact]
    public async Task Overage_and_invoiced_revenue_of_the_month_before_and_the_five_who_pay_most()
    {
        string plan = await server.PlanAsync(
            """ "in":"money","model":"per_unit","unit_price":"0.10","included":"100" """,
            plan: """ "wallet_mode":"postpaid","base_fee":"20" """);
        // Each 10.00 of overage more than the one before: 30.00 to 90.00.
        var customers = new List<string>();
        for (int number = 1; number <= 7; number++)
        {
            customers.Add(await server.CustomerAsync(plan));
            await server.UseAsync(customers[^1], $"story.{plan}", 100 + 100 * number);
        }

        server.Clock.MoveTo(january.Closed);
        var bills = new List<Bill>();
        foreach (string customer in customers)
            bills.Add(await server.IssuedAsync(customer, january.Label));
        (await server.Operator.PostAsync(
            $"/v1/billing/invoice/{bills[5].Id}/credit_notes", new { amount = "5.50", reason = "an outage" })).Expect(201);
        (await server.MoveAsync(bills[6], "void")).Expect(200);
        await server.UseAsync(customers[0], $"story.{plan}", 7);
        Answer overview = await Story.UntilAsync(
            OverviewAsync, answer => answer.Text("events_this_month") == "1" && Money(answer.Body, "invoiced_revenue") is ["USD 324.5"]);

        Assert.Equal("2025-01", overview.Text("month"));
        Assert.Equal(["USD 210"], Money(overview.Body, "overage_revenue"));
        Assert.Equal(
            [(customers[5], "80", "60"), (customers[4], "70", "50"), (customers[3], "60", "40"), (customers[2], "50", "30"),
                (customers[1], "40", "20")],
            overview.Body.GetProperty("top_customers").EnumerateArray().Select(
                row => (row.GetProperty("customer_id").GetString()!, row.Amount("revenue"), row.Amount("overage"))));
        Answer empty = (await server.Operator.GetAsync("/api/admin/analytics/overview?month=2024-12")).Expect(200);
        Assert.Empty(Money(empty.Body, "invoiced_revenue"));
        Assert.Empty(empty.Rows("top_customers"));
    }

    [Fact]
    public async Task Users_are_listed_with_their_usage_and_revenue_filtered_and_by_pages()
    {
        string plan = await server.PlanAsync(
            """ "in":"money","model":"per_unit","unit_price":"0.10","included":"100" """,
            plan: """ "wallet_mode":"postpaid","base_fee":"20" """);
        string first = await server.CustomerAsync(plan);
        string second = await server.CustomerAsync(plan);
        await server.CustomerAsync("api-free");
        await server.UseAsync(first, $"story.{plan}", 150);
        server.Clock.MoveTo(january.Closed);
        await server.IssuedAsync(first, january.Label);
        await server.IssuedAsync(second, january.Label);
        await server.UseAsync(first, $"story.{plan}", 7);
        (await server.Operator.PatchAsync($"/v1/customers/{second}", new { status = "suspended" })).Expect(200);

        Answer listed = await Story.UntilAsync(
            () => UsersAsync($"plan={plan}&sort=name&order=asc"),
            answer => answer.Rows("data").All(row => Money(row, "revenue").Length > 0
                && (row.GetProperty("id").GetString() == first || row.GetProperty("status").GetString() == "suspended")));

        Assert.Equal("2", listed.Text("total"));
        Assert.Equal(new[] { first, second }.Order(StringComparer.Ordinal), Ids(listed).Order(StringComparer.Ordinal));
        JsonElement[] rows = [.. listed.Rows("data").OrderBy(row => row.GetProperty("id").GetString() == first ? 0 : 1)];
        Assert.Equal("7", rows[0].GetProperty("usage").Amount(plan));
        Assert.Equal(["USD 25", "USD 5"], [.. Money(rows[0], "revenue"), .. Money(rows[0], "overage")]);
        Assert.Equal(["USD 20", "USD 0"], [.. Money(rows[1], "revenue"), .. Money(rows[1], "overage")]);
        Assert.Equal("suspended", rows[1].GetProperty("status").GetString());

        Assert.Equal([second], Ids(await UsersAsync("status=suspended")));
        Assert.Equal([first], Ids(await UsersAsync($"search={first[..20]}")));
        Answer page = await UsersAsync($"plan={plan}&sort=id&order=asc&limit=1");
        Answer next = await UsersAsync($"plan={plan}&sort=id&order=asc&limit=1&cursor={page.Text("next_cursor")}");
        Assert.Equal(new[] { first, second }.Order(StringComparer.Ordinal), [.. Ids(page), .. Ids(next)]);
        Assert.Null(next.Text("next_cursor"));
        Assert.Equal("invalid_request", (await server.Operator.GetAsync("/api/admin/analytics/users?order=up")).Expect(400).Code);
    }

    [Fact]
    public async Task Both_are_the_operators_alone()
    {
        string customer = await server.CustomerAsync("api-free");
        Answer made = (await server.Operator.PostAsync(
            $"/v1/customers/{customer}/keys", new { name = "k", scopes = new[] { "read", "billing" } })).Expect(201);
        using var own = new ApiClient(server.Address, made.Text("secret"));
        (await own.GetAsync("/api/admin/analytics/overview")).Expect(403);
        (await own.GetAsync("/api/admin/analytics/users")).Expect(403);
    }

    private async Task<Answer> OverviewAsync() => (await server.Operator.GetAsync("/api/admin/analytics/overview")).Expect(200);

    private async Task<Answer> UsersAsync(string query) =>
        (await server.Operator.GetAsync("/api/admin/analytics/users?" + query)).Expect(200);

    private static string[] Ids(Answer answer) => [.. answer.Rows("data").Select(row => row.GetProperty("id").GetString()!)];

    private static string[] Money(JsonElement row, string member) =>
        [.. row.GetProperty(member).EnumerateArray().Select(each => $"{each.GetProperty("currency").GetString()} {each.Amount("amount")}")];
}
