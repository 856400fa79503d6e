using System.Text;
using FsCheck.Fluent;
using Metering.Core.Time;

namespace Metering.Core.Tests.Time;

public sealed class InstantTests
{
    [Theory]
    [InlineData("2025-01-17T14:30:00Z", "2025-01-17T14:30:00Z")]
    [InlineData("2025-01-17t14:30:00z", "2025-01-17T14:30:00Z")]
    [InlineData("2025-01-17T14:30:00+05:30", "2025-01-17T09:00:00Z")]
    [InlineData("2025-01-17T14:30:00-23:59", "2025-01-18T14:29:00Z")]
    [InlineData("2025-01-17T14:30:00-00:00", "2025-01-17T14:30:00Z")]
    [InlineData("2025-01-17T14:30:00.5Z", "2025-01-17T14:30:00.5Z")]
    [InlineData("2025-01-17T14:30:00.120000Z", "2025-01-17T14:30:00.12Z")]
    [InlineData("2025-01-17T14:30:00.1234567899999999999999Z", "2025-01-17T14:30:00.123456Z")]
    [InlineData("2025-01-17T14:30:00.0000001Z", "2025-01-17T14:30:00Z")]
    [InlineData("1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z")]
    [InlineData("2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z")]
    [InlineData("2016-12-31T23:59:60Z", "2016-12-31T23:59:59.999999Z")]
    [InlineData("2016-12-31T15:59:60.25-08:00", "2016-12-31T23:59:59.999999Z")]
    [InlineData("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z")]
    [InlineData("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z")]
    public void A_date_time_of_RFC_3339_is_read(string text, string written)
    {
        Assert.True(Instant.TryParseRfc3339(text, out var instant));
        Assert.Equal(written, instant.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("2025-01-17")]
    [InlineData("2025-01-17T14:30:00")]
    [InlineData("2025-01-17 14:30:00Z")]
    [InlineData("2025-01-17T14:30Z")]
    [InlineData("2025-1-17T14:30:00Z")]
    [InlineData("2025-13-17T14:30:00Z")]
    [InlineData("2025-00-17T14:30:00Z")]
    [InlineData("2025-02-29T14:30:00Z")]
    [InlineData("2025-01-00T14:30:00Z")]
    [InlineData("2025-01-17T24:00:00Z")]
    [InlineData("2025-01-17T14:60:00Z")]
    [InlineData("2025-01-17T14:30:61Z")]
    [InlineData("2025-01-17T14:30:60Z")]
    [InlineData("2016-12-30T23:59:60Z")]
    [InlineData("2025-01-17T14:30:00.Z")]
    [InlineData("2025-01-17T14:30:00,5Z")]
    [InlineData("2025-01-17T14:30:00+0530")]
    [InlineData("2025-01-17T14:30:00+05")]
    [InlineData("2025-01-17T14:30:00+24:00")]
    [InlineData("2025-01-17T14:30:00+05:60")]
    [InlineData("2025-01-17T14:30:00Zx")]
    [InlineData("2025-01-17T14:30:00ZZ")]
    [InlineData("0000-01-01T00:00:00Z")]
    [InlineData("0001-01-01T00:00:00+00:01")]
    [InlineData("9999-12-31T23:59:59-00:01")]
    [InlineData("+025-01-17T14:30:00Z")]
    public void Anything_else_is_refused(string text) => Assert.False(Instant.TryParseRfc3339(text, out _));

    [Fact]
    public void Any_instant_reads_back_from_its_text() =>
        Check.Holds(Instants.Any, instant =>
        {
            Span<byte> utf8 = stackalloc byte[27];
            return instant.TryFormat(utf8, out var written)
                && Instant.TryParseRfc3339(utf8[..written], out var read) && read == instant
                && Encoding.ASCII.GetString(utf8[..written]) == instant.ToString()
                && !instant.TryFormat(utf8[..(written - 1)], out _)
                && Instant.FromDateTimeOffset(instant.ToDateTimeOffset()) == instant;
        });

    [Fact]
    public void Parts_of_a_microsecond_are_cut_off()
    {
        var time = new DateTimeOffset(2025, 1, 17, 14, 30, 0, TimeSpan.FromHours(2)).AddTicks(19);
        Assert.Equal("2025-01-17T12:30:00.000001Z", Instant.FromDateTimeOffset(time).ToString());
        var before = DateTimeOffset.UnixEpoch.AddTicks(-1);
        Assert.Equal("1969-12-31T23:59:59.999999Z", Instant.FromDateTimeOffset(before).ToString());
    }

    [Fact]
    public void Spans_move_instants_within_the_years_1_to_9999()
    {
        var start = Instant.UnixEpoch;
        Assert.Equal("1970-01-02T00:00:00Z", (start + TimeSpan.FromDays(1)).ToString());
        Assert.Equal(TimeSpan.FromDays(1), start + TimeSpan.FromDays(1) - start);
        Assert.Equal(start, start + TimeSpan.FromDays(1) - TimeSpan.FromDays(1));
        Assert.True(start < start + TimeSpan.FromMicroseconds(1));
        Assert.True(start + TimeSpan.FromMicroseconds(1) >= start);
        Assert.Equal(start, Instant.Min(start, Instant.MaxValue));
        Assert.Equal(Instant.MaxValue, Instant.Max(start, Instant.MaxValue));
        Assert.Throws<ArgumentOutOfRangeException>(() => Instant.MaxValue + TimeSpan.FromMicroseconds(1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Instant.MinValue - TimeSpan.FromMicroseconds(1));
    }

    [Fact]
    public void Reading_allocates_nothing()
    {
        Instant.TryParseRfc3339("2025-01-17T14:30:00.25+01:00"u8, out _);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++)
            Instant.TryParseRfc3339("2025-01-17T14:30:00.25+01:00"u8, out _);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
