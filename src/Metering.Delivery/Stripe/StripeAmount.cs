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

    /// <summary>The amount in the API's unit, or false where the API has no number for exactly this amount.</summary>
    /// <param name="amount">The amount.</param>
    /// <param name="currency">ISO 4217, upper case.</param>
    /// <param name="units">The amount in the API's unit.</param>
    public static bool TryToUnits(Amount amount, string currency, out long units)
    {
        units = 0;
        Int128 step = Amount.NanosPerUnit / PerUnit(currency);
        if (amount.Nanos % step != 0)
            return false;
        Int128 whole = amount.Nanos / step;
        // Card networks take no third decimal that counts, and no fraction of a currency that has none any more.
        Int128 granularity = threeDecimals.Contains(currency) ? 10 : twoZeros.Contains(currency) ? 100 : 1;
        if (whole % granularity != 0 || whole > long.MaxValue || whole < long.MinValue)
            return false;
        units = (long)whole;
        return true;
    }

    /// <summary>The amount that a number of the API stands for.</summary>
    public static Amount FromUnits(long units, string currency) =>
        Amount.FromNanos((Int128)units * (Amount.NanosPerUnit / PerUnit(currency)));

    private static int PerUnit(string currency) =>
        zeroDecimals.Contains(currency) ? 1 : threeDecimals.Contains(currency) ? 1000 : 100;
}
