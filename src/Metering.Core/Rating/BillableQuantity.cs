using Metering.Core.Money;
using Metering.Core.Time;

namespace Metering.Core.Rating;

/// <summary>
/// A quantity less what is included of it. An included amount that is prorated need not be a whole number of nano-units, so there may be a
/// fraction of one beside them. The default is zero.
/// </summary>
/// <param name="Nanos">Whole nano-units; not negative.</param>
/// <param name="Numerator">Of the fraction of a nano-unit: from zero to below <paramref name="Denominator"/>.</param>
/// <param name="Denominator">Above zero wherever the numerator is.</param>
internal readonly record struct BillableQuantity(Int128 Nanos, long Numerator, long Denominator)
{
    public bool IsZero => Nanos == Int128.Zero && Numerator == 0;

    /// <summary>In nano-units, rounded half to even.</summary>
    public Amount Rounded
    {
        get
        {
            var twice = 2 * (Int128)Numerator;
            var up = twice > Denominator || (Numerator != 0 && twice == Denominator && Int128.IsOddInteger(Nanos));
            return Amount.FromNanos(up ? Nanos + 1 : Nanos);
        }
    }

    /// <summary>The smallest number of nano-units that holds it.</summary>
    public Int128 Ceiling => Numerator == 0 ? Nanos : Nanos + 1;

    /// <param name="quantity">Not negative.</param>
    /// <param name="included">For a whole interval; not negative.</param>
    /// <param name="share">How much of the interval it is.</param>
    public static BillableQuantity Of(Amount quantity, Amount included, IntervalShare share)
    {
        if (included.IsZero)
            return new BillableQuantity(quantity.Nanos, 0, 1);
        if (share.IsWhole)
            return new BillableQuantity(Int128.Max(quantity.Nanos - included.Nanos, Int128.Zero), 0, 1);

        // Divided first, so that the products stay within 128 bits.
        var (times, rest) = Int128.DivRem(included.Nanos, share.Denominator);
        var (whole, remainder) = Int128.DivRem(rest * share.Numerator, share.Denominator);
        var left = quantity.Nanos - checked(times * share.Numerator + whole);
        if (remainder == Int128.Zero)
            return new BillableQuantity(Int128.Max(left, Int128.Zero), 0, 1);
        return left < 1 ? default : new BillableQuantity(left - 1, share.Denominator - (long)remainder, share.Denominator);
    }

    public bool IsAbove(Int128 nanos) => Nanos > nanos || (Nanos == nanos && Numerator != 0);

    /// <summary>Adds what it costs, exactly.</summary>
    public void AddTo(ref ExactSum sum, Amount unitPrice, Amount per)
    {
        sum.Add(Amount.FromNanos(Nanos), unitPrice, per);
        if (Numerator != 0)
            sum.Add(Amount.FromNanos(1), unitPrice, per, Numerator, Denominator);
    }
}
