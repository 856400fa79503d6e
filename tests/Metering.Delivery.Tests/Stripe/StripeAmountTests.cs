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
        Assert.True(StripeAmount.TryToUnits(Amount.Parse(amount), currency, out long written));
        Assert.Equal(units, written);
        Assert.Equal(Amount.Parse(amount), StripeAmount.FromUnits(units, currency));
    }

    [Theory]
    [InlineData("0.005", "USD")]
    [InlineData("0.5", "JPY")]
    [InlineData("5.124", "KWD")]
    [InlineData("40.10", "ISK")]
    [InlineData("999999999999999999", "KWD")]
    public void An_amount_that_Stripe_cannot_charge_exactly_is_never_rounded(string amount, string currency) =>
        Assert.False(StripeAmount.TryToUnits(Amount.Parse(amount), currency, out _));
}
