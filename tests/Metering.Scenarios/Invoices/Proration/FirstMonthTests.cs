using Metering.Scenarios.Support;

namespace Metering.Scenarios.Invoices.Proration;

[Collection(SharedBilling.Name)]
public sealed class FirstMonthTests(BillingServer server)
{
    [Fact]
    public async Task A_customer_of_half_a_month_pays_half_of_the_base_fee()
    {
        Month month = server.NextMonth(days: 30);
        server.Clock.MoveTo(month.At(16));
        string project = await server.CustomerAsync("media-pro");
        Assert.Equal(["base_fee 24.5"], (await server.CloseAsync(project, month)).Lines);
        Assert.Equal(["base_fee 49"], (await server.CloseAsync(project, month.Next)).Lines);
    }

    [Fact]
    public async Task A_second_counts()
    {
        Month month = server.NextMonth(days: 30);
        // 3,600 of 2,592,000 seconds of 49.00 are 0.068055...
        server.Clock.MoveTo(month.End.AddHours(-1));
        string project = await server.CustomerAsync("media-pro");
        Assert.Equal(["base_fee 0.07"], (await server.CloseAsync(project, month)).Lines);
    }
}
