namespace Metering.Core.Time;

/// <summary>The date-time form of RFC 3339 section 5.6, to and from UTF-8.</summary>
internal static class Rfc3339
{
    /// <summary><c>9999-12-31T23:59:59.999999Z</c></summary>
    public const int MaxLength = 27;

    public static bool TryFormat(Instant instant, Span<byte> utf8, out int written)
    {
        written = 0;
        var time = instant.ToUtcDateTime();
        var fraction = (int)(time.Ticks % TimeSpan.TicksPerSecond / TimeSpan.TicksPerMicrosecond);
        var decimals = 6;
        while (decimals > 0 && fraction % 10 == 0)
        {
            fraction /= 10;
            decimals--;
        }

        var length = decimals == 0 ? 20 : 21 + decimals;
        if (utf8.Length < length)
            return false;

        WriteDigits(utf8, 0, 4, time.Year);
        utf8[4] = (byte)'-';
        WriteDigits(utf8, 5, 2, time.Month);
        utf8[7] = (byte)'-';
        WriteDigits(utf8, 8, 2, time.Day);
        utf8[10] = (byte)'T';
        WriteDigits(utf8, 11, 2, time.Hour);
        utf8[13] = (byte)':';
        WriteDigits(utf8, 14, 2, time.Minute);
        utf8[16] = (byte)':';
        WriteDigits(utf8, 17, 2, time.Second);
        if (decimals > 0)
        {
            utf8[19] = (byte)'.';
            WriteDigits(utf8, 20, decimals, fraction);
        }

        utf8[length - 1] = (byte)'Z';
        written = length;
        return true;
    }

    public static bool TryParse(ReadOnlySpan<byte> utf8, out Instant instant)
    {
        instant = default;
        if (utf8.Length < 20 || utf8[4] != '-' || utf8[7] != '-' || utf8[10] is not ((byte)'T' or (byte)'t')
            || utf8[13] != ':' || utf8[16] != ':')
            return false;
        if (!TryDigits(utf8, 0, 4, out var year) || !TryDigits(utf8, 5, 2, out var month) || !TryDigits(utf8, 8, 2, out var day)
            || !TryDigits(utf8, 11, 2, out var hour) || !TryDigits(utf8, 14, 2, out var minute) || !TryDigits(utf8, 17, 2, out var second))
            return false;
        if (year == 0 || month is 0 or > 12 || day == 0 || day > DateTime.DaysInMonth(year, month)
            || hour > 23 || minute > 59 || second > 60)
            return false;
        if (!TryFraction(utf8, out var microseconds, out var offsetAt) || !TryOffset(utf8[offsetAt..], out var offsetMinutes))
            return false;

        var isLeapSecond = second == 60;
        if (isLeapSecond)
            (second, microseconds) = (59, 999_999);
        var local = new DateTime(year, month, day, hour, minute, second, DateTimeKind.Utc);
        var unix = (local - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond + microseconds
            - offsetMinutes * 60L * Instant.MicrosecondsPerSecond;
        return Instant.TryFromUnixMicroseconds(unix, out instant) && (!isLeapSecond || CanHoldLeapSecond(instant));
    }

    private static bool CanHoldLeapSecond(Instant instant)
    {
        var time = instant.ToUtcDateTime();
        return time is { Hour: 23, Minute: 59 } && time.Day == DateTime.DaysInMonth(time.Year, time.Month);
    }

    private static bool TryFraction(ReadOnlySpan<byte> utf8, out int microseconds, out int end)
    {
        microseconds = 0;
        end = 19;
        if (utf8[19] != '.')
            return true;

        end = 20;
        for (; end < utf8.Length && (uint)utf8[end] - '0' <= 9; end++)
        {
            if (end < 26)
                microseconds = microseconds * 10 + (utf8[end] - '0');
        }

        for (var missing = end; missing < 26; missing++)
            microseconds *= 10;
        return end > 20;
    }

    private static bool TryOffset(ReadOnlySpan<byte> utf8, out int minutes)
    {
        minutes = 0;
        if (utf8.Length == 1)
            return utf8[0] is (byte)'Z' or (byte)'z';
        if (utf8.Length != 6 || utf8[0] is not ((byte)'+' or (byte)'-') || utf8[3] != ':')
            return false;
        if (!TryDigits(utf8, 1, 2, out var hour) || !TryDigits(utf8, 4, 2, out var minute) || hour > 23 || minute > 59)
            return false;
        minutes = hour * 60 + minute;
        if (utf8[0] == '-')
            minutes = -minutes;
        return true;
    }

    private static bool TryDigits(ReadOnlySpan<byte> utf8, int at, int count, out int value)
    {
        value = 0;
        foreach (var symbol in utf8.Slice(at, count))
        {
            var digit = (uint)symbol - '0';
            if (digit > 9)
                return false;
            value = value * 10 + (int)digit;
        }

        return true;
    }

    private static void WriteDigits(Span<byte> utf8, int at, int count, int value)
    {
        for (var i = at + count - 1; i >= at; i--)
        {
            utf8[i] = (byte)('0' + value % 10);
            value /= 10;
        }
    }
}
