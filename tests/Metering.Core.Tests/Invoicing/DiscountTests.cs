using Metering.Core.Ids;
using Metering.Core.Invoicing;
using Metering.Core.Money;

namespace Metering.Core.Tests.Invoicing;

public sealed class DiscountTests
{
    [Theory]
    [InlineData("20", "Coupon a, 20 % off: 1 x -20 = -20", "80")]
    [InlineData("33.333", "Coupon a, 33.333 % off: 1 x -33.33 = -33.33", "66.67")]
    [InlineData("100", "Coupon a, 100 % off: 1 x -100 = -100", "0")]
    public void Percentage_comes_off_the_sum_of_the_lines(string percent, string line, string total)
    {
        var invoice = Invoice("100", Percent("a", percent));
        Assert.Equal("Base fee, First: 1 month x 100 = 100\n" + line, InvoiceBench.Text(invoice));
        Assert.Equal(Amount.Parse(total), invoice.Subtotal);
        Assert.Equal(Amount.Parse(total), invoice.Total);
        Assert.Equal("a", invoice.Lines[^1].Coupon!.Value.Value);
    }

    [Theory]
    [InlineData("30", "Coupon a: 1 x -30 = -30", "70")]
    [InlineData("130", "Coupon a: 1 x -100 = -100", "0")]
    public void Amount_never_makes_the_total_negative(string amount, string line, string total)
    {
        var invoice = Invoice("100", Off("a", amount, "USD"));
        Assert.Equal("Base fee, First: 1 month x 100 = 100\n" + line, InvoiceBench.Text(invoice));
        Assert.Equal(Amount.Parse(total), invoice.Total);
    }

    [Fact]
    public void Coupons_come_off_one_after_the_other_in_their_order()
    {
        Assert.Equal(Amount.FromWhole(40), Invoice("100", Percent("a", "50"), Off("b", "10", "USD")).Total);
        Assert.Equal(Amount.FromWhole(45), Invoice("100", Off("b", "10", "USD"), Percent("a", "50")).Total);
    }

    [Fact]
    public void Coupons_that_take_nothing_off_are_not_used()
    {
        var used = Percent("a", "100");
        var gone = Percent("gone", "10") with { InvoicesLeft = 0 };
        var invoice = Invoice("100", Off("yen", "10", "JPY"), gone, used, Percent("after", "10"));
        Assert.Equal([used], invoice.Recorded.Coupons);
        Assert.Empty(Invoice("0", Percent("a", "50")).Recorded.Coupons);
        Assert.Empty(Invoice("0.04", Percent("a", "10")).Recorded.Coupons);
    }

    [Fact]
    public void Once_is_one_invoice_months_are_as_many_and_forever_never_ends()
    {
        var once = AppliedCoupon.Of(new Coupon { Id = CouponId.Parse("a"), Name = "A", Percent = Amount.One, Invoices = 1 });
        Assert.False(once.IsUsedUp);
        Assert.True(once.Used().IsUsedUp);
        var twice = AppliedCoupon.Of(once.Coupon with { Invoices = 2 });
        Assert.False(twice.Used().IsUsedUp);
        Assert.True(twice.Used().Used().IsUsedUp);
        var forever = AppliedCoupon.Of(once.Coupon with { Invoices = null });
        Assert.Equal(forever, forever.Used());
        Assert.False(forever.IsUsedUp);
    }

    private static AppliedCoupon Percent(string id, string percent) =>
        AppliedCoupon.Of(new Coupon { Id = CouponId.Parse(id), Name = $"Coupon {id}", Percent = Amount.Parse(percent) });

    private static AppliedCoupon Off(string id, string amount, string currency) => AppliedCoupon.Of(new Coupon
    {
        Id = CouponId.Parse(id), Name = $"Coupon {id}", AmountOff = Amount.Parse(amount), Currency = Currency.Parse(currency),
    });

    private static Invoice Invoice(string baseFee, params AppliedCoupon[] coupons)
    {
        var bench = new InvoiceBench($"\"base_fee\":\"{baseFee}\"");
        bench.Extra = bench.Extra with { Coupons = coupons };
        return bench.Invoice();
    }
}
