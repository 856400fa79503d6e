using Metering.Api.Problems;
using Metering.Api.Usage;
using Metering.Core.Time;

namespace Metering.Api.Tests.Usage;

public sealed class DateRangesTests
{
    private static readonly Instant Now = At("2025-01-17T12:34:56Z");

    [Fact]
    public void A_date_is_the_whole_day_of_the_customers_zone_and_inclusive_as_an_end()
    {
        Assert.True(TimeZones.TryFind("Asia/Kolkata", out TimeZoneInfo? zone));
        Period range = DateRanges.Read(("start", "2025-01-10"), ("end", "2025-01-11"), zone, Now, [])!.Value;
        Assert.Equal("2025-01-09T18:30:00Z/2025-01-11T18:30:00Z", range.ToString());
    }

    [Fact]
    public void Times_are_taken_as_they_are_and_the_month_so_far_is_the_default()
    {
        Assert.Equal(
            "2025-01-10T01:00:00Z/2025-01-10T02:00:00Z",
            DateRanges.Read(("s", "2025-01-10T02:00:00+01:00"), ("e", "2025-01-10T02:00:00Z"), TimeZoneInfo.Utc, Now,
                [])!.Value.ToString());
        Assert.Equal("2025-01-01T00:00:00Z/2025-01-17T12:34:56Z",
            DateRanges.Read(("s", null), ("e", null), TimeZoneInfo.Utc, Now, [])!.Value.ToString());
    }

    [Theory]
    [InlineData("yesterday", null, "s")]
    [InlineData("2025-02-30", null, "s")]
    [InlineData("0001-01-01", null, "s")]
    [InlineData("2025-01-10", "2025-01-09", "e")]
    [InlineData("2020-01-10", "2025-01-09", "e")]
    public void What_is_wrong_is_named(string? start, string? end, string field)
    {
        List<FieldError> faults = [];
        Assert.Null(DateRanges.Read(("s", start), ("e", end), TimeZoneInfo.Utc, Now, faults));
        Assert.Equal(field, Assert.Single(faults).Field);
    }

    private static Instant At(string text) => Instant.TryParseRfc3339(text, out Instant at) ? at : throw new FormatException(text);
}
