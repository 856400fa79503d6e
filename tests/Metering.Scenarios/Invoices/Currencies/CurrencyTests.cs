using Metering.Scenarios.Support;

namespace Metering.Scenarios.Invoices.Currencies;

[Collection(SharedBilling.Name)]
public sealed class CurrencyTests(BillingServer server)
{
    /// <summary>Half a minor unit goes to the even one.</summary>
    [Theory]
    [InlineData("JPY", "0.5", 601, "300")]
    [InlineData("JPY", "0.5", 603, "302")]
    [InlineData("USD", "0.005", 5, "0.02")]
    [InlineData("USD", "0.005", 7, "0.04")]
    [InlineData("KWD", "0.0005", 5, "0.002")]
    [InlineData("KWD", "0.0005", 7, "0.004")]
    public async Task A_line_is_rounded_to_the_minor_unit_of_its_currency(string currency, string price, int quantity, string total)
    {
        Month month = server.NextMonth();
        string plan = await server.PlanAsync($$""" "in":"money","model":"per_unit","unit_price":"{{price}}" """, currency: currency);
        string project = await server.CustomerAsync(plan);
        await server.UseAsync(project, $"story.{plan}", quantity);
        Bill bill = await server.CloseAsync(project, month);
        Assert.Equal((total, currency), (bill.Total, bill.Text("currency")));
    }

    [Fact]
    public async Task A_customer_of_a_second_currency_pays_its_prices()
    {
        Month month = server.NextMonth();
        string plan = await server.PlanAsync(
            """ "in":"money","model":"per_unit","unit_price":"0.10" """,
            plan: """
                "wallet_mode":"postpaid","base_fee":"49",
                "prices":{"EUR":{"base_fee":"45","charges":[{"meter":"METER","in":"money","model":"per_unit","unit_price":"0.09"}]}}
                """);
        string dollars = await server.CustomerAsync(plan);
        string euros = await server.CustomerAsync(plan, currency: "EUR");
        await server.UseAsync(dollars, $"story.{plan}", 100);
        await server.UseAsync(euros, $"story.{plan}", 100);
        Bill bill = await server.CloseAsync(euros, month);
        Assert.Equal(["usage 9", "base_fee 45"], bill.Lines);
        Assert.Equal("EUR", bill.Text("currency"));
        Assert.Equal("59", (await server.CloseAsync(dollars, month)).Total);
        (await server.TryCustomerAsync($"c{Guid.NewGuid():N}", plan, currency: "GBP")).Expect(422);
    }
}
