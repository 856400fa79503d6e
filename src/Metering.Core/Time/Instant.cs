using System.Text;

namespace Metering.Core.Time;

/// <summary>
/// A point in time: whole microseconds since 1970-01-01T00:00:00Z, from the year 1 to the end of the year 9999. The default is the
/// epoch. Microseconds, because that is what the database keeps.
/// </summary>
public readonly record struct Instant : IComparable<Instant>
{
    public const long MicrosecondsPerSecond = 1_000_000;

    public static readonly Instant UnixEpoch;
    public static readonly Instant MinValue = new(DateTime.MinValue.Ticks / TimeSpan.TicksPerMicrosecond - EpochOffset);
    public static readonly Instant MaxValue = new(DateTime.MaxValue.Ticks / TimeSpan.TicksPerMicrosecond - EpochOffset);

    private const long EpochOffset = 62_135_596_800L * MicrosecondsPerSecond;

    private Instant(long unixMicroseconds) => UnixMicroseconds = unixMicroseconds;

    public long UnixMicroseconds { get; }

    /// <exception cref="ArgumentOutOfRangeException">Before the year 1 or after the year 9999.</exception>
    public static Instant FromUnixMicroseconds(long microseconds) =>
        TryFromUnixMicroseconds(microseconds, out var instant)
            ? instant
            : throw new ArgumentOutOfRangeException(nameof(microseconds), microseconds, "Outside the years 1 to 9999.");

    public static bool TryFromUnixMicroseconds(long microseconds, out Instant instant)
    {
        var inRange = microseconds >= MinValue.UnixMicroseconds && microseconds <= MaxValue.UnixMicroseconds;
        instant = inRange ? new Instant(microseconds) : default;
        return inRange;
    }

    /// <summary>Parts of a microsecond are cut off, toward the past.</summary>
    public static Instant FromDateTimeOffset(DateTimeOffset time) =>
        new(time.UtcTicks / TimeSpan.TicksPerMicrosecond - EpochOffset);

    /// <summary>The same point in time, with offset zero.</summary>
    public DateTimeOffset ToDateTimeOffset() => new(ToUtcDateTime());

    /// <summary>The same point in time, of kind UTC.</summary>
    public DateTime ToUtcDateTime() => new((UnixMicroseconds + EpochOffset) * TimeSpan.TicksPerMicrosecond, DateTimeKind.Utc);

    /// <summary>Parts of a microsecond in the span are cut off, toward zero.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The result is before the year 1 or after the year 9999.</exception>
    public static Instant operator +(Instant instant, TimeSpan span) =>
        FromUnixMicroseconds(instant.UnixMicroseconds + span.Ticks / TimeSpan.TicksPerMicrosecond);

    /// <inheritdoc cref="op_Addition"/>
    public static Instant operator -(Instant instant, TimeSpan span) =>
        FromUnixMicroseconds(instant.UnixMicroseconds - span.Ticks / TimeSpan.TicksPerMicrosecond);

    public static TimeSpan operator -(Instant later, Instant earlier) =>
        new((later.UnixMicroseconds - earlier.UnixMicroseconds) * TimeSpan.TicksPerMicrosecond);

    public static bool operator <(Instant left, Instant right) => left.UnixMicroseconds < right.UnixMicroseconds;

    public static bool operator >(Instant left, Instant right) => left.UnixMicroseconds > right.UnixMicroseconds;

    public static bool operator <=(Instant left, Instant right) => left.UnixMicroseconds <= right.UnixMicroseconds;

    public static bool operator >=(Instant left, Instant right) => left.UnixMicroseconds >= right.UnixMicroseconds;

    public static Instant Min(Instant left, Instant right) => left <= right ? left : right;

    public static Instant Max(Instant left, Instant right) => left >= right ? left : right;

    public int CompareTo(Instant other) => UnixMicroseconds.CompareTo(other.UnixMicroseconds);

    /// <summary>RFC 3339 in UTC, with as many of 6 decimals of a second as needed: <c>2025-01-17T14:30:00Z</c>.</summary>
    public override string ToString()
    {
        Span<byte> utf8 = stackalloc byte[Rfc3339.MaxLength];
        TryFormat(utf8, out var written);
        return Encoding.ASCII.GetString(utf8[..written]);
    }

    /// <summary>
    /// Writes what <see cref="ToString"/> returns, as ASCII, without allocation; false when it does not fit. 27 bytes always suffice.
    /// </summary>
    public bool TryFormat(Span<byte> utf8, out int written) => Rfc3339.TryFormat(this, utf8, out written);

    /// <summary>
    /// Reads an RFC 3339 date-time, strictly and without allocation: any offset; <c>t</c> and <c>z</c> in either case; a fraction of any
    /// length, cut to microseconds; second 60 only where a leap second can be (23:59 UTC on the last day of a month), taken as 59.999999.
    /// </summary>
    public static bool TryParseRfc3339(ReadOnlySpan<byte> utf8, out Instant instant) => Rfc3339.TryParse(utf8, out instant);

    /// <inheritdoc cref="TryParseRfc3339(ReadOnlySpan{byte}, out Instant)"/>
    public static bool TryParseRfc3339(string? text, out Instant instant)
    {
        instant = default;
        return text is { Length: <= 128 } && TryParseRfc3339(Encoding.UTF8.GetBytes(text), out instant);
    }
}
