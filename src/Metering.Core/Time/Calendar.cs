namespace Metering.Core.Time;

/// <summary>
/// Hours, days, months and billing periods in a customer's time zone. Periods of one kind tile time: each instant from the year 2 to the
/// year 9998 is in exactly one, also across clock changes; hours nest in days, days in months and in billing periods.
/// A period costs microseconds to find; a caller on the hot path keeps it and asks <see cref="Period.Contains"/>.
/// </summary>
public static class Calendar
{
    /// <summary>The hour, day or month around an instant.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A billing period, which needs an anchor.</exception>
    public static Period PeriodOf(PeriodKind kind, Instant at, TimeZoneInfo zone) => kind switch
    {
        PeriodKind.Hour => HourOf(at, zone),
        PeriodKind.Day => DayOf(at, zone),
        PeriodKind.Month => MonthOf(at, zone),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Only an hour, a day or a month is known from the time zone alone."),
    };

    /// <summary>The period of any kind around an instant.</summary>
    public static Period PeriodOf(PeriodKind kind, Instant at, TimeZoneInfo zone, BillingAnchor anchor) =>
        kind == PeriodKind.Billing ? BillingPeriodOf(at, zone, anchor) : PeriodOf(kind, at, zone);

    /// <summary>
    /// The hour around an instant: from one full hour of the local clock to the next, at most 60 minutes. A clock change by whole hours
    /// repeats or skips local hours and leaves each one whole; one by less (Lord Howe moves by 30 minutes) cuts the hour it falls into.
    /// </summary>
    public static Period HourOf(Instant at, TimeZoneInfo zone)
    {
        var offset = ZoneOffset.At(at, zone);
        var local = at.UnixMicroseconds + offset;
        var start = local - Modulo(local, ZoneOffset.Hour) - offset;
        var hour = new Period(Instant.FromUnixMicroseconds(start), Instant.FromUnixMicroseconds(start + ZoneOffset.Hour));

        var alignment = Modulo(offset, ZoneOffset.Hour);
        if (Modulo(ZoneOffset.At(hour.Start, zone), ZoneOffset.Hour) != alignment)
            hour = hour with { Start = ZoneOffset.FirstAt(hour.Start, at, zone) };
        var last = hour.End - TimeSpan.FromMicroseconds(1);
        if (Modulo(ZoneOffset.At(last, zone), ZoneOffset.Hour) != alignment)
            hour = hour with { End = ZoneOffset.FirstAt(at, last, zone) };

        // Where a clock change skips midnight at a crooked time, the day begins inside an hour.
        var day = DayOf(at, zone);
        return new Period(Instant.Max(hour.Start, day.Start), Instant.Min(hour.End, day.End));
    }

    /// <summary>
    /// The calendar day around an instant. A day begins when the local clock first shows its midnight or later: at the change where it
    /// is skipped, at the first of two midnights where it is repeated. A date that a zone left out (Apia, 2011-12-30) has no period.
    /// </summary>
    public static Period DayOf(Instant at, TimeZoneInfo zone)
    {
        var day = LocalDate(at, zone);
        return Around(at, zone, new DateSeries(day.DayNumber, static number => DateOnly.FromDayNumber(number)));
    }

    /// <summary>The calendar month around an instant.</summary>
    public static Period MonthOf(Instant at, TimeZoneInfo zone) => BillingPeriodOf(at, zone, 1);

    /// <summary>
    /// The monthly billing period around an instant, which begins on the <paramref name="anchorDay"/>, 1 to 31, or on the last day of a
    /// shorter month.
    /// </summary>
    public static Period BillingPeriodOf(Instant at, TimeZoneInfo zone, int anchorDay) =>
        BillingPeriodOf(at, zone, BillingAnchor.Monthly(anchorDay));

    /// <summary>The billing period around an instant.</summary>
    public static Period BillingPeriodOf(Instant at, TimeZoneInfo zone, BillingAnchor anchor)
    {
        var day = LocalDate(at, zone);
        return anchor.Interval switch
        {
            BillingInterval.Month => Around(at, zone, new DateSeries(
                day.Year * 12 + day.Month - 1, number => Clamped(number / 12, number % 12 + 1, anchor.Day))),
            BillingInterval.Year => Around(at, zone, new DateSeries(day.Year, number => Clamped(number, anchor.Month, anchor.Day))),
            _ => throw new ArgumentOutOfRangeException(nameof(anchor), anchor, "An anchor is made by Monthly or Yearly."),
        };
    }

    /// <summary>
    /// The minutes, 0 to 59, by which local hours begin after UTC hours: 30 in Asia/Kolkata (+05:30), 15 in Asia/Kathmandu (+05:45).
    /// </summary>
    public static int HourAlignment(Instant at, TimeZoneInfo zone) =>
        (int)(Modulo(-ZoneOffset.At(at, zone), ZoneOffset.Hour) / ZoneOffset.Minute);

    /// <summary>The date that the local clock shows.</summary>
    public static DateOnly LocalDate(Instant at, TimeZoneInfo zone) =>
        DateOnly.FromDateTime(Instant.FromUnixMicroseconds(at.UnixMicroseconds + ZoneOffset.At(at, zone)).ToUtcDateTime());

    /// <summary>When a calendar day begins; see <see cref="DayOf"/>. For a date that the zone left out, when the next one begins.</summary>
    public static Instant StartOf(DateOnly day, TimeZoneInfo zone) => ZoneOffset.FirstShowing(day, zone);

    private static Period Around(Instant at, TimeZoneInfo zone, DateSeries series)
    {
        // The clock may have shown the next date already and been set back since.
        var number = series.Near + 1;
        var start = StartOf(series.Date(number), zone);
        while (start > at)
            start = StartOf(series.Date(--number), zone);

        var end = StartOf(series.Date(++number), zone);
        while (end <= at)
            end = StartOf(series.Date(++number), zone);
        return new Period(start, end);
    }

    private static DateOnly Clamped(int year, int month, int day) => new(year, month, Math.Min(day, DateTime.DaysInMonth(year, month)));

    private static long Modulo(long value, long divisor) => (value % divisor + divisor) % divisor;

    /// <summary>Dates on which periods begin, in order, numbered; and the number near the date in question.</summary>
    private readonly record struct DateSeries(int Near, Func<int, DateOnly> Date);
}
