using Metering.Core.Invoicing;
using Metering.Core.Money;

namespace Metering.Core.Tests.Invoicing;

public sealed class ExchangeTableTests
{
    private static readonly ExchangeTable Table = new(
    [
        Rate("EUR", "USD", "1.10", "2025-02-01"), Rate("EUR", "USD", "1.05", "2025-01-01"), Rate("USD", "JPY", "150", "2025-01-01"),
    ]);

    [Theory]
    [InlineData("100", "EUR", "USD", "2025-01-31", "105")]
    [InlineData("100", "EUR", "USD", "2025-02-01", "110")]
    [InlineData("100", "EUR", "USD", "2024-12-31", null)]
    [InlineData("110", "USD", "EUR", "2025-02-01", "100")]
    [InlineData("1", "USD", "EUR", "2025-02-01", "0.91")]
    [InlineData("0.51", "USD", "JPY", "2025-02-01", "76")]
    [InlineData("0.55", "USD", "JPY", "2025-02-01", "82")]
    [InlineData("-100", "JPY", "USD", "2025-02-01", "-0.67")]
    [InlineData("100", "EUR", "JPY", "2025-02-01", null)]
    [InlineData("7", "GBP", "GBP", "2025-02-01", "7")]
    public void Amounts_convert_by_the_newest_rate_of_the_day_or_its_inverse(
        string amount, string from, string to, string day, string? expected)
    {
        var known = Table.TryConvert(
            Amount.Parse(amount), Currency.Parse(from), Currency.Parse(to), DateOnly.Parse(day), out var converted);
        Assert.Equal(expected is not null, known);
        Assert.Equal(expected, converted?.ToString());
    }

    [Theory]
    [InlineData("EUR", "USD", "0")]
    [InlineData("EUR", "EUR", "1")]
    public void Impossible_rates_are_refused(string from, string to, string rate) =>
        Assert.Throws<ArgumentException>(() => new ExchangeTable([Rate(from, to, rate, "2025-01-01")]));

    private static ExchangeRate Rate(string from, string to, string rate, string day) =>
        new(Currency.Parse(from), Currency.Parse(to), Amount.Parse(rate), DateOnly.Parse(day));
}
