using System.Diagnostics.CodeAnalysis;
using Metering.Core.Money;

namespace Metering.Core.Invoicing;

/// <summary>
/// Exchange rates by day, to show sums of several currencies in one. For reports alone: no invoice is ever converted. Immutable.
/// </summary>
public sealed class ExchangeTable
{
    private readonly Dictionary<(string From, string To), ExchangeRate[]> _rates;

    /// <param name="rates">In any order; of two for the same currencies and day the later one holds.</param>
    /// <exception cref="ArgumentException">A rate that is not positive, or from a currency to itself.</exception>
    public ExchangeTable(IEnumerable<ExchangeRate> rates)
    {
        _rates = rates.GroupBy(rate => (rate.From.Code, rate.To.Code)).ToDictionary(
            group => group.Key, group => group.OrderBy(rate => rate.ValidFrom).ToArray());
        if (_rates.Values.Any(each => each.Any(rate => !rate.Rate.IsPositive || rate.From == rate.To)))
            throw new ArgumentException("A rate is positive and between two currencies.", nameof(rates));
    }

    /// <summary>
    /// Converts by the rate of the day, the newest that is not later. The rate of the pair is taken; where there is none, the inverse of
    /// the opposite rate; where there is none either, the answer is false. Rounded once, half to even, to the minor unit of
    /// <paramref name="to"/>; also false where the result is out of range.
    /// </summary>
    public bool TryConvert(Amount amount, Currency from, Currency to, DateOnly day, [NotNullWhen(true)] out Amount? converted)
    {
        var exact = new ExactSum();
        converted = null;
        if (from == to)
            exact.Add(amount);
        else if (Find(from, to, day) is { } rate)
            exact.Add(amount, rate);
        else if (Find(to, from, day) is { } inverse)
            exact.Add(amount, Amount.One, inverse);
        else
            return false;
        if (!Rounding.TryToMinorUnit(exact, to, out var rounded))
            return false;
        converted = rounded;
        return true;
    }

    private Amount? Find(Currency from, Currency to, DateOnly day) =>
        _rates.TryGetValue((from.Code, to.Code), out var rates) ? rates.LastOrDefault(rate => rate.ValidFrom <= day)?.Rate : null;
}
