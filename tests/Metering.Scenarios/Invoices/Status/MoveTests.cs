using Metering.Scenarios.Support;

namespace Metering.Scenarios.Invoices.Status;

[Collection(SharedBilling.Name)]
public sealed class MoveTests(BillingServer server)
{
    [Fact]
    public async Task A_draft_is_moved_by_nobody()
    {
        Month month = server.NextMonth();
        Bill draft = Bill.Of((await server.AskAsync(await server.CustomerAsync("media-pro"), month)).Expect(200));
        await RefusesAsync(draft, "issued", "paid", "overdue", "void");
    }

    [Fact]
    public async Task Paid_is_the_end()
    {
        Bill bill = await IssuedAsync();
        await RefusesAsync(bill, "draft");
        await MovesAsync(bill, "paid");
        await MovesAsync(bill, "paid");
        await RefusesAsync(bill, "draft", "issued", "overdue", "void");
    }

    [Fact]
    public async Task Void_is_the_end()
    {
        Bill bill = await IssuedAsync();
        await MovesAsync(bill, "void");
        await RefusesAsync(bill, "draft", "issued", "paid", "overdue");
    }

    [Fact]
    public async Task Overdue_is_paid_yet()
    {
        Bill bill = await IssuedAsync();
        await MovesAsync(bill, "overdue");
        await RefusesAsync(bill, "draft", "issued");
        await MovesAsync(bill, "paid");
        await RefusesAsync(bill, "overdue", "void");
    }

    [Fact]
    public async Task Overdue_is_made_void()
    {
        Bill bill = await IssuedAsync();
        await MovesAsync(bill, "overdue");
        await MovesAsync(bill, "void");
        await RefusesAsync(bill, "paid");
    }

    [Fact]
    public async Task An_invoice_becomes_overdue_by_itself_when_its_due_date_has_passed()
    {
        Bill bill = await IssuedAsync();
        DateTimeOffset due = bill.Json.GetProperty("due_date").GetDateTimeOffset();
        Assert.Equal(TimeSpan.FromDays(30), due - bill.Json.GetProperty("period_end").GetDateTimeOffset());
        server.Clock.MoveTo(due.AddMinutes(1));
        await Story.UntilAsync(
            () => server.Operator.GetAsync($"/v1/billing/invoice/{bill.Id}"), answer => answer.Text("status") == "overdue");
    }

    private async Task<Bill> IssuedAsync()
    {
        Month month = server.NextMonth();
        return await server.CloseAsync(await server.CustomerAsync("media-pro"), month);
    }

    private async Task MovesAsync(Bill bill, string status)
    {
        Bill moved = Bill.Of((await server.MoveAsync(bill, status)).Expect(200));
        Assert.Equal((status, bill.Digest), (moved.Status, moved.Digest));
    }

    private async Task RefusesAsync(Bill bill, params string[] wanted)
    {
        foreach (string status in wanted)
            Assert.Equal("illegal_status_move", (await server.MoveAsync(bill, status)).Expect(409).Code);
    }
}
