using Metering.Scenarios.Support;

namespace Metering.Scenarios.Invoices.ChargeModels;

[Collection(SharedBilling.Name)]
public sealed class CreditTests(BillingServer server)
{
    /// <summary>250 units, of which a grant of 100 credits pays the first; a credit beyond it is 0.01.</summary>
    [Theory]
    [InlineData(""" "model":"per_unit","unit_price":"1" """, "1.5")]
    [InlineData(""" "model":"per_unit","unit_price":"1","included":"50" """, "1")]
    [InlineData(""" "model":"graduated","tiers":[{"up_to":"100","unit_price":"1"},{"up_to":null,"unit_price":"0.5"}] """, "0.75")]
    [InlineData(""" "model":"package","unit_price":"50","package_size":"100" """, "0.5")]
    [InlineData(
        """ "model":"matrix","dimensions":["region"],"cells":[{"match":{"region":"eu"},"unit_price":"2"}],"otherwise":null """, "4")]
    public async Task Credits_beyond_the_wallet_are_paid_for(string charge, string overage)
    {
        Month month = server.NextMonth();
        string plan = await server.PlanAsync(
            "\"in\":\"credits\"," + charge, """ "aggregation":"sum","value":"quantity","dimensions":["region"] """,
            """ "wallet_mode":"prepaid_overage","credit_value":"0.01" """);
        string project = await server.CustomerAsync(plan);
        (await server.Operator.PostAsync($"/v1/wallets/{project}/grants", new { amount = "100", kind = "paid" })).Expect(201);
        await server.UseAsync(project, $"story.{plan}", null, new { quantity = 250, region = "eu" });

        Bill bill = await server.CloseAsync(project, month);

        Assert.Equal(["burned_credits 0", $"overage_credits {overage}"], bill.Lines);
        Assert.Equal(overage, bill.Total);
    }

    [Fact]
    public async Task Credits_that_the_wallet_pays_are_shown_and_cost_nothing()
    {
        Month month = server.NextMonth();
        string plan = await server.PlanAsync(
            """ "in":"credits","model":"per_unit","unit_price":"1" """, plan: """ "wallet_mode":"prepaid","credit_value":"0.01" """);
        string project = await server.CustomerAsync(plan);
        (await server.Operator.PostAsync($"/v1/wallets/{project}/grants", new { amount = "100", kind = "paid" })).Expect(201);
        await server.UseAsync(project, $"story.{plan}", 60);
        Bill bill = await server.CloseAsync(project, month);
        Assert.Equal(["burned_credits 0"], bill.Lines);
        Assert.Equal(("60", "0", "paid"), (bill.Json.GetProperty("line_items")[0].Amount("quantity"), bill.Total, bill.Status));
    }
}
