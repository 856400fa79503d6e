using Metering.Core.Ids;
using Metering.Core.Invoicing;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Grid.Directory;
using Metering.Storage.Postgres.Connections;
using Metering.Storage.Postgres.Directories;

namespace Metering.Storage.Postgres.Tests.Directories;

public sealed class BillingFactsTests : IAsyncLifetime
{
    private ControlBench _bench = null!;
    private DirectoryStore _store = null!;

    public async Task InitializeAsync()
    {
        _bench = await ControlBench.CreateAsync();
        _store = _bench.Store;
        await _bench.Control.EnsureClusterAsync(4, new byte[16], [new ShardAddress("s0", "Host=none")], default);
    }

    public Task DisposeAsync() => _bench.DisposeAsync().AsTask();

    [Fact]
    public async Task Billing_profile_reads_back_whole_and_is_a_change_of_the_customer()
    {
        var profile = new BillingProfile
        {
            LegalName = "Ärzte & Söhne GmbH", AddressLines = ["Hof 1", "Haus \"B\""], PostalCode = "10115", City = "Berlin", Region = "BE",
            Country = "DE", TaxId = "DE123456789", Email = "bills@example.com", Treatment = TaxTreatment.ReverseCharge,
        };
        await _store.AddCustomersAsync([Customer("c1")], default);
        Assert.Equal(BillingProfile.Empty, (await _store.FindCustomerAsync("c1", default))!.Billing);
        var version = await _store.ReadVersionAsync(default);

        Assert.Equal(profile, (await _store.SetBillingAsync("c1", profile, default))!.Billing);

        Assert.Equal(profile, (await _store.FindCustomerAsync("c1", default))!.Billing);
        Assert.Equal(profile, Assert.Single((await _store.ReadChangesAsync(version, default)).Customers).Billing);
        Assert.Equal(profile, Assert.Single(await _store.FindProjectsAsync(["c1"], default)).Customer.Billing);
        Assert.Null(await _store.SetBillingAsync("nobody", profile, default));
    }

    [Fact]
    public async Task Billing_profile_that_a_customer_is_made_with_is_kept()
    {
        var profile = new BillingProfile { LegalName = "Ärzte & Söhne GmbH", Country = "DE", Treatment = TaxTreatment.Exempt };
        await _store.AddCustomersAsync([Customer("c1") with { Billing = profile }, Customer("c2")], default);
        Assert.Equal(profile, (await _store.FindCustomerAsync("c1", default))!.Billing);
        Assert.Equal(BillingProfile.Empty, (await _store.FindCustomerAsync("c2", default))!.Billing);
    }

    [Fact]
    public async Task Taxes_coupons_and_exchange_rates_are_a_part_of_the_catalogue_and_change_its_version()
    {
        var vat = new TaxRate
        {
            Id = TaxRateId.Parse("de-vat"), Name = "VAT", Country = "DE", Percent = Amount.Parse("19"),
            ValidFrom = new DateOnly(2021, 1, 1), Inclusive = true,
        };
        var percent = new Coupon { Id = CouponId.Parse("ten"), Name = "Ten", Percent = Amount.FromWhole(10), Invoices = 3 };
        var amount = new Coupon
        {
            Id = CouponId.Parse("five"), Name = "Five", AmountOff = Amount.Parse("5.50"), Currency = Currency.Parse("EUR"),
        };
        var rate = new ExchangeRate(Currency.Parse("EUR"), Currency.Parse("USD"), Amount.Parse("1.0345"), new DateOnly(2025, 1, 1));
        var version = await _store.ReadVersionAsync(default);

        Assert.Equal(FactPutStatus.Created, await _store.PutTaxRateAsync(vat, default));
        Assert.Equal(FactPutStatus.Created, await _store.PutCouponAsync(percent, default));
        Assert.Equal(FactPutStatus.Created, await _store.PutCouponAsync(amount, default));
        Assert.Equal(FactPutStatus.Created, await _store.PutExchangeRateAsync(rate, default));
        Assert.True((await _store.ReadChangesAsync(version, default)).CatalogChanged);
        var catalog = await _store.ReadCatalogAsync(default);
        Assert.Equal([vat], catalog.TaxRates);
        Assert.Equal([amount, percent], catalog.Coupons);
        Assert.Equal([rate], catalog.ExchangeRates);

        version = await _store.ReadVersionAsync(default);
        Assert.Equal(FactPutStatus.Unchanged, await _store.PutTaxRateAsync(vat, default));
        Assert.Equal(FactPutStatus.Unchanged, await _store.PutCouponAsync(amount, default));
        Assert.Equal(FactPutStatus.Unchanged, await _store.PutExchangeRateAsync(rate, default));
        Assert.Equal(version, await _store.ReadVersionAsync(default));
        Assert.Equal(FactPutStatus.Changed, await _store.PutTaxRateAsync(vat with { ValidUntil = new DateOnly(2026, 1, 1) }, default));
        Assert.Equal(FactPutStatus.Changed, await _store.PutCouponAsync(percent with { Invoices = null }, default));
        Assert.Equal(FactPutStatus.Changed, await _store.PutExchangeRateAsync(rate with { Rate = Amount.One }, default));
        Assert.True(await _store.RemoveTaxRateAsync(vat.Id, default));
        Assert.True(await _store.RemoveCouponAsync(percent.Id, default));
        Assert.True(await _store.RemoveExchangeRateAsync(rate.From, rate.To, rate.ValidFrom, default));
        Assert.False(await _store.RemoveTaxRateAsync(vat.Id, default));
        Assert.Equal([amount], (await _store.ReadCatalogAsync(default)).Coupons);
    }

    private static CustomerRecord Customer(string id) => new(
        id, id, $"{id}@example.com", "pro", 1, "EUR", "Europe/Berlin", null, CustomerStatus.Active, Instant.UnixEpoch, 0);
}
