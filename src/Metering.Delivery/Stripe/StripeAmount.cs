using Metering.Core.Money;

namespace Metering.Delivery.Stripe;

/// <summary>
/// Money as Stripe's API writes it: a whole number of the currency's smallest unit, by Stripe's own table, which is not that of ISO 4217
/// everywhere. Source: https://docs.stripe.com/currencies ("Zero-decimal currencies", "Three-decimal currencies", "Special cases").
/// </summary>
internal static class StripeAmount
{
    private static readonly HashSet<string> zeroDecimals = new(StringComparer.Ordinal)
    {
        "BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF",
    };

    private static readonly HashSet<string> threeDecimals = new(StringComparer.Ordinal) { "BHD", "JOD", "KWD", "OMR", "TND" };

    // No decimals in practice and two in the API, the last two digits always zero.
    private static readonly HashSet<string> twoZeros = new(StringComparer.Ordinal) { "ISK", "UGX" };

    /// <summary>
    /// The amount in the API's unit, rounded half to even to what card networks take: tens of a three-decimal currency's smallest unit,
    /// whole units of a currency that has no decimals.
    /// </summary>
    /// <param name="amount">The amount.</param>
    /// <param name="currency">ISO 4217, upper case.</param>
    /// <exception cref="OverflowException">More than the API has digits for.</exception>
    public static long ToUnits(Amount amount, string currency)
    {
        Int128 granularity = threeDecimals.Contains(currency) ? 10 : twoZeros.Contains(currency) ? 100 : 1;
        Int128 step = Amount.NanosPerUnit / PerUnit(currency) * granularity;
        return checked((long)(Rounding.DivideHalfEven(amount.Nanos, step) * granularity));
    }

    /// <summary>
    /// The amounts of an invoice's lines in the API's unit. Each is the difference of two rounded running totals, so that their sum is the
    /// rounded total, and every line's amount is the same whichever of them are sent.
    /// </summary>
    /// <exception cref="OverflowException">More than the API has digits for.</exception>
    public static long[] ToUnits(IEnumerable<Amount> lines, string currency)
    {
        Amount running = Amount.Zero;
        long before = 0;
        var units = new List<long>();
        foreach (Amount line in lines)
        {
            running += line;
            long after = ToUnits(running, currency);
            units.Add(after - before);
            before = after;
        }

        return [.. units];
    }

    /// <summary>The amount that a number of the API stands for.</summary>
    public static Amount FromUnits(long units, string currency) =>
        Amount.FromNanos((Int128)units * (Amount.NanosPerUnit / PerUnit(currency)));

    private static int PerUnit(string currency) =>
        zeroDecimals.Contains(currency) ? 1 : threeDecimals.Contains(currency) ? 1000 : 100;
}
