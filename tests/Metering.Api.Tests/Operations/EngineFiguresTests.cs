using Metering.Api.Operations;
using Metering.Api.Tests.Support;

namespace Metering.Api.Tests.Operations;

public sealed class EngineFiguresTests
{
    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(10, 1_000, 0.996667)]
    [InlineData(3, 1, 0)]
    [InlineData(6, 1, -1)]
    public void Write_reduction_compares_groups_with_three_rows_an_event(long groups, long events, double expected) =>
        Assert.Equal(expected, EngineFigures.WriteReduction(groups, events));

    [Fact]
    public void A_rate_looks_back_one_minute()
    {
        var window = new RateWindow();
        Assert.Equal((0L, 0d), window.Read(TimeSpan.Zero, 5));
        for (int second = 0; second <= 100; second++)
            window.Sample(TimeSpan.FromSeconds(second), second * 10);
        Assert.Equal((600L, 60d), window.Read(TimeSpan.FromSeconds(100), 1_000));
        Assert.Equal(10, EngineFigures.PerSecond(600, 60));
        Assert.Equal(0, EngineFigures.PerSecond(5, 0));
    }

    [Fact]
    public void Latencies_are_at_most_five_percent_too_high()
    {
        var window = new LatencyWindow(new ManualTime(DateTimeOffset.UnixEpoch.AddHours(1)));
        Assert.Equal([0, 0], window.PercentilesMs(0.5, 0.99));
        for (int i = 1; i <= 100; i++)
            window.Record(TimeSpan.FromMilliseconds(i));
        double[] found = window.PercentilesMs(0.5, 0.95, 1);
        Assert.InRange(found[0], 50, 52.5);
        Assert.InRange(found[1], 95, 99.75);
        Assert.InRange(found[2], 100, 105);
    }
}
