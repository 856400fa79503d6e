using System.Globalization;
using Metering.Core.Money;

namespace Metering.Delivery.Pdf;

/// <summary>Writes numbers, money and dates in a culture. Every digit of an amount is written; nothing is rounded here.</summary>
/// <param name="culture">The culture.</param>
public sealed class Figures(CultureInfo culture)
{
    private const string NoBreakSpace = "\u00A0";
    private const int AmountDecimals = 9;

    private readonly CultureInfo culture = culture;

    /// <summary>The culture's language, such as <c>en</c>.</summary>
    public string Language => culture.Name.Length == 0 ? "en" : culture.Name;

    /// <summary>A quantity, with as many decimals as it has.</summary>
    public string Quantity(Amount amount) => Number(amount, 0);

    /// <summary>An amount of money without its currency, with the decimals of the minor unit at least.</summary>
    public string Money(Amount amount, Currency currency) => Number(amount, currency.MinorUnits);

    /// <summary>An amount of money with the currency's code, on the side where the culture writes currencies.</summary>
    public string MoneyWithCode(Amount amount, Currency currency)
    {
        bool codeFirst = culture.NumberFormat.CurrencyPositivePattern is 0 or 2;
        string number = Money(amount, currency);
        return codeFirst ? $"{currency.Code}{NoBreakSpace}{number}" : $"{number}{NoBreakSpace}{currency.Code}";
    }

    /// <summary>A percentage: <c>20%</c>, <c>20 %</c>.</summary>
    public string Percent(Amount percent)
    {
        string number = Number(percent, 0);
        string sign = culture.NumberFormat.PercentSymbol;
        return culture.NumberFormat.PercentPositivePattern switch
        {
            0 => $"{number}{NoBreakSpace}{sign}",
            1 => $"{number}{sign}",
            2 => $"{sign}{number}",
            _ => $"{sign}{NoBreakSpace}{number}",
        };
    }

    /// <summary>A day with the name of its month, so that it reads the same everywhere.</summary>
    public string Day(DateOnly day) => day.ToString(DayPattern, culture);

    /// <summary>From one day to another, both inclusive.</summary>
    public string Days(DateOnly first, DateOnly last)
    {
        if (first == last)
            return Day(first);
        bool sameMonth = (first.Year, first.Month) == (last.Year, last.Month);
        return DayPattern switch
        {
            "MMM d, yyyy" when sameMonth => $"{first.ToString("MMM d", culture)} – {last.ToString("d, yyyy", culture)}",
            "d MMM yyyy" when sameMonth => $"{first.ToString("%d", culture)} – {Day(last)}",
            "d. MMM yyyy" when sameMonth => $"{first.ToString("d'.'", culture)} – {Day(last)}",
            _ => $"{Day(first)} – {Day(last)}",
        };
    }

    private string DayPattern => culture.DateTimeFormat.ShortDatePattern.TrimStart() switch
    {
        ['M', ..] => "MMM d, yyyy",
        ['y' or 'g', ..] => "yyyy-MM-dd",
        _ => culture.DateTimeFormat.LongDatePattern.Contains("d. ", StringComparison.Ordinal) ? "d. MMM yyyy" : "d MMM yyyy",
    };

    private string Number(Amount amount, int leastDecimals) =>
        amount.ToDecimal().ToString($"#,##0.{new string('0', leastDecimals)}{new string('#', AmountDecimals - leastDecimals)}", culture);
}
