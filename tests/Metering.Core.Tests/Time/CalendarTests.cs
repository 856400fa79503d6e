using FsCheck;
using FsCheck.Fluent;
using Metering.Core.Time;

namespace Metering.Core.Tests.Time;

public sealed class CalendarTests
{
    private static readonly string[] Zones =
    [
        "UTC", "America/New_York", "America/Sao_Paulo", "America/St_Johns", "America/Toronto", "Pacific/Apia", "Pacific/Kwajalein",
        "Asia/Kolkata", "Asia/Kathmandu", "Asia/Tehran", "Asia/Gaza", "Australia/Lord_Howe", "Africa/Casablanca", "Africa/Monrovia",
        "Europe/Dublin", "Europe/Berlin", "Antarctica/Troll", "America/Caracas", "Asia/Pyongyang", "Pacific/Kiritimati",
    ];

    private static readonly Gen<(Instant At, TimeZoneInfo Zone)> Moments =
        from name in Gen.Elements(Zones)
        let zone = Zone(name)
        from anywhere in Instants.From1965To2040
        from near in Gen.Choose(0, 2)
        from minutes in Gen.Choose(-1600, 1600)
        select (near == 0 ? anywhere : NextClockChange(anywhere, zone) + TimeSpan.FromMinutes(minutes), zone);

    private static readonly Gen<BillingAnchor> Anchors = Gen.OneOf(
        Gen.Choose(1, 31).Select(BillingAnchor.Monthly),
        from month in Gen.Choose(1, 12)
        from day in Gen.Choose(1, 31)
        select BillingAnchor.Yearly(month, Math.Min(day, DateTime.DaysInMonth(2000, month))));

    [Theory]
    // No clock change: a plain offset.
    [InlineData("Asia/Kolkata", "2025-01-17T18:29:59Z", "2025-01-16T18:30:00Z/2025-01-17T18:30:00Z")]
    [InlineData("Asia/Kolkata", "2025-01-17T18:30:00Z", "2025-01-17T18:30:00Z/2025-01-18T18:30:00Z")]
    // 23 and 25 hours.
    [InlineData("America/New_York", "2025-03-09T12:00:00Z", "2025-03-09T05:00:00Z/2025-03-10T04:00:00Z")]
    [InlineData("America/New_York", "2025-11-02T12:00:00Z", "2025-11-02T04:00:00Z/2025-11-03T05:00:00Z")]
    // Midnight skipped: 2018-11-04 began at 01:00.
    [InlineData("America/Sao_Paulo", "2018-11-04T03:00:00Z", "2018-11-04T03:00:00Z/2018-11-05T02:00:00Z")]
    [InlineData("America/Sao_Paulo", "2018-11-04T02:59:59Z", "2018-11-03T03:00:00Z/2018-11-04T03:00:00Z")]
    // The hour before midnight repeated: 2019-02-16 had 25 hours.
    [InlineData("America/Sao_Paulo", "2019-02-17T02:30:00Z", "2019-02-16T02:00:00Z/2019-02-17T03:00:00Z")]
    // Midnight shown twice, at 02:30 and, after 00:01 went back to 23:01, at 03:30 UTC: the first one counts.
    [InlineData("America/St_Johns", "2010-11-07T02:45:00Z", "2010-11-07T02:30:00Z/2010-11-08T03:30:00Z")]
    [InlineData("America/St_Johns", "2010-11-07T02:29:59Z", "2010-11-06T02:30:00Z/2010-11-07T02:30:00Z")]
    // The 30th of December 2011 was left out: the 29th ends where the 31st begins.
    [InlineData("Pacific/Apia", "2011-12-30T09:59:59Z", "2011-12-29T10:00:00Z/2011-12-30T10:00:00Z")]
    [InlineData("Pacific/Apia", "2011-12-30T10:00:00Z", "2011-12-30T10:00:00Z/2011-12-31T10:00:00Z")]
    // 24 and a half hours.
    [InlineData("Australia/Lord_Howe", "2025-04-05T20:00:00Z", "2025-04-05T13:00:00Z/2025-04-06T13:30:00Z")]
    public void A_day_is_a_calendar_day_of_the_zone(string zone, string at, string period) =>
        Assert.Equal(period, Calendar.PeriodOf(PeriodKind.Day, Instants.At(at), Zone(zone)).ToString());

