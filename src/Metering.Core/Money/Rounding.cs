using System.Numerics;

namespace Metering.Core.Money;

/// <summary>The one rounding rule of the product: half to even.</summary>
public static class Rounding
{
    /// <summary>The whole number nearest to <paramref name="dividend"/> / <paramref name="divisor"/>; a tie goes to the even one.</summary>
    /// <param name="dividend">Any number whose magnitude is below 2^126.</param>
    /// <param name="divisor">Positive, below 2^126.</param>
    public static Int128 DivideHalfEven(Int128 dividend, Int128 divisor)
    {
        var (quotient, remainder) = Int128.DivRem(dividend, divisor);
        var twice = Int128.Abs(remainder) * 2;
        if (twice < divisor || (twice == divisor && Int128.IsEvenInteger(quotient)))
            return quotient;
        return Int128.IsNegative(dividend) ? quotient - 1 : quotient + 1;
    }

    /// <inheritdoc cref="DivideHalfEven(Int128, Int128)"/>
    public static BigInteger DivideHalfEven(BigInteger dividend, BigInteger divisor)
    {
        var quotient = BigInteger.DivRem(dividend, divisor, out var remainder);
        var comparison = (BigInteger.Abs(remainder) * 2).CompareTo(divisor);
        if (comparison < 0 || (comparison == 0 && quotient.IsEven))
            return quotient;
        return dividend.Sign < 0 ? quotient - 1 : quotient + 1;
    }

    /// <summary>
    /// What an invoice line shows: the exact sum rounded once, half to even, to the currency's minor unit. False when it is outside the
    /// range of an amount.
    /// </summary>
    public static bool TryToMinorUnit(in ExactSum exact, Currency currency, out Amount amount) =>
        exact.TryRound(currency.MinorUnits, out amount);

    /// <summary>An amount rounded half to even to the currency's minor unit.</summary>
    /// <exception cref="OverflowException">Rounding up leaves the range of an amount.</exception>
    public static Amount ToMinorUnit(Amount amount, Currency currency)
    {
        var step = PowersOfTen.Of(9 - currency.MinorUnits);
        return Amount.FromNanos(DivideHalfEven(amount.Nanos, step) * step);
    }
}
