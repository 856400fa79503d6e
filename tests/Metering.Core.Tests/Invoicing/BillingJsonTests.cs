using System.Text;
using Metering.Core.Catalog;
using Metering.Core.Ids;
using Metering.Core.Invoicing;
using Metering.Core.Money;

namespace Metering.Core.Tests.Invoicing;

public sealed class BillingJsonTests
{
    private static readonly CouponId Launch = CouponId.Parse("launch");
    private static readonly TaxRateId Vat = TaxRateId.Parse("vat");

    [Fact]
    public void Profile_is_read_with_all_its_members_and_reads_back()
    {
        var profile = Profile("""
            {"legal_name":"B GmbH","address_lines":["Weg 1","Hof"],"postal_code":"10115","city":"Berlin","region":"BE","country":"DE",
             "tax_id":"DE123","email":"pay@b.example","tax_treatment":"reverse_charge"}
            """);
        Assert.Equal(
            new BillingProfile
            {
                LegalName = "B GmbH", AddressLines = ["Weg 1", "Hof"], PostalCode = "10115", City = "Berlin", Region = "BE", Country = "DE",
                TaxId = "DE123", Email = "pay@b.example", Treatment = TaxTreatment.ReverseCharge,
            },
            profile);
        Assert.Equal(profile, Profile(Encoding.UTF8.GetString(BillingJson.ToBody(profile))));
        Assert.Equal(BillingProfile.Empty, Profile("{}"));
        Assert.Equal(BillingProfile.Empty, Profile(Encoding.UTF8.GetString(BillingJson.ToBody(BillingProfile.Empty))));
    }

    [Theory]
    [InlineData("7", ": Must be an object.")]
    [InlineData("""{"country":"de"}""", "country: Must be a code of ISO 3166-1: two letters in upper case.")]
    [InlineData("""{"region":"DE-BE"}""",
        "region: Must be the second part of a code of ISO 3166-2: 1 to 3 letters in upper case or digits.")]
    [InlineData("""{"email":"a b@c"}""", "email: Must be one address.")]
    [InlineData("""{"email":"a@b@c","vat":"1"}""", "email: Must be one address.\nvat: Is not known here.")]
    [InlineData("""{"address_lines":["a\nb"]}""", "address_lines[0]: Must have 1 to 256 characters and no control characters.")]
    [InlineData("""{"address_lines":["1","2","3","4","5","6","7"]}""", "address_lines: Must be at most 6 lines.")]
    [InlineData("""{"tax_treatment":"none"}""", "tax_treatment: Must be one of standard, exempt, reverse_charge.")]
    public void Every_fault_of_a_profile_is_named(string json, string expected)
    {
        Assert.False(BillingJson.TryReadProfile(Encoding.UTF8.GetBytes(json), out _, out var faults));
        Assert.Equal(expected, Catalog.Read.Lines(faults));
        Assert.All(faults, fault => Assert.Equal("invalid_billing_profile", fault.Code));
    }

    [Fact]
    public void Tax_rate_is_read_with_all_its_members_and_reads_back()
    {
        var rate = TaxRate("""
            {"name":"GST","country":"CA","region":"QC","percent":"9.975","valid_from":"2025-01-01","valid_until":"2026-01-01",
             "inclusive":true,"compound":true}
            """);
        Assert.Equal(
            new TaxRate
            {
                Id = Vat, Name = "GST", Country = "CA", Region = "QC", Percent = Amount.Parse("9.975"), Inclusive = true, Compound = true,
                ValidFrom = new DateOnly(2025, 1, 1), ValidUntil = new DateOnly(2026, 1, 1),
            },
            rate);
        Assert.Equal(rate, TaxRate(Encoding.UTF8.GetString(BillingJson.ToBody(rate))));
        var plain = TaxRate("""{"name":"VAT","country":"DE","percent":19}""");
        Assert.Equal(plain, TaxRate(Encoding.UTF8.GetString(BillingJson.ToBody(plain))));
    }

    [Theory]
    [InlineData("{}", "name: Is required.\ncountry: Is required.\npercent: Is required.")]
    [InlineData("""{"name":"V","country":"DE","percent":"101"}""", "percent: Must be from 0 to 100.")]
    [InlineData("""{"name":"V","country":"DE","percent":1,"valid_from":"2025-1-1"}""", "valid_from: Must be a date such as 2025-01-31.")]
    [InlineData("""{"name":"V","country":"DE","percent":1,"valid_from":"2025-01-02","valid_until":"2025-01-02"}""",
        "valid_until: Must be after valid_from.")]
    public void Every_fault_of_a_tax_rate_is_named(string json, string expected)
    {
        Assert.False(BillingJson.TryReadTaxRate(Vat, Encoding.UTF8.GetBytes(json), out _, out var faults));
        Assert.Equal(expected, Catalog.Read.Lines(faults));
    }

