using FsCheck.Fluent;
using Metering.Core.Money;
using Metering.Core.Time;

namespace Metering.Core.Tests.Time;

public sealed class ProrationTests
{
    private static readonly BillingAnchor Monthly = BillingAnchor.Monthly(1);

    [Theory]
    [InlineData("UTC", "2025-01-15T00:00:00Z", 31 * 24 * 3600)]
    [InlineData("UTC", "2024-02-15T00:00:00Z", 29 * 24 * 3600)]
    [InlineData("America/Sao_Paulo", "2018-11-15T00:00:00Z", 30 * 24 * 3600 - 3600)] // The clock goes forward at midnight of 4 November.
    [InlineData("America/Sao_Paulo", "2018-02-10T00:00:00Z", 28 * 24 * 3600 + 3600)] // It goes back at midnight of 18 February.
    [InlineData("Pacific/Apia", "2011-12-15T00:00:00Z", 30 * 24 * 3600)] // 30 December was left out.
    [InlineData("Asia/Kolkata", "2025-01-15T00:00:00Z", 31 * 24 * 3600)]
    [InlineData("Australia/Lord_Howe", "2025-04-15T00:00:00Z", 30 * 24 * 3600 + 1800)] // Half an hour back on 6 April.
    public void Period_has_the_seconds_that_pass_in_it(string zone, string within, long seconds) =>
        Assert.Equal(seconds, Proration.Seconds(Calendar.MonthOf(At(within), Zone(zone))));

    [Theory]
    [InlineData("UTC", "2025-01-16T12:00:00Z", "2025-02-01T00:00:00Z", 1, 2)]
    [InlineData("UTC", "2025-01-31T23:59:59.999999Z", "2025-02-01T00:00:00Z", 1, 31 * 86400)]
    [InlineData("UTC", "2025-01-01T00:00:00.5Z", "2025-02-01T00:00:00Z", 1, 1)]
    [InlineData("America/Sao_Paulo", "2018-11-16T02:00:00Z", "2018-12-01T02:00:00Z", 15 * 24, 30 * 24 - 1)]
    [InlineData("Pacific/Apia", "2011-12-29T10:00:00Z", "2011-12-31T10:00:00Z", 2, 30)] // The 29th and the 31st.
    [InlineData("Asia/Kolkata", "2025-01-30T18:30:00Z", "2025-01-31T18:30:00Z", 1, 31)] // The whole of 31 January there.
    public void Share_of_a_segment_is_its_seconds_by_those_of_the_month(
        string zone, string from, string until, long numerator, long denominator) =>
        Assert.Equal(Reduced(numerator, denominator), Proration.ShareOf(new Period(At(from), At(until)), Zone(zone), Monthly));

    [Fact]
    public void Monthly_plan_inside_a_year_is_charged_for_each_month()
    {
        var halfYear = new Period(At("2025-01-01T00:00:00Z"), At("2025-07-01T00:00:00Z"));
        Assert.Equal(new IntervalShare(6, 1), Proration.ShareOf(halfYear, TimeZoneInfo.Utc, Monthly));
        var oneAndAHalf = new Period(At("2025-01-01T00:00:00Z"), At("2025-02-15T00:00:00Z"));
        Assert.Equal(new IntervalShare(3, 2), Proration.ShareOf(oneAndAHalf, TimeZoneInfo.Utc, Monthly));
    }

    [Fact]
    public void Yearly_plan_that_begins_in_July_is_charged_for_the_rest_of_the_year() => Assert.Equal(
        new IntervalShare(184, 365),
        Proration.ShareOf(
            new Period(At("2025-07-01T00:00:00Z"), At("2026-01-01T00:00:00Z")), TimeZoneInfo.Utc, BillingAnchor.Yearly(1, 1)));

    [Theory]
    [InlineData("UTC")]
    [InlineData("America/Sao_Paulo")]
    [InlineData("Pacific/Apia")]
    [InlineData("Asia/Kolkata")]
    [InlineData("Australia/Lord_Howe")]
    public void Shares_of_segments_that_tile_a_month_add_up_to_one(string zone)
    {
        var cut = from day in Gen.Choose(-30_000, 30_000) from micros in Gen.Choose(0, int.MaxValue) select (day, micros);
        Check.Holds(cut, Gen.Choose(1, 999), (at, place) =>
        {
            var month = Calendar.MonthOf(Instant.FromUnixMicroseconds(at.day * 86_400_000_000L + at.micros), Zone(zone));
            var length = month.End.UnixMicroseconds - month.Start.UnixMicroseconds;
            var middle = Instant.FromUnixMicroseconds(month.Start.UnixMicroseconds + length / 1000 * place + at.micros % 1_000_003);
            var sum = new ExactSum();
            foreach (var part in new[] { new Period(month.Start, middle), new Period(middle, month.End) })
            {
                var share = Proration.ShareOf(part, Zone(zone), Monthly);
                sum.Add(Amount.One, Amount.One, Amount.One, share.Numerator, share.Denominator);
            }

            sum.Subtract(One());
            return sum.IsZero;
        });
    }

    private static ExactSum One()
    {
        var sum = new ExactSum();
        sum.Add(Amount.One);
        return sum;
    }

    private static IntervalShare Reduced(long numerator, long denominator)
    {
        var divisor = (long)System.Numerics.BigInteger.GreatestCommonDivisor(numerator, denominator);
        return new IntervalShare(numerator / divisor, denominator / divisor);
    }

    private static TimeZoneInfo Zone(string name) => TimeZones.TryFind(name, out var zone) ? zone : throw new ArgumentException(name);

    private static Instant At(string text) =>
        Instant.TryParseRfc3339(text, out var instant) ? instant : throw new FormatException(text);
}
