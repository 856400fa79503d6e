using Metering.Scenarios.Support;

namespace Metering.Scenarios.Invoices.Proration;

[Collection(SharedBilling.Name)]
public sealed class PlanChangeNowTests(BillingServer server)
{
    [Theory]
    [InlineData("media-pro", "media-enterprise", new[] { "usage 40", "usage 30", "base_fee 24.5", "base_fee 149.5" })]
    [InlineData("media-enterprise", "media-pro", new[] { "usage 30", "usage 40", "base_fee 149.5", "base_fee 24.5" })]
    public async Task In_the_middle_of_a_month_each_plan_has_its_half(string from, string to, string[] lines)
    {
        Month month = server.NextMonth(days: 30);
        string project = await server.CustomerAsync(from);
        await server.UseAsync(project, "usage.participant_minutes", 10_000);
        server.Clock.MoveTo(month.At(16));
        (await server.Operator.PutAsync($"/v1/projects/{project}/plan", new { plan = to, when = "now" })).Expect(200);
        await server.UseAsync(project, "usage.participant_minutes", 10_000);

        Bill bill = await server.CloseAsync(project, month);

        Assert.Equal(lines, bill.Lines);
        Assert.Equal(("244", to), (bill.Total, bill.Text("plan")));
    }

    [Fact]
    public async Task Included_units_and_minimums_are_prorated_by_the_second()
    {
        Month month = server.NextMonth(days: 30);
        string plan = await server.PlanAsync(
            """ "in":"money","model":"per_unit","unit_price":"0.10","included":"1000","minimum_commitment":"60" """);
        string project = await server.CustomerAsync(plan);
        await server.UseAsync(project, $"story.{plan}", 700);
        server.Clock.MoveTo(month.At(16));
        (await server.Operator.PutAsync($"/v1/projects/{project}/plan", new { plan = "media-free", when = "now" })).Expect(200);

        // 500 of 1,000 units and 30.00 of 60.00 are due for half of the month.
        Assert.Equal(["included 0", "usage 20", "minimum 10"], (await server.CloseAsync(project, month)).Lines);
    }
}
