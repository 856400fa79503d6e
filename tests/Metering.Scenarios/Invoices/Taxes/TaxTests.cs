using Metering.Scenarios.Support;

namespace Metering.Scenarios.Invoices.Taxes;

/// <summary>A base fee of 49.00; each story has a country of its own.</summary>
[Collection(SharedBilling.Name)]
public sealed class TaxTests(BillingServer server)
{
    [Fact]
    public async Task A_tax_that_prices_do_not_contain_is_added()
    {
        Month month = server.NextMonth();
        await RateAsync("at-vat", new { name = "VAT", country = "AT", percent = "20" });
        Bill bill = await server.CloseAsync(await BuyerAsync(new { country = "AT" }), month);
        Assert.Equal(("49", "9.8", "58.8"), (bill.Amount("subtotal"), bill.Tax, bill.Total));
    }

    [Fact]
    public async Task A_tax_that_prices_contain_is_shown()
    {
        Month month = server.NextMonth();
        await RateAsync("au-gst", new { name = "GST", country = "AU", percent = "10", inclusive = true });
        Bill bill = await server.CloseAsync(await BuyerAsync(new { country = "AU" }), month);
        Assert.Equal(("49", "4.45", "49"), (bill.Amount("subtotal"), bill.Tax, bill.Total));
    }

    [Theory]
    [InlineData("exempt")]
    [InlineData("reverse_charge")]
    public async Task Who_is_not_taxed_reads_why(string treatment)
    {
        Month month = server.NextMonth();
        await server.Operator.PutAsync("/v1/taxes/de-vat", new { name = "VAT", country = "DE", percent = "19" });
        Bill bill = await server.CloseAsync(await BuyerAsync(new { country = "DE", tax_id = "DE1", tax_treatment = treatment }), month);
        Assert.Equal(("0", "49"), (bill.Tax, bill.Total));
        Assert.Single(bill.Json.GetProperty("notes").EnumerateArray());
    }

    [Fact]
    public async Task Rates_of_country_and_region_stand_side_by_side()
    {
        Month month = server.NextMonth();
        await RateAsync("ca-gst", new { name = "GST", country = "CA", percent = "5" });
        await RateAsync("ca-qst", new { name = "QST", country = "CA", region = "QC", percent = "9.975" });
        string quebec = await BuyerAsync(new { country = "CA", region = "QC" });
        string ontario = await BuyerAsync(new { country = "CA", region = "ON" });
        Bill bill = await server.CloseAsync(quebec, month);
        Assert.Equal(["GST 2.45", "QST 4.89"], TaxesOf(bill));
        Assert.Equal("56.34", bill.Total);
        Assert.Equal("51.45", (await server.CloseAsync(ontario, month)).Total);
    }

    [Fact]
    public async Task A_rate_changes_with_the_day_it_is_valid_from()
    {
        Month month = server.NextMonth();
        await RateAsync("fr-a", new { name = "VAT", country = "FR", percent = "20", valid_until = month.Next.FirstDay });
        await RateAsync("fr-b", new { name = "VAT", country = "FR", percent = "25", valid_from = month.Next.FirstDay });
        string buyer = await BuyerAsync(new { country = "FR" });
        Assert.Equal(["VAT 9.8"], TaxesOf(await server.CloseAsync(buyer, month)));
        Assert.Equal(["VAT 12.25"], TaxesOf(await server.CloseAsync(buyer, month.Next)));
    }

    [Fact]
    public async Task A_credit_note_gives_its_share_of_the_tax_back()
    {
        Month month = server.NextMonth();
        await RateAsync("nl-vat", new { name = "VAT", country = "NL", percent = "20" });
        Bill bill = await server.CloseAsync(await BuyerAsync(new { country = "NL" }), month);
        Answer note = (await server.Operator.PostAsync(
            $"/v1/billing/invoice/{bill.Id}/credit_notes", new { amount = "12", reason = "An outage" })).Expect(201);
        Assert.Equal(("10", "2", "12"), (note.Body.Amount("net"), note.Body.Amount("tax"), note.Body.Amount("total")));
    }

    private static string[] TaxesOf(Bill bill) =>
        [.. bill.Json.GetProperty("taxes").EnumerateArray().Select(tax => $"{tax.GetProperty("name")} {tax.Amount("amount")}")];

    private async Task RateAsync(string id, object rate) => (await server.Operator.PutAsync($"/v1/taxes/{id}", rate)).Expect(201);

    private Task<string> BuyerAsync(object profile) => server.CustomerAsync("media-pro", billing: profile);
}
