using System.Text.Json;
using Metering.Scenarios.Support;

namespace Metering.Scenarios.Invoices.Dashboard;

[Collection(SharedBilling.Name)]
public sealed class DashboardTests(BillingServer server)
{
    [Fact]
    public async Task After_10_of_31_days_what_adds_up_is_foretold_3_1_times_and_the_rest_as_it_is()
    {
        Month month = server.NextMonth(days: 31);
        string project = await server.CustomerAsync("media-pro");
        await server.UseAsync(project, "usage.storage_gb", 50);
        server.Clock.MoveTo(month.At(11));
        await server.UseAsync(project, "usage.participant_minutes", 10_000);

        Answer dashboard = await ReadAsync(project);

        // 10,000 minutes at 0.004, 50 GB at 0.10 and the base fee of 49.00; then 31,000 minutes.
        Assert.Equal(("94", "178", "USD"), Totals(dashboard));
        Assert.Equal(["usage 40", "usage 5", "base_fee 49"], Lines(dashboard));
        Assert.Equal(
            (project, "media-pro", month.Label),
            (dashboard.Text("project_id"), dashboard.Text("current_plan"), dashboard.Text("billing_period")));
        JsonElement usage = dashboard.Body.GetProperty("usage_summary");
        Assert.Equal(("10000", "50"), (usage.Amount("participant_minutes"), usage.Amount("storage_gb")));
        JsonElement limit = dashboard.Rows("plan_limits").Single(row => row.GetProperty("meter").GetString() == "participant_minutes");
        Assert.Equal(("10000", "100000", "10"), (limit.Amount("used"), limit.Amount("limit"), limit.Amount("percentage")));
        Assert.Empty(dashboard.Rows("alerts"));
        Assert.Empty(dashboard.Rows("recent_invoices"));

        // The month goes on as it did, and comes to what was foretold.
        server.Clock.MoveTo(month.End.AddSeconds(-1));
        await server.UseAsync(project, "usage.participant_minutes", 21_000);
        Bill bill = await server.CloseAsync(project, month);
        Assert.Equal("178", bill.Total);
        dashboard = await ReadAsync(project);
        JsonElement recent = Assert.Single(dashboard.Rows("recent_invoices"));
        Assert.Equal((bill.Id, "178", "issued"), (recent.GetProperty("id").GetString(), recent.Amount("total"),
            recent.GetProperty("status").GetString()));
        Assert.Equal(month.Next.Label, dashboard.Text("billing_period"));
    }

    [Fact]
    public async Task What_is_past_a_threshold_stands_among_the_alerts()
    {
        server.NextMonth();
        string project = await server.CustomerAsync("media-free");
        await server.UseAsync(project, "usage.participant_minutes", 850);
        JsonElement alert = Assert.Single((await ReadAsync(project)).Rows("alerts"));
        Assert.Equal(
            ("warning", "85", "Participant minutes at 85.0% of limit"),
            (alert.GetProperty("severity").GetString(), alert.Amount("percentage"), alert.GetProperty("message").GetString()));
    }

    [Fact]
    public async Task First_day_does_not_foretell_a_flood_and_included_units_count_as_they_will()
    {
        Month month = server.NextMonth(days: 30);
        string plan = await server.PlanAsync("""  "in":"money","model":"per_unit","unit_price":"1","included":"100" """);
        string project = await server.CustomerAsync(plan);
        await server.UseAsync(project, $"story.{plan}", 4);
        // A second counts as a day: 120 units, of which 100 are included.
        server.Clock.MoveTo(month.Start.AddSeconds(1));
        Assert.Equal(("0", "20", "USD"), Totals(await ReadAsync(project)));
    }

    private async Task<Answer> ReadAsync(string project) =>
        (await server.Operator.GetAsync($"/v1/billing/{project}/dashboard")).Expect(200);

    private static (string Now, string Foretold, string? Currency) Totals(Answer dashboard) => (
        dashboard.Amount("current_charges").ToString(), dashboard.Amount("projected_total").ToString(), dashboard.Text("currency"));

    private static string[] Lines(Answer dashboard) =>
        [.. dashboard.Rows("current_line_items").Select(line => $"{line.GetProperty("kind").GetString()} {line.Amount("amount")}")];
}
