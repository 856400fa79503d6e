using Metering.Scenarios.Support;

namespace Metering.Scenarios.Invoices.Proration;

[Collection(SharedBilling.Name)]
public sealed class PlanChangeNextPeriodTests(BillingServer server)
{
    [Fact]
    public async Task The_running_period_stays_whole()
    {
        Month month = server.NextMonth();
        string project = await server.CustomerAsync("media-enterprise");
        server.Clock.MoveTo(month.At(10));
        (await server.Operator.PutAsync($"/v1/projects/{project}/plan", new { plan = "media-pro", when = "next_period" })).Expect(200);
        await server.UseAsync(project, "usage.participant_minutes", 10_000);
        Assert.Equal(["usage 30", "base_fee 299"], (await server.CloseAsync(project, month)).Lines);
        await server.UseAsync(project, "usage.participant_minutes", 10_000);
        Assert.Equal(["usage 40", "base_fee 49"], (await server.CloseAsync(project, month.Next)).Lines);
    }
}
