using System.Numerics;

namespace Metering.Core.Time;

/// <summary>
/// How much of its interval a segment is charged for, by the second. Points in time are cut to whole seconds first, so that the shares of
/// segments that tile a period add up to the share of the period, exactly. Seconds are those that pass, not those a local clock shows:
/// a month with a clock change is an hour longer or shorter.
/// </summary>
public static class Proration
{
    /// <summary>
    /// The share of a segment on a plan whose intervals begin at an anchor in the customer's time zone. A segment that reaches over several
    /// intervals, such as a monthly plan in a yearly period, gets the sum of its shares of each.
    /// </summary>
    public static IntervalShare ShareOf(Period segment, TimeZoneInfo zone, BillingAnchor anchor)
    {
        var interval = Calendar.BillingPeriodOf(segment.Start, zone, anchor);
        if (interval == segment)
            return IntervalShare.Whole;
        var share = ShareOf(segment, interval);
        while (interval.End < segment.End)
        {
            interval = Calendar.BillingPeriodOf(interval.End, zone, anchor);
            share = Add(share, ShareOf(segment, interval));
        }

        return share;
    }

    /// <summary>The part of an interval that a segment covers; zero where they do not meet.</summary>
    /// <exception cref="ArgumentException">The interval is shorter than a second.</exception>
    public static IntervalShare ShareOf(Period segment, Period interval)
    {
        var whole = Seconds(interval);
        if (whole <= 0)
            throw new ArgumentException("An interval has at least a second.", nameof(interval));
        var common = new Period(Instant.Max(segment.Start, interval.Start), Instant.Min(segment.End, interval.End));
        return Reduced(common.End <= common.Start ? 0 : Seconds(common), whole);
    }

    /// <summary>Whole seconds from start to end, each cut to the second before.</summary>
    public static long Seconds(Period period) => Second(period.End) - Second(period.Start);

    private static IntervalShare Add(IntervalShare left, IntervalShare right) => Reduced(
        (Int128)left.Numerator * right.Denominator + (Int128)right.Numerator * left.Denominator,
        (Int128)left.Denominator * right.Denominator);

    private static IntervalShare Reduced(Int128 numerator, Int128 denominator)
    {
        var divisor = (Int128)BigInteger.GreatestCommonDivisor(numerator, denominator);
        return new IntervalShare(checked((long)(numerator / divisor)), checked((long)(denominator / divisor)));
    }

    private static long Second(Instant at) =>
        (at.UnixMicroseconds - Modulo(at.UnixMicroseconds)) / Instant.MicrosecondsPerSecond;

    private static long Modulo(long microseconds) =>
        (microseconds % Instant.MicrosecondsPerSecond + Instant.MicrosecondsPerSecond) % Instant.MicrosecondsPerSecond;
}
