using System.Numerics;

namespace Metering.Core.Money;

/// <summary>
/// Adds amounts and products of amounts exactly and rounds once, so that neither the order of the parts nor their number changes the
/// result. A burn is rounded once an event, an invoice line once a line: this is what holds the value until then.
/// Mutable; pass it by reference. The default is zero. It allocates only when a part does not divide evenly at the scale 1e-18, or
/// is too large for 128 bits there.
/// </summary>
public struct ExactSum
{
    /// <summary>A product of two numbers of at most this many bits together stays clear of the sign of an Int128.</summary>
    private const int SafeBits = 125;

    /// <summary>Half the range: two values within it can be added without overflow.</summary>
    private static readonly Int128 SafeAttos = Int128.One << SafeBits;

    private static readonly BigInteger AttosPerUnit = BigInteger.Pow(10, 18);

    // The sum is _attos * 1e-18 + _numerator / _denominator; a denominator of zero means there is no such part.
    private Int128 _attos;
    private BigInteger _numerator;
    private BigInteger _denominator;

    /// <summary>True when the exact value is zero.</summary>
    public readonly bool IsZero => Sign == 0;

    /// <summary>-1, 0 or 1: the sign of the exact value, before any rounding.</summary>
    public readonly int Sign => _denominator.IsZero ? Int128.Sign(_attos) : Whole().Numerator.Sign;

    public void Add(Amount amount) => AddAttos(amount.Nanos * Amount.NanosPerUnit);

    /// <summary>Adds quantity times unit price.</summary>
    public void Add(Amount quantity, Amount unitPrice)
    {
        if (Bits(quantity.Nanos) + Bits(unitPrice.Nanos) <= SafeBits)
            AddAttos(quantity.Nanos * unitPrice.Nanos);
        else
            AddFraction((BigInteger)quantity.Nanos * unitPrice.Nanos, AttosPerUnit);
    }

    /// <summary>Adds quantity times unit price divided by <paramref name="per"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="per"/> is not positive.</exception>
    public void Add(Amount quantity, Amount unitPrice, Amount per)
    {
        if (!per.IsPositive)
            throw new ArgumentOutOfRangeException(nameof(per), per, "A price is per a positive number of units.");
        if (per == Amount.One)
        {
            Add(quantity, unitPrice);
            return;
        }

        // 30 bits hold the factor 1e9 that the division by nano-units brings.
        if (Bits(quantity.Nanos) + Bits(unitPrice.Nanos) + 30 <= SafeBits)
        {
            var (quotient, remainder) = Int128.DivRem(quantity.Nanos * unitPrice.Nanos * Amount.NanosPerUnit, per.Nanos);
            if (remainder == Int128.Zero)
            {
                AddAttos(quotient);
                return;
            }
        }

        AddFraction((BigInteger)quantity.Nanos * unitPrice.Nanos, (BigInteger)per.Nanos * Amount.NanosPerUnit);
    }

    /// <summary>Adds quantity times unit price divided by <paramref name="per"/>, and of that an exact fraction.</summary>
    /// <param name="quantity">How many units.</param>
    /// <param name="unitPrice">The price of <paramref name="per"/> units.</param>
    /// <param name="per">Positive.</param>
    /// <param name="numerator">Any.</param>
    /// <param name="denominator">Positive.</param>
    /// <exception cref="ArgumentOutOfRangeException">What must be positive is not.</exception>
    public void Add(Amount quantity, Amount unitPrice, Amount per, BigInteger numerator, BigInteger denominator)
    {
        if (!per.IsPositive || denominator.Sign <= 0)
            throw new ArgumentOutOfRangeException(nameof(denominator), denominator, "What divides a price is positive.");
        AddFraction(numerator * quantity.Nanos * unitPrice.Nanos, denominator * per.Nanos * Amount.NanosPerUnit);
    }

    public void Add(in ExactSum other) => AddParts(other._attos, other._numerator, other._denominator);

    /// <summary>Takes the other sum away.</summary>
    public void Subtract(in ExactSum other) => AddParts(-other._attos, -other._numerator, other._denominator);

    /// <summary>The sum rounded half to even to the nano-unit; false when it is outside the range of an amount.</summary>
    public readonly bool TryRound(out Amount amount) => TryRound(9, out amount);

    /// <summary>The sum rounded once, half to even, to 0 to 9 decimals; false when it is outside the range of an amount.</summary>
    public readonly bool TryRound(int decimals, out Amount amount)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(decimals);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(decimals, 9);
        var nanosPerStep = PowersOfTen.Of(9 - decimals);
        if (_denominator.IsZero)
            return Amount.TryFromNanos(Rounding.DivideHalfEven(_attos, PowersOfTen.Of(18 - decimals)) * nanosPerStep, out amount);

        var (numerator, denominator) = Whole();
        var nanos = Rounding.DivideHalfEven(numerator * (BigInteger)PowersOfTen.Of(decimals), denominator) * (BigInteger)nanosPerStep;
        amount = default;
        return BigInteger.Abs(nanos) <= (BigInteger)Amount.MaxNanos && Amount.TryFromNanos((Int128)nanos, out amount);
    }

    /// <summary>By value: the other sum may be this one, and must not change while it is being added.</summary>
    private void AddParts(Int128 attos, BigInteger numerator, BigInteger denominator)
    {
        AddAttos(attos);
        if (!denominator.IsZero)
            AddFraction(numerator, denominator);
    }

    private void AddAttos(Int128 attos)
    {
        var sum = _attos + attos;
        if (IsSafe(_attos) && IsSafe(attos))
            _attos = sum;
        else
            AddFraction((BigInteger)attos, AttosPerUnit);
    }

    private void AddFraction(BigInteger numerator, BigInteger denominator)
    {
        if (!_denominator.IsZero)
        {
            numerator = numerator * _denominator + _numerator * denominator;
            denominator *= _denominator;
        }

        // Reduced each time, or a long sum of thirds would grow without end.
        var divisor = BigInteger.GreatestCommonDivisor(numerator, denominator);
        _numerator = numerator / divisor;
        _denominator = denominator / divisor;
    }

    private readonly (BigInteger Numerator, BigInteger Denominator) Whole() =>
        ((BigInteger)_attos * _denominator + _numerator * AttosPerUnit, _denominator * AttosPerUnit);

    private static bool IsSafe(Int128 value) => value <= SafeAttos && value >= -SafeAttos;

    private static int Bits(Int128 value) => 128 - (int)Int128.LeadingZeroCount(Int128.Abs(value));
}
