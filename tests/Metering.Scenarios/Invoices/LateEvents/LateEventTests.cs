using Metering.Scenarios.Support;

namespace Metering.Scenarios.Invoices.LateEvents;

[Collection(SharedBilling.Name)]
public sealed class LateEventTests(BillingServer server)
{
    [Fact]
    public async Task Within_the_grace_an_event_counts_in_its_period()
    {
        Month month = server.NextMonth();
        string project = await server.CustomerAsync("media-pro");
        server.Clock.MoveTo(month.End.AddMinutes(59));
        await server.UseAsync(project, "usage.participant_minutes", 1_000, month.End.AddHours(-1));
        Assert.Equal(["usage 4", "base_fee 49"], (await server.CloseAsync(project, month)).Lines);
        Assert.Equal(["base_fee 49"], (await server.CloseAsync(project, month.Next)).Lines);
    }

    [Fact]
    public async Task After_closing_it_is_an_adjustment_on_the_next_invoice()
    {
        Month month = server.NextMonth();
        string project = await server.CustomerAsync("media-pro");
        await server.UseAsync(project, "usage.participant_minutes", 1_000);
        Bill first = await server.CloseAsync(project, month);
        await server.UseAsync(project, "usage.participant_minutes", 250, month.End.AddHours(-1));
        await server.UseAsync(project, "usage.participant_minutes", 2_000);

        Bill second = await server.CloseAsync(project, month.Next);

        Assert.Equal(["usage 4", "base_fee 49"], first.Lines);
        Assert.Equal(["usage 8", "base_fee 49", "adjustment 1"], second.Lines);
        Assert.Equal(["base_fee 49"], (await server.CloseAsync(project, month.Next.Next)).Lines);
        foreach (Bill bill in new[] { first, second })
        {
            Answer verified = (await server.Operator.PostAsync($"/v1/billing/invoice/{bill.Id}/verify", null)).Expect(200);
            Assert.Equal(("True", bill.Digest), (verified.Text("identical"), verified.Text("digest")));
        }
    }

    [Fact]
    public async Task A_late_maximum_costs_what_it_adds()
    {
        Month month = server.NextMonth();
        string project = await server.CustomerAsync("media-pro");
        await server.UseAsync(project, "usage.storage_gb", 50);
        Assert.Equal(["usage 5", "base_fee 49"], (await server.CloseAsync(project, month)).Lines);
        await server.UseAsync(project, "usage.storage_gb", 80, month.End.AddHours(-2));
        await server.UseAsync(project, "usage.storage_gb", 60, month.End.AddHours(-1));
        Assert.Equal(["base_fee 49", "adjustment 3"], (await server.CloseAsync(project, month.Next)).Lines);
    }

    [Fact]
    public async Task A_late_maximum_below_the_first_costs_nothing()
    {
        Month month = server.NextMonth();
        string project = await server.CustomerAsync("media-pro");
        await server.UseAsync(project, "usage.storage_gb", 50);
        await server.CloseAsync(project, month);
        await server.UseAsync(project, "usage.storage_gb", 40, month.End.AddHours(-1));
        Assert.Equal(["base_fee 49"], (await server.CloseAsync(project, month.Next)).Lines);
    }
}
