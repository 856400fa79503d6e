using Metering.Core.Money;
using Metering.Delivery.Stripe;

namespace Metering.Delivery.Tests.Stripe;

public sealed class StripeAmountTests
{
    [Theory]
    [InlineData("10", "USD", 1000)]
    [InlineData("0.01", "EUR", 1)]
    [InlineData("-12.34", "EUR", -1234)]
    [InlineData("500", "JPY", 500)]
    [InlineData("7", "MGA", 7)]
    [InlineData("5.12", "KWD", 5120)]
    [InlineData("5", "ISK", 500)]
    [InlineData("5", "UGX", 500)]
    [InlineData("10.45", "HUF", 1045)]
    public void Amounts_are_written_in_the_unit_that_Stripe_has_for_the_currency(string amount, string currency, long units)
    {
        Assert.Equal(units, StripeAmount.ToUnits(Amount.Parse(amount), currency));
        Assert.Equal(Amount.Parse(amount), StripeAmount.FromUnits(units, currency));
    }

    [Theory]
    [InlineData("5.124", "KWD", 5120)]
    [InlineData("5.125", "KWD", 5120)]
    [InlineData("5.135", "KWD", 5140)]
    [InlineData("40.60", "ISK", 4100)]
    [InlineData("7.2", "MGA", 7)]
    public void What_card_networks_cannot_take_is_rounded_half_to_even(string amount, string currency, long units) =>
        Assert.Equal(units, StripeAmount.ToUnits(Amount.Parse(amount), currency));

    [Fact]
    public void Lines_add_up_to_the_rounded_total()
    {
        Amount[] lines = [Amount.Parse("1.004"), Amount.Parse("1.004"), Amount.Parse("1.004"), Amount.Parse("-0.5")];

        long[] units = StripeAmount.ToUnits(lines, "KWD");

        Assert.Equal([1000, 1010, 1000, -500], units);
        Assert.Equal(StripeAmount.ToUnits(Amount.Parse("2.512"), "KWD"), units.Sum());
    }

    [Fact]
    public void An_amount_with_too_many_digits_is_refused() =>
        Assert.Throws<OverflowException>(() => StripeAmount.ToUnits(Amount.Parse("999999999999999999"), "KWD"));
}