    [Theory]
    [InlineData("UTC", "2025-01-17T14:30:00Z", "2025-01-17T14:00:00Z/2025-01-17T15:00:00Z")]
    [InlineData("Asia/Kolkata", "2025-01-17T14:29:00Z", "2025-01-17T13:30:00Z/2025-01-17T14:30:00Z")]
    [InlineData("Asia/Kathmandu", "2025-01-17T14:30:00Z", "2025-01-17T14:15:00Z/2025-01-17T15:15:00Z")]
    // The local hour from 1 to 2 comes twice; each is an hour of its own.
    [InlineData("America/New_York", "2025-11-02T05:30:00Z", "2025-11-02T05:00:00Z/2025-11-02T06:00:00Z")]
    [InlineData("America/New_York", "2025-11-02T06:30:00Z", "2025-11-02T06:00:00Z/2025-11-02T07:00:00Z")]
    // At 02:00 back to 01:30: the second piece of that hour has 30 minutes.
    [InlineData("Australia/Lord_Howe", "2025-04-05T14:59:59Z", "2025-04-05T14:00:00Z/2025-04-05T15:00:00Z")]
    [InlineData("Australia/Lord_Howe", "2025-04-05T15:00:00Z", "2025-04-05T15:00:00Z/2025-04-05T15:30:00Z")]
    [InlineData("Australia/Lord_Howe", "2025-04-05T15:30:00Z", "2025-04-05T15:30:00Z/2025-04-05T16:30:00Z")]
    // At 02:00 on to 02:30.
    [InlineData("Australia/Lord_Howe", "2025-10-04T15:29:59Z", "2025-10-04T14:30:00Z/2025-10-04T15:30:00Z")]
    [InlineData("Australia/Lord_Howe", "2025-10-04T15:30:00Z", "2025-10-04T15:30:00Z/2025-10-04T16:00:00Z")]
    // At 23:30 on to 00:30: midnight is skipped within an hour of UTC, and the day begins there.
    [InlineData("America/Toronto", "1919-03-31T04:15:00Z", "1919-03-31T04:00:00Z/1919-03-31T04:30:00Z")]
    [InlineData("America/Toronto", "1919-03-31T04:30:00Z", "1919-03-31T04:30:00Z/1919-03-31T05:00:00Z")]
    public void An_hour_is_a_full_hour_of_the_local_clock_or_cut_at_a_crooked_change(string zone, string at, string period) =>
        Assert.Equal(period, Calendar.PeriodOf(PeriodKind.Hour, Instants.At(at), Zone(zone)).ToString());

    [Theory]
    [InlineData("UTC", "2025-02-14T00:00:00Z", "2025-02-01T00:00:00Z/2025-03-01T00:00:00Z")]
    [InlineData("America/New_York", "2025-03-31T12:00:00Z", "2025-03-01T05:00:00Z/2025-04-01T04:00:00Z")]
    [InlineData("Pacific/Kiritimati", "2025-01-31T10:00:00Z", "2025-01-31T10:00:00Z/2025-02-28T10:00:00Z")]
    [InlineData("UTC", "2024-12-31T23:59:59.999999Z", "2024-12-01T00:00:00Z/2025-01-01T00:00:00Z")]
    public void A_month_is_a_calendar_month_of_the_zone(string zone, string at, string period) =>
        Assert.Equal(period, Calendar.PeriodOf(PeriodKind.Month, Instants.At(at), Zone(zone)).ToString());

