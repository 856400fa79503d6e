using Metering.Scenarios.Support;

namespace Metering.Scenarios.Refusals;

/// <summary>Days at the ends of the calendar are as good as any other day on which nothing happened.</summary>
[Collection(SharedServer.Name)]
public sealed class FarDatesTests(ScenarioServer server)
{
    [Theory]
    [InlineData("99991231")]
    [InlineData("99990101")]
    [InlineData("00010101")]
    [InlineData("20500101")]
    public async Task There_is_no_invoice_of_a_far_day(string day)
    {
        string customer = await server.CustomerAsync("api-pro");
        Answer answer = await server.Operator.GetAsync($"/v1/billing/invoice/inv_{customer}_{day}");
        Assert.Equal((404, "invoice_not_found"), (answer.Status, answer.Code));
    }
}
