using System.Numerics;
using Metering.Core.Money;

namespace Metering.Core.Usage;

/// <summary>
/// How much more there will be of what adds up, if it goes on as it did: the whole of a stretch of time by what is past of it.
/// </summary>
/// <param name="Whole">The whole stretch, in microseconds; at least <paramref name="Past"/>.</param>
/// <param name="Past">What is past, in microseconds; above zero.</param>
public readonly record struct Growth(long Whole, long Past)
{
    /// <summary>Rounded half to even to the nano-unit; what leaves the range of amounts stays at its end.</summary>
    public Amount Of(Amount amount)
    {
        BigInteger grown = Rounding.DivideHalfEven((BigInteger)amount.Nanos * Whole, new BigInteger(Past));
        return grown > (BigInteger)Amount.MaxNanos ? Amount.MaxValue : Amount.FromNanos((Int128)grown);
    }

    /// <summary>Rounded half to even; what leaves the range stays at its end.</summary>
    public long Of(long count)
    {
        BigInteger grown = Rounding.DivideHalfEven((BigInteger)count * Whole, new BigInteger(Past));
        return grown > long.MaxValue ? long.MaxValue : (long)grown;
    }
}
