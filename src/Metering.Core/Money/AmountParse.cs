namespace Metering.Core.Money;

/// <summary>
/// Reads amounts from UTF-8 without allocation. The grammar is that of a JSON number (RFC 8259 section 6), with an exponent of any size.
/// </summary>
public static class AmountParse
{
    /// <summary>The longest text read; longer is <see cref="ParseStatus.Malformed"/>. JSON numbers have no such limit.</summary>
    public const int MaxTextLength = 256;

    /// <summary>
    /// A number as it stands in JSON. Clients send floating point, so digits past the ninth decimal are rounded half to even:
    /// <c>523.4567890123456</c> is 523.456789012, <c>1e-400</c> is zero; <c>1e400</c> is <see cref="ParseStatus.OutOfRange"/>.
    /// </summary>
    public static ParseStatus JsonNumber(ReadOnlySpan<byte> utf8, out Amount amount) =>
        TryShort(utf8, out amount) ? ParseStatus.Ok : Long(utf8, exact: false, out amount);

    /// <summary>
    /// The content of a string. A sender of text chose its digits, so nothing is rounded: more than 9 significant decimals are
    /// <see cref="ParseStatus.TooPrecise"/>; trailing zeros are fine.
    /// </summary>
    public static ParseStatus Text(ReadOnlySpan<byte> utf8, out Amount amount)
    {
        if (TryShort(utf8, out amount))
            return ParseStatus.Ok;
        return utf8.Length > MaxTextLength ? ParseStatus.Malformed : Long(utf8, exact: true, out amount);
    }

    /// <summary>
    /// What nearly every sender writes: at most 18 digits in all and 9 after the point, no exponent. One pass, one multiplication.
    /// False sends the bytes, whatever they are, to the complete reader.
    /// </summary>
    private static bool TryShort(ReadOnlySpan<byte> utf8, out Amount amount)
    {
        amount = default;
        var start = utf8.Length > 0 && utf8[0] == '-' ? 1 : 0;
        if (utf8.Length - start is 0 or > 19)
            return false;

        ulong value = 0;
        var point = -1;
        for (var i = start; i < utf8.Length; i++)
        {
            var digit = (uint)utf8[i] - '0';
            if (digit <= 9)
                value = value * 10 + digit;
            else if (utf8[i] == '.' && point < 0 && i > start)
                point = i;
            else
                return false;
        }

        if (point < 0 && utf8.Length - start == 19)
            return false;
        var decimals = point < 0 ? 0 : utf8.Length - point - 1;
        var wholeDigits = (point < 0 ? utf8.Length : point) - start;
        if (decimals > 9 || (point >= 0 && decimals == 0) || (wholeDigits > 1 && utf8[start] == '0'))
            return false;

        var nanos = (Int128)value * PowersOfTen.Of(9 - decimals);
        return Amount.TryFromNanos(start == 1 ? -nanos : nanos, out amount);
    }

    private static ParseStatus Long(ReadOnlySpan<byte> utf8, bool exact, out Amount amount)
    {
        amount = default;
        if (!NumberShape.TryRead(utf8, out var shape))
            return ParseStatus.Malformed;
        if (shape.IsZero)
            return ParseStatus.Ok;

        // With the value written as 0.ddd... times ten to a power, this many of its digits are whole nano-units.
        var nanoDigits = shape.Magnitude + 9;
        if (nanoDigits > 27)
            return ParseStatus.OutOfRange;
        if (nanoDigits < 0)
            return exact ? ParseStatus.TooPrecise : ParseStatus.Ok;

        var nanos = Int128.Zero;
        long seen = 0;
        var half = 0;
        var rest = false;
        for (var i = shape.FirstDigit; i < shape.DigitsEnd; i++)
        {
            if (utf8[i] == '.')
                continue;
            var digit = utf8[i] - '0';
            if (seen < nanoDigits)
                nanos = nanos * 10 + digit;
            else if (seen == nanoDigits)
                half = digit;
            else
                rest |= digit != 0;
            seen++;
        }

        if (exact && (half != 0 || rest))
            return ParseStatus.TooPrecise;
        if (seen < nanoDigits)
            nanos *= PowersOfTen.Of((int)(nanoDigits - seen));
        if (half > 5 || (half == 5 && (rest || Int128.IsOddInteger(nanos))))
            nanos++;
        return Amount.TryFromNanos(shape.Negative ? -nanos : nanos, out amount) ? ParseStatus.Ok : ParseStatus.OutOfRange;
    }
}
