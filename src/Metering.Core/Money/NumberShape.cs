namespace Metering.Core.Money;

/// <summary>Where the parts of a JSON number are, and how large it is, found in one pass that also proves the grammar.</summary>
internal readonly ref struct NumberShape
{
    /// <summary>Past this an exponent only says "too large" or "nothing left"; no text is long enough to bring it back.</summary>
    private const long ExponentCeiling = 1L << 40;

    private NumberShape(bool negative, int firstDigit, int digitsEnd, long magnitude)
    {
        Negative = negative;
        FirstDigit = firstDigit;
        DigitsEnd = digitsEnd;
        Magnitude = magnitude;
    }

    public bool Negative { get; }

    /// <summary>The first digit that is not zero; at or after <see cref="DigitsEnd"/> when there is none.</summary>
    public int FirstDigit { get; }

    /// <summary>One past the last digit before the exponent.</summary>
    public int DigitsEnd { get; }

    /// <summary>The power of ten m for which the value is 0.ddd... times 10^m, the first d not being zero.</summary>
    public long Magnitude { get; }

    public bool IsZero => FirstDigit >= DigitsEnd;

    public static bool TryRead(ReadOnlySpan<byte> utf8, out NumberShape shape)
    {
        shape = default;
        var negative = utf8.Length > 0 && utf8[0] == '-';
        var start = negative ? 1 : 0;
        var wholeEnd = SkipDigits(utf8, start);
        if (wholeEnd == start || (utf8[start] == '0' && wholeEnd > start + 1))
            return false;

        var digitsEnd = wholeEnd;
        if (wholeEnd < utf8.Length && utf8[wholeEnd] == '.')
        {
            digitsEnd = SkipDigits(utf8, wholeEnd + 1);
            if (digitsEnd == wholeEnd + 1)
                return false;
        }

        long exponent = 0;
        if (digitsEnd < utf8.Length && !TryReadExponent(utf8[digitsEnd..], out exponent))
            return false;

        var first = start;
        while (first < digitsEnd && utf8[first] is (byte)'0' or (byte)'.')
            first++;
        var magnitude = first < wholeEnd ? wholeEnd - first : wholeEnd + 1 - first;
        shape = new NumberShape(negative, first, digitsEnd, magnitude + exponent);
        return true;
    }

    private static int SkipDigits(ReadOnlySpan<byte> utf8, int from)
    {
        while (from < utf8.Length && (uint)utf8[from] - '0' <= 9)
            from++;
        return from;
    }

    private static bool TryReadExponent(ReadOnlySpan<byte> utf8, out long exponent)
    {
        exponent = 0;
        if (utf8[0] is not ((byte)'e' or (byte)'E'))
            return false;
        var negative = utf8.Length > 1 && utf8[1] == '-';
        var start = utf8.Length > 1 && utf8[1] is (byte)'-' or (byte)'+' ? 2 : 1;
        if (start >= utf8.Length || SkipDigits(utf8, start) != utf8.Length)
            return false;
        for (var i = start; i < utf8.Length && exponent < ExponentCeiling; i++)
            exponent = exponent * 10 + (utf8[i] - '0');
        exponent = negative ? -exponent : exponent;
        return true;
    }
}