    [Theory]
    [InlineData("""{"name":"L","percent":"20","duration":"once"}""", "20", null, null, 1)]
    [InlineData("""{"name":"L","percent":"20","duration":"months","months":3}""", "20", null, null, 3)]
    [InlineData("""{"name":"L","amount":"15.5","currency":"EUR","duration":"forever"}""", null, "15.5", "EUR", null)]
    public void Coupon_is_read_and_reads_back(string json, string? percent, string? amount, string? currency, int? invoices)
    {
        var coupon = Coupon(json);
        Assert.Equal((percent, amount), (coupon.Percent?.ToString(), coupon.AmountOff?.ToString()));
        Assert.Equal((currency, invoices), (coupon.Currency?.Code, coupon.Invoices));
        Assert.Equal(coupon, Coupon(Encoding.UTF8.GetString(BillingJson.ToBody(coupon))));
    }

    [Theory]
    [InlineData("{}", "percent: Either a percent or an amount must be there.\nduration: Is required.\nname: Is required.")]
    [InlineData("""{"name":"L","percent":1,"amount":1,"currency":"EUR","duration":"once"}""",
        "percent: Either a percent or an amount must be there.")]
    [InlineData("""{"name":"L","percent":0,"duration":"once"}""", "percent: Must be above zero.")]
    [InlineData("""{"name":"L","amount":1,"duration":"once"}""", "currency: Is required.")]
    [InlineData("""{"name":"L","amount":0.5,"currency":"JPY","duration":"once"}""", "amount: Has parts of the currency's minor unit.")]
    [InlineData("""{"name":"L","percent":1,"currency":"EUR","duration":"once"}""", "currency: Is not known here.")]
    [InlineData("""{"name":"L","percent":1,"duration":"months"}""", "months: Must be a whole number from 1 to 1200.")]
    [InlineData("""{"name":"L","percent":1,"duration":"once","months":2}""", "months: Is not known here.")]
    [InlineData("""{"name":"L","percent":1,"duration":"always"}""", "duration: Must be one of once, months, forever.")]
    public void Every_fault_of_a_coupon_is_named(string json, string expected)
    {
        Assert.False(BillingJson.TryReadCoupon(Launch, Encoding.UTF8.GetBytes(json), out _, out var faults));
        Assert.Equal(expected, Catalog.Read.Lines(faults));
    }

    [Fact]
    public void Exchange_rate_is_read_and_reads_back()
    {
        var rate = new ExchangeRate(Currency.Parse("EUR"), Currency.Parse("USD"), Amount.Parse("1.0825"), new DateOnly(2025, 1, 1));
        Assert.True(BillingJson.TryReadExchangeRate(BillingJson.ToBody(rate), out var again, out _));
        Assert.Equal(rate, again);
    }

    [Theory]
    [InlineData("{}", "from: Is required.\nto: Is required.\nrate: Is required.\nvalid_from: Is required.")]
    [InlineData("""{"from":"EUR","to":"EUR","rate":0,"valid_from":"2025-01-01"}""",
        "rate: Must be above zero.\nto: Must be another currency.")]
    public void Every_fault_of_an_exchange_rate_is_named(string json, string expected)
    {
        Assert.False(BillingJson.TryReadExchangeRate(Encoding.UTF8.GetBytes(json), out _, out var faults));
        Assert.Equal(expected, Catalog.Read.Lines(faults));
    }

    private static BillingProfile Profile(string json)
    {
        Assert.True(BillingJson.TryReadProfile(Encoding.UTF8.GetBytes(json), out var profile, out var faults), Catalog.Read.Lines(faults));
        return profile;
    }

    private static TaxRate TaxRate(string json)
    {
        Assert.True(
            BillingJson.TryReadTaxRate(Vat, Encoding.UTF8.GetBytes(json), out var rate, out var faults), Catalog.Read.Lines(faults));
        return rate;
    }

    private static Coupon Coupon(string json)
    {
        Assert.True(
            BillingJson.TryReadCoupon(Launch, Encoding.UTF8.GetBytes(json), out var coupon, out var faults), Catalog.Read.Lines(faults));
        return coupon;
    }
}
