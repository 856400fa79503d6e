using Metering.Core.Time;
using Metering.Grid.Partitions;
using Metering.TestSupport.Memory;

namespace Metering.Grid.Tests.Partitions;

public sealed class GridClockTests
{
    private readonly ManualTime time = new(new DateTimeOffset(2025, 1, 17, 12, 0, 0, TimeSpan.Zero));
    private readonly GridClock clock;
    private int jumps;

    public GridClockTests()
    {
        clock = new GridClock(time, TimeSpan.FromSeconds(60)) { OnJump = () => jumps++ };
        clock.Confirm(Now, time.GetTimestamp());
    }

    private Instant Now => Instant.FromDateTimeOffset(time.GetUtcNow());

    [Fact]
    public void Reading_that_has_grown_old_is_not_decided_by_and_says_nothing_against_the_clock()
    {
        Instant old = Now;
        time.Advance(TimeSpan.FromDays(34));
        Assert.False(clock.Trusts(old));
        Assert.Null(clock.Fault);
        Assert.Equal(0, jumps);
        Assert.True(clock.Trusts(Now));
    }

    [Theory]
    [InlineData(61)]
    [InlineData(-61)]
    public void Clock_that_jumps_is_at_fault_until_a_shard_confirms_it(int seconds)
    {
        time.Advance(TimeSpan.FromHours(1));
        time.Jump(TimeSpan.FromSeconds(seconds));
        Assert.False(clock.Trusts(Now));
        Assert.Contains($"jumped by {seconds} s", clock.Fault, StringComparison.Ordinal);
        Assert.Equal(1, jumps);
        time.Jump(TimeSpan.FromSeconds(-seconds));
        Assert.False(clock.Trusts(Now));
        clock.Confirm(Now, time.GetTimestamp());
        Assert.True(clock.Trusts(Now));
    }

    [Fact]
    public void Clock_that_has_jumped_is_at_fault_even_if_the_reading_is_older_than_the_jump()
    {
        time.Advance(TimeSpan.FromHours(1));
        Instant old = Now;
        time.Advance(TimeSpan.FromMinutes(2));
        time.Jump(TimeSpan.FromDays(40));
        Assert.False(clock.Trusts(old));
        Assert.NotNull(clock.Fault);
    }
}