    [Theory]
    [InlineData(31, "2025-02-15T00:00:00Z", "2025-01-31T00:00:00Z/2025-02-28T00:00:00Z")]
    [InlineData(31, "2025-02-28T00:00:00Z", "2025-02-28T00:00:00Z/2025-03-31T00:00:00Z")]
    [InlineData(30, "2024-02-29T12:00:00Z", "2024-02-29T00:00:00Z/2024-03-30T00:00:00Z")]
    [InlineData(15, "2025-01-14T23:59:59Z", "2024-12-15T00:00:00Z/2025-01-15T00:00:00Z")]
    public void A_billing_month_begins_on_its_day_or_on_the_last_of_a_shorter_month(int day, string at, string period) =>
        Assert.Equal(period, Calendar.BillingPeriodOf(Instants.At(at), TimeZoneInfo.Utc, day).ToString());

    [Theory]
    [InlineData(2, 29, "2025-01-15T00:00:00Z", "2024-02-29T00:00:00Z/2025-02-28T00:00:00Z")]
    [InlineData(2, 29, "2025-02-28T00:00:00Z", "2025-02-28T00:00:00Z/2026-02-28T00:00:00Z")]
    [InlineData(7, 1, "2025-06-30T23:59:59Z", "2024-07-01T00:00:00Z/2025-07-01T00:00:00Z")]
    public void A_billing_year_begins_on_its_day(int month, int day, string at, string period) => Assert.Equal(
        period,
        Calendar.PeriodOf(PeriodKind.Billing, Instants.At(at), TimeZoneInfo.Utc, BillingAnchor.Yearly(month, day)).ToString());

    [Theory]
    // The 4th had no midnight: the period begins when the clock goes from midnight to 01:00.
    [InlineData("America/Sao_Paulo", 4, "2018-11-10T00:00:00Z", "2018-11-04T03:00:00Z/2018-12-04T02:00:00Z")]
    // There was no 30th: it begins with the 31st.
    [InlineData("Pacific/Apia", 30, "2012-01-10T00:00:00Z", "2011-12-30T10:00:00Z/2012-01-29T10:00:00Z")]
    [InlineData("Pacific/Apia", 31, "2012-01-10T00:00:00Z", "2011-12-30T10:00:00Z/2012-01-30T10:00:00Z")]
    [InlineData("Asia/Kolkata", 15, "2025-01-20T00:00:00Z", "2025-01-14T18:30:00Z/2025-02-14T18:30:00Z")]
    public void A_billing_month_begins_where_its_day_begins_in_the_zone(string zone, int day, string at, string period) =>
        Assert.Equal(period, Calendar.BillingPeriodOf(Instants.At(at), Zone(zone), day).ToString());

    [Theory]
    [InlineData(1)]
    [InlineData(28)]
    [InlineData(29)]
    [InlineData(30)]
    [InlineData(31)]
    public void Billing_months_never_begin_in_the_same_month_so_that_it_names_them(int day)
    {
        foreach (var zone in Zones.Select(Zone))
        {
            var months = new HashSet<(int, int)>();
            var at = Instants.At("2005-01-01T00:00:00Z");
            while (at < Instants.At("2035-01-01T00:00:00Z"))
            {
                var period = Calendar.BillingPeriodOf(at, zone, BillingAnchor.Of(BillingInterval.Month, day));
                var first = Calendar.LocalDate(period.Start, zone);
                Assert.True(months.Add((first.Year, first.Month)), $"{zone.Id} {first}");
                at = period.End;
            }
        }
    }

    [Theory]
    [InlineData(PeriodKind.Hour)]
    [InlineData(PeriodKind.Day)]
    [InlineData(PeriodKind.Month)]
    [InlineData(PeriodKind.Billing)]
    public void Periods_tile_time_without_gap_or_overlap(PeriodKind kind) =>
        Check.Holds(Moments, Anchors, (moment, anchor) =>
        {
            Period Around(Instant at) => Calendar.PeriodOf(kind, at, moment.Zone, anchor);
            var tick = TimeSpan.FromMicroseconds(1);
            var period = Around(moment.At);
            var middle = Instant.FromUnixMicroseconds((period.Start.UnixMicroseconds + period.End.UnixMicroseconds) / 2);
            return period.Contains(moment.At)
                && Around(period.Start) == period && Around(period.End - tick) == period && Around(middle) == period
                && Around(period.End).Start == period.End && Around(period.Start - tick).End == period.Start;
        });

