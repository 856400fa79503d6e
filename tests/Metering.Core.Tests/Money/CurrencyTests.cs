using Metering.Core.Money;

namespace Metering.Core.Tests.Money;

public sealed class CurrencyTests
{
    [Theory]
    [InlineData("USD", 2, "181.005", "181")]
    [InlineData("USD", 2, "181.015", "181.02")]
    [InlineData("JPY", 0, "2.5", "2")]
    [InlineData("JPY", 0, "3.5", "4")]
    [InlineData("KWD", 3, "0.0125", "0.012")]
    [InlineData("CLF", 4, "0.00015", "0.0002")]
    [InlineData("EUR", 2, "-0.005", "0")]
    public void A_line_is_rounded_half_to_even_to_the_minor_unit(string code, int minorUnits, string exact, string line)
    {
        var currency = Currency.Parse(code);
        Assert.Equal(minorUnits, currency.MinorUnits);
        Assert.Equal(line, Rounding.ToMinorUnit(Amount.Parse(exact), currency).ToString());

        var sum = new ExactSum();
        sum.Add(Amount.Parse(exact));
        Assert.True(Rounding.TryToMinorUnit(sum, currency, out var rounded));
        Assert.Equal(line, rounded.ToString());
    }

    [Theory]
    [InlineData("usd")]
    [InlineData("XXX")]
    [InlineData("")]
    [InlineData(null)]
    public void Only_active_codes_in_upper_case_are_currencies(string? code) => Assert.False(Currency.TryFind(code, out _));

    [Fact]
    public void An_unknown_code_is_named() => Assert.Contains("'ABC'", Assert.Throws<FormatException>(() => Currency.Parse("ABC")).Message);
}
