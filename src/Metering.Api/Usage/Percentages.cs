using System.Numerics;
using Metering.Core.Money;

namespace Metering.Api.Usage;

/// <summary>How much of a limit is used.</summary>
internal static class Percentages
{
    /// <summary>Where a limit is so small that a decimal does not hold the percentage, this much is told.</summary>
    private static readonly BigInteger Most = BigInteger.Pow(10, 27);

    /// <summary><paramref name="used"/> of <paramref name="max"/> in percent, rounded half to even to 2 decimals; 100 where a limit of zero
    /// is used up.</summary>
    public static decimal Of(Amount used, Amount max)
    {
        if (max.IsZero)
            return used.IsZero ? 0m : 100m;
        var hundredths = Rounding.DivideHalfEven((BigInteger)used.Nanos * 10_000, (BigInteger)max.Nanos);
        return (decimal)BigInteger.Min(hundredths, Most) / 100m;
    }
}
