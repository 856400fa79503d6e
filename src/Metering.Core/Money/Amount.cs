using System.Buffers.Text;
using System.Text;

namespace Metering.Core.Money;

/// <summary>
/// An exact decimal: a whole number of nano-units (1e-9). Quantities, credits and prices are all held this way.
/// At most 18 digits before the point and 9 after: <see cref="MinNanos"/> to <see cref="MaxNanos"/>. The default is zero.
/// Operators throw <see cref="OverflowException"/> when the result leaves that range; the <c>Try</c> forms answer false.
/// </summary>
public readonly record struct Amount : IComparable<Amount>
{
    /// <summary>Nano-units in one unit.</summary>
    public const long NanosPerUnit = 1_000_000_000;

    private const ulong NanosPerUnitUnsigned = 1_000_000_000;

    /// <summary>Enough bytes or characters for any amount: a sign, 18 digits, a point and 9 digits.</summary>
    public const int MaxLength = 29;

    public static readonly Int128 MaxNanos = Int128.CreateChecked(1_000_000_000_000_000_000) * NanosPerUnit - 1;
    public static readonly Int128 MinNanos = -MaxNanos;

    public static readonly Amount Zero;
    public static readonly Amount One = new((Int128)NanosPerUnit);
    public static readonly Amount MaxValue = new(MaxNanos);
    public static readonly Amount MinValue = new(MinNanos);

    private Amount(Int128 nanos) => Nanos = nanos;

    /// <summary>The amount in nano-units.</summary>
    public Int128 Nanos { get; }

    public bool IsZero => Nanos == Int128.Zero;

    public bool IsNegative => Int128.IsNegative(Nanos);

    public bool IsPositive => !IsZero && !IsNegative;

    /// <exception cref="OverflowException">The nano-units are outside the range of an amount.</exception>
    public static Amount FromNanos(Int128 nanos) =>
        TryFromNanos(nanos, out var amount) ? amount : throw new OverflowException("The amount has more than 18 digits before the point.");

    /// <summary>Of 64 bits: always within the range.</summary>
    public static Amount FromNanos(long nanos) => new((Int128)nanos);

    public static bool TryFromNanos(Int128 nanos, out Amount amount)
    {
        var inRange = nanos <= MaxNanos && nanos >= MinNanos;
        amount = inRange ? new Amount(nanos) : default;
        return inRange;
    }

    /// <exception cref="OverflowException">More than 18 digits.</exception>
    public static Amount FromWhole(long units) => FromNanos((Int128)units * NanosPerUnit);

    /// <summary>Rounded half to even at the ninth decimal.</summary>
    /// <exception cref="OverflowException">More than 18 digits before the point.</exception>
    public static Amount FromDecimal(decimal value)
    {
        Span<int> parts = stackalloc int[4];
        decimal.GetBits(value, parts);
        var mantissa = (Int128)new UInt128((uint)parts[2], ((ulong)(uint)parts[1] << 32) | (uint)parts[0]);
        var scale = (parts[3] >> 16) & 0xFF;
        var nanos = scale <= 9 ? mantissa * PowersOfTen.Of(9 - scale) : Rounding.DivideHalfEven(mantissa, PowersOfTen.Of(scale - 9));
        return FromNanos(parts[3] < 0 ? -nanos : nanos);
    }

    /// <summary>Always exact: every amount fits a decimal. The scale is the smallest that holds it.</summary>
    public decimal ToDecimal()
    {
        var magnitude = (UInt128)Int128.Abs(Nanos);
        byte scale = 9;
        while (scale > 0 && magnitude % 10 == 0)
        {
            magnitude /= 10;
            scale--;
        }

        var low = (ulong)magnitude;
        return new decimal((int)(uint)low, (int)(uint)(low >> 32), (int)(uint)(magnitude >> 64), IsNegative, scale);
    }

    /// <summary>The exact sum; false, and zero, where it is out of range.</summary>
    public bool TryAdd(Amount other, out Amount sum) => TryFromNanos(Nanos + other.Nanos, out sum);

    /// <summary>The exact difference; false, and zero, where it is out of range.</summary>
    public bool TrySubtract(Amount other, out Amount difference) => TryFromNanos(Nanos - other.Nanos, out difference);

    public static Amount operator +(Amount left, Amount right) => FromNanos(left.Nanos + right.Nanos);

    public static Amount operator -(Amount left, Amount right) => FromNanos(left.Nanos - right.Nanos);

    public static Amount operator -(Amount value) => new(-value.Nanos);

    public static bool operator <(Amount left, Amount right) => left.Nanos < right.Nanos;

    public static bool operator >(Amount left, Amount right) => left.Nanos > right.Nanos;

    public static bool operator <=(Amount left, Amount right) => left.Nanos <= right.Nanos;

    public static bool operator >=(Amount left, Amount right) => left.Nanos >= right.Nanos;

    public static Amount Min(Amount left, Amount right) => left <= right ? left : right;

    public static Amount Max(Amount left, Amount right) => left >= right ? left : right;

    public int CompareTo(Amount other) => Nanos.CompareTo(other.Nanos);

    /// <summary>The shortest exact decimal: <c>15</c>, <c>15.000000001</c>, <c>-0.5</c>; no exponent.</summary>
    public override string ToString()
    {
        Span<byte> utf8 = stackalloc byte[MaxLength];
        TryFormat(utf8, out var written);
        return Encoding.ASCII.GetString(utf8[..written]);
    }

    /// <summary>
    /// Writes what <see cref="ToString"/> returns, as ASCII, without allocation. False, with nothing counted as written, when it does
    /// not fit; <see cref="MaxLength"/> bytes always suffice.
    /// </summary>
    public bool TryFormat(Span<byte> utf8, out int written)
    {
        written = 0;
        var negative = IsNegative;
        var magnitude = (UInt128)(negative ? -Nanos : Nanos);
        // Most amounts fit 64 bits, where a division costs a fraction. The remainder is right modulo 2^64, which is far above it.
        var whole = magnitude <= ulong.MaxValue ? (ulong)magnitude / NanosPerUnitUnsigned : (ulong)(magnitude / NanosPerUnitUnsigned);
        var fraction = (uint)((ulong)magnitude - whole * NanosPerUnitUnsigned);

        var position = 0;
        if (negative)
        {
            if (utf8.IsEmpty)
                return false;
            utf8[position++] = (byte)'-';
        }

        if (!Utf8Formatter.TryFormat(whole, utf8[position..], out var wholeLength))
            return false;
        position += wholeLength;
        if (fraction != 0)
        {
            var digits = 9;
            while (fraction % 10 == 0)
            {
                fraction /= 10;
                digits--;
            }

            if (utf8.Length < position + 1 + digits)
                return false;
            utf8[position++] = (byte)'.';
            for (var i = position + digits - 1; i >= position; i--)
            {
                utf8[i] = (byte)('0' + fraction % 10);
                fraction /= 10;
            }

            position += digits;
        }

        written = position;
        return true;
    }

    /// <summary>Reads the text form by the rules of <see cref="AmountParse.Text"/>.</summary>
    public static bool TryParse(string? text, out Amount amount)
    {
        amount = default;
        if (text is null || text.Length > AmountParse.MaxTextLength)
            return false;
        Span<byte> utf8 = stackalloc byte[AmountParse.MaxTextLength];
        return Encoding.UTF8.TryGetBytes(text, utf8, out var length) && AmountParse.Text(utf8[..length], out amount) == ParseStatus.Ok;
    }

    /// <exception cref="FormatException">Not an amount by the rules of <see cref="AmountParse.Text"/>.</exception>
    public static Amount Parse(string text) =>
        TryParse(text, out var amount)
            ? amount
            : throw new FormatException($"'{text}' is not a decimal of at most 18 digits before and 9 after the point.");
}
