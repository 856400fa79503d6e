using Metering.Core.Ids;
using Metering.Core.Invoicing;
using Metering.Core.Money;

namespace Metering.Core.Tests.Invoicing;

public sealed class TaxTests
{
    private static readonly BillingProfile Berlin = new() { LegalName = "B GmbH", Country = "DE", Region = "BE" };

    [Theory]
    [InlineData("19+", "19 on 100 = 19", "100", "119")]
    [InlineData("19=", "19 on 84.03 = 15.97", "100", "100")]
    [InlineData("5+ 9.975+", "5 on 100 = 5; 9.975 on 100 = 9.98", "100", "114.98")]
    [InlineData("5+ 9.975+c", "5 on 100 = 5; 9.975 on 105 = 10.47", "100", "115.47")]
    [InlineData("9.975+c 5+", "5 on 100 = 5; 9.975 on 105 = 10.47", "100", "115.47")]
    [InlineData("10= 10=", "10 on 83.34 = 8.33; 10 on 83.34 = 8.33", "100", "100")]
    [InlineData("10= 10=c", "10 on 82.65 = 8.26; 10 on 90.91 = 9.09", "100", "100")]
    [InlineData("25= 8+", "25 on 80 = 20; 8 on 80 = 6.4", "100", "106.4")]
    [InlineData("8+ 25= 10+c", "25 on 80 = 20; 8 on 80 = 6.4; 10 on 86.4 = 8.64", "100", "115.04")]
    [InlineData("0+", "0 on 100 = 0", "100", "100")]
    public void Taxes_are_added_or_contained_side_by_side_or_compound(string rates, string lines, string subtotal, string total)
    {
        var invoice = Invoice("100", Berlin, Rates(rates));
        Assert.Equal(lines, Text(invoice));
        Assert.Equal(Amount.Parse(subtotal), invoice.Subtotal);
        Assert.Equal(Amount.Parse(total), invoice.Total);
        Assert.Equal(invoice.Taxes.Aggregate(Amount.Zero, (sum, line) => sum + line.Amount), invoice.Tax);
        Assert.Equal(invoice.Taxes.Count, invoice.Recorded.TaxRates.Count);
    }

    [Fact]
    public void Tax_is_on_the_discounted_lines_and_rounded_once_a_line()
    {
        var coupon = new Coupon { Id = CouponId.Parse("half"), Name = "Half", Percent = Amount.FromWhole(50) };
        var bench = Bench("0.50", Berlin, Rates("10+ 30+"));
        bench.Extra = bench.Extra with { Coupons = [AppliedCoupon.Of(coupon)] };
        Assert.Equal("10 on 0.25 = 0.02; 30 on 0.25 = 0.08", Text(bench.Invoice())); // 0.025 and 0.075: ties to even.
    }

    [Theory]
    [InlineData("JPY", "103", "10+", "10 on 103 = 10")]
    [InlineData("JPY", "105", "10+", "10 on 105 = 10")]
    [InlineData("JPY", "115", "10+", "10 on 115 = 12")]
    [InlineData("KWD", "1.005", "5+", "5 on 1.005 = 0.05")]
    [InlineData("KWD", "1.23", "5+", "5 on 1.23 = 0.062")]
    public void Tax_rounds_to_the_minor_unit_of_the_currency(string currency, string fee, string rates, string line) =>
        Assert.Equal(line, Text(Bench(fee, Berlin, Rates(rates), currency).Invoice()));

    [Theory]
    [InlineData("DE", "BE", "2025-01-31", "de be")]
    [InlineData("DE", "BY", "2025-01-31", "de")]
    [InlineData("DE", "", "2025-01-31", "de")]
    [InlineData("FR", "BE", "2025-01-31", "")]
    [InlineData("", "", "2025-01-31", "")]
    [InlineData("CH", "", "2024-12-31", "ch-2024")]
    [InlineData("CH", "", "2025-01-01", "ch-2025")]
    public void Rates_of_the_buyers_place_on_the_tax_date_apply(string country, string region, string day, string ids)
    {
        TaxRate[] rates =
        [
            Rate("de", "19") with { Country = "DE" }, Rate("be", "1") with { Country = "DE", Region = "BE" },
            Rate("ch-2024", "7.7") with { Country = "CH", ValidUntil = new DateOnly(2025, 1, 1) },
            Rate("ch-2025", "8.1") with { Country = "CH", ValidFrom = new DateOnly(2025, 1, 1) },
        ];
        var bench = Bench("100", new BillingProfile { Country = country, Region = region }, rates);
        bench.Extra = bench.Extra with { TaxDate = DateOnly.Parse(day) };
        Assert.Equal(ids, string.Join(' ', bench.Invoice().Taxes.Select(line => line.Rate)));
    }

    [Theory]
    [InlineData(TaxTreatment.Exempt, InvoiceCompiler.ExemptNote)]
    [InlineData(TaxTreatment.ReverseCharge, InvoiceCompiler.ReverseChargeNote)]
    public void Exempt_and_reverse_charge_have_no_tax_and_say_so(TaxTreatment treatment, string note)
    {
        var invoice = Invoice("100", Berlin with { Treatment = treatment }, Rates("19+"));
        Assert.Empty(invoice.Taxes);
        Assert.Equal(Amount.Zero, invoice.Tax);
        Assert.Equal([note], invoice.Notes);
        Assert.Equal(Amount.FromWhole(100), invoice.Total);
    }

    private static Invoice Invoice(string baseFee, BillingProfile buyer, TaxRate[] rates) => Bench(baseFee, buyer, rates).Invoice();

    private static InvoiceBench Bench(string baseFee, BillingProfile buyer, TaxRate[] rates, string currency = "USD")
    {
        var bench = new InvoiceBench($"\"base_fee\":\"{baseFee}\"", currency);
        bench.Extra = bench.Extra with { Buyer = buyer, TaxRates = rates };
        return bench;
    }

    /// <summary><c>19+</c> is added, <c>19=</c> contained, a <c>c</c> behind is compound.</summary>
    private static TaxRate[] Rates(string text) => [.. text.Split(' ').Select((rate, i) =>
        Rate($"t{i}", rate.TrimEnd('c', '+', '=')) with { Inclusive = rate.Contains('='), Compound = rate.EndsWith('c') })];

    private static TaxRate Rate(string id, string percent) =>
        new() { Id = TaxRateId.Parse(id), Name = "VAT", Country = "DE", Percent = Amount.Parse(percent) };

    private static string Text(Invoice invoice) =>
        string.Join("; ", invoice.Taxes.Select(line => $"{line.Percent} on {line.Base} = {line.Amount}"));
}
