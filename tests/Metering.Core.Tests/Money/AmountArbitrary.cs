using System.Numerics;
using FsCheck;
using FsCheck.Fluent;
using Metering.Core.Money;

namespace Metering.Core.Tests.Money;

/// <summary>Amounts of every size: each count of bits is as likely as the next, and the bounds are among them.</summary>
internal static class AmountArbitrary
{
    public static readonly Gen<Amount> NotNegative =
        from bits in Gen.Choose(0, 90)
        from parts in Gen.Choose(0, int.MaxValue).ArrayOf(3)
        select FromParts(parts, bits);

    public static readonly Gen<Amount> Any =
        from amount in NotNegative
        from negative in Gen.Choose(0, 1)
        select negative == 1 ? -amount : amount;

    /// <summary>What events and prices look like: below a million, of 0 to 9 decimals.</summary>
    public static readonly Gen<Amount> Everyday =
        from number in Gen.Choose(0, 1_000_000)
        from decimals in Gen.Choose(0, 9)
        select Amount.FromNanos(number * (Int128)BigInteger.Pow(10, decimals));

    public static readonly Gen<Amount> EverydayPositive = Everyday.Where(amount => amount.IsPositive);

    private static Amount FromParts(int[] parts, int bits)
    {
        if (bits == 90)
            return Amount.MaxValue;
        var nanos = ((Int128)parts[0] << 60) | ((Int128)parts[1] << 30) | (uint)parts[2];
        return Amount.FromNanos((nanos & ((Int128.One << bits) - 1)) % (Amount.MaxNanos + 1));
    }
}
