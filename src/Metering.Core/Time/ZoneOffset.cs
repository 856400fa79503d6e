namespace Metering.Core.Time;

/// <summary>The offset of a zone as a function of time, constant between clock changes; all in microseconds.</summary>
internal static class ZoneOffset
{
    public const long Minute = 60 * Instant.MicrosecondsPerSecond;
    public const long Hour = 60 * Minute;

    /// <summary>No local clock was ever further than this from UTC.</summary>
    private const long Widest = 16 * Hour;

    /// <summary>Clock changes closer together than this, back and forth, are not looked for; none such is known.</summary>
    private const long Step = 4 * Hour;

    public static long At(Instant at, TimeZoneInfo zone) => zone.GetUtcOffset(at.ToUtcDateTime()).Ticks / TimeSpan.TicksPerMicrosecond;

    /// <summary>The first instant in (<paramref name="before"/>, <paramref name="after"/>] with the offset of the latter.</summary>
    public static Instant FirstAt(Instant before, Instant after, TimeZoneInfo zone)
    {
        var offset = At(after, zone);
        var low = before.UnixMicroseconds;
        var high = after.UnixMicroseconds;
        while (high - low > 1)
        {
            var middle = low + (high - low) / 2;
            if (At(Instant.FromUnixMicroseconds(middle), zone) == offset)
                high = middle;
            else
                low = middle;
        }

        return Instant.FromUnixMicroseconds(high);
    }

    /// <summary>The first instant at which the local clock shows this midnight or later.</summary>
    public static Instant FirstShowing(DateOnly day, TimeZoneInfo zone)
    {
        var midnight = Instant.FromDateTimeOffset(new DateTimeOffset(day.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero)).UnixMicroseconds;
        var start = Math.Max(midnight - Widest, Instant.MinValue.UnixMicroseconds);
        var end = Math.Min(midnight + Widest, Instant.MaxValue.UnixMicroseconds);

        // Pieces of constant offset, in order; the first in which the clock gets there has the answer.
        while (start < end)
        {
            var offset = At(Instant.FromUnixMicroseconds(start), zone);
            var pieceEnd = EndOfPiece(start, end, offset, zone);
            var shows = Math.Max(start, midnight - offset);
            if (shows < pieceEnd)
                return Instant.FromUnixMicroseconds(shows);
            start = pieceEnd;
        }

        return Instant.FromUnixMicroseconds(end);
    }

    private static long EndOfPiece(long start, long end, long offset, TimeZoneInfo zone)
    {
        for (var from = start; from < end; from += Step)
        {
            var to = Math.Min(from + Step, end);
            var after = Instant.FromUnixMicroseconds(to);
            if (At(after, zone) != offset)
                return FirstAt(Instant.FromUnixMicroseconds(from), after, zone).UnixMicroseconds;
        }

        return end;
    }
}
