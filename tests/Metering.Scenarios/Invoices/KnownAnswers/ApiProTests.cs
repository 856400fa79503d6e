using Metering.Scenarios.Support;

namespace Metering.Scenarios.Invoices.KnownAnswers;

[Collection(SharedBilling.Name)]
public sealed class ApiProTests(BillingServer server)
{
    [Fact]
    public async Task Of_105000_calls_5000_are_overage_of_5_dollars_on_the_invoice()
    {
        Month month = server.NextMonth();
        string project = await server.CustomerAsync("api-pro");
        object call = new { endpoint = "/v1/things", method = "GET", status_code = 200, response_time_ms = 12 };
        for (int batch = 0; batch < 21; batch++)
            await server.UseAsync(project, "api.call", null, [.. Enumerable.Repeat(call, 5_000)]);

        Bill bill = await server.CloseAsync(project, month);

        Assert.Equal(["included 0", "usage 5", "base_fee 49"], bill.Lines);
        Assert.Equal("5000", bill.Json.GetProperty("line_items")[1].Amount("quantity"));
        Assert.Equal("54", bill.Total);
    }
}
