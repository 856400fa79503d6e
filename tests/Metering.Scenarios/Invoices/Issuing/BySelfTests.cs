using Metering.Scenarios.Support;

namespace Metering.Scenarios.Invoices.Issuing;

[Collection(SharedBilling.Name)]
public sealed class BySelfTests(BillingServer server)
{
    [Fact]
    public async Task An_invoice_is_issued_when_the_grace_has_passed_and_not_before()
    {
        Month month = server.NextMonth();
        string project = await server.CustomerAsync("media-pro");
        server.Clock.MoveTo(month.Closed.AddSeconds(-1));
        Assert.Equal("draft", (await server.AskAsync(project, month)).Expect(200).Text("status"));
        Bill bill = await server.CloseAsync(project, month);
        Assert.Equal(month.Closed, bill.Json.GetProperty("issued_at").GetDateTimeOffset());
    }

    [Fact]
    public async Task Months_that_passed_at_once_have_an_invoice_each()
    {
        Month month = server.NextMonth();
        string project = await server.CustomerAsync("media-pro");
        server.Clock.MoveTo(month.Next.Next.Closed);
        foreach (Month each in new[] { month, month.Next, month.Next.Next })
            Assert.Equal(["base_fee 49"], (await server.IssuedAsync(project, each.Label)).Lines);
    }
}