    [Fact]
    public void Hours_nest_in_days_and_days_in_months_and_billing_periods() =>
        Check.Holds(Moments, Anchors, (moment, anchor) =>
        {
            var (at, zone) = moment;
            var hour = Calendar.HourOf(at, zone);
            var day = Calendar.DayOf(at, zone);
            return hour.Length <= TimeSpan.FromHours(1) && Within(hour, day)
                && Within(day, Calendar.MonthOf(at, zone)) && Within(day, Calendar.BillingPeriodOf(at, zone, anchor));
        });

    [Fact]
    public void Hours_have_one_alignment_throughout() =>
        Check.Holds(Moments, moment =>
        {
            var hour = Calendar.HourOf(moment.At, moment.Zone);
            return Calendar.HourAlignment(hour.Start, moment.Zone)
                == Calendar.HourAlignment(hour.End - TimeSpan.FromMicroseconds(1), moment.Zone);
        });

    [Theory]
    [InlineData("UTC", 0)]
    [InlineData("Asia/Kolkata", 30)]
    [InlineData("Asia/Kathmandu", 15)]
    [InlineData("America/St_Johns", 30)]
    [InlineData("Pacific/Marquesas", 30)]
    [InlineData("Australia/Eucla", 15)]
    public void Alignment_is_when_local_hours_begin_within_the_hour_of_UTC(string zone, int minutes)
    {
        var at = Instants.At("2025-01-17T14:37:00Z");
        Assert.Equal(minutes, Calendar.HourAlignment(at, Zone(zone)));
        Assert.Equal(minutes, Calendar.HourOf(at, Zone(zone)).Start.ToUtcDateTime().Minute);
    }

    [Fact]
    public void A_billing_period_needs_an_anchor() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Calendar.PeriodOf(PeriodKind.Billing, Instant.UnixEpoch, TimeZoneInfo.Utc));

    [Fact]
    public void An_anchor_that_no_calendar_has_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => BillingAnchor.Monthly(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => BillingAnchor.Monthly(32));
        Assert.Throws<ArgumentOutOfRangeException>(() => BillingAnchor.Yearly(13, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => BillingAnchor.Yearly(2, 30));
        Assert.Throws<ArgumentOutOfRangeException>(() =>
            Calendar.BillingPeriodOf(Instant.UnixEpoch, TimeZoneInfo.Utc, default(BillingAnchor)));
    }

    [Theory]
    [InlineData("Europe/Berlin", true)]
    [InlineData("UTC", true)]
    [InlineData("Etc/UTC", true)]
    [InlineData("America/Argentina/Buenos_Aires", true)]
    [InlineData("Mars/Olympus", false)]
    [InlineData("W. Europe Standard Time", false)]
    [InlineData("../../etc/passwd", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void Zones_are_found_by_their_IANA_name_only(string? name, bool found) => Assert.Equal(found, TimeZones.TryFind(name, out _));

    private static bool Within(Period inner, Period outer) => inner.Start >= outer.Start && inner.End <= outer.End;

    private static TimeZoneInfo Zone(string name) =>
        TimeZones.TryFind(name, out var zone) ? zone : throw new InvalidOperationException($"No zone {name}.");

    private static Instant NextClockChange(Instant after, TimeZoneInfo zone)
    {
        var day = TimeSpan.FromDays(1);
        var offset = zone.GetUtcOffset(after.ToUtcDateTime());
        for (var at = after; at < after + TimeSpan.FromDays(400); at += day)
        {
            if (zone.GetUtcOffset((at + day).ToUtcDateTime()) == offset)
                continue;
            var low = at;
            var high = at + day;
            while (high - low > TimeSpan.FromMicroseconds(1))
            {
                var middle = Instant.FromUnixMicroseconds((low.UnixMicroseconds + high.UnixMicroseconds) / 2);
                if (zone.GetUtcOffset(middle.ToUtcDateTime()) == offset)
                    low = middle;
                else
                    high = middle;
            }

            return high;
        }

        return after;
    }
}
