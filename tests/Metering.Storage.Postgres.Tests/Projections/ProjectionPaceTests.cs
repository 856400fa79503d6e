using Metering.Storage.Postgres.Projections;

namespace Metering.Storage.Postgres.Tests.Projections;

public sealed class ProjectionPaceTests
{
    // What the last batch took, in ms, and for how long new groups then wait for more: at most 3 s.
    [Theory]
    [InlineData(0, 0)]
    [InlineData(5, 40)]
    [InlineData(300, 2400)]
    [InlineData(400, 3000)]
    [InlineData(9000, 3000)]
    public void A_trickle_waits_in_proportion_to_what_a_batch_took(int tookMilliseconds, int restMilliseconds)
    {
        var pace = new ProjectionPace(new ProjectorOptions());
        pace.Learn(TimeSpan.FromMilliseconds(tookMilliseconds), 100);
        Assert.Equal(TimeSpan.FromMilliseconds(restMilliseconds), pace.Rest(TimeSpan.Zero, TimeSpan.Zero, 0));
    }

    [Fact]
    public void A_burst_gathers_for_as_long_as_it_can_still_be_written_within_the_aim()
    {
        var pace = new ProjectionPace(new ProjectorOptions());

        // Three seconds at most; then so that 4 s are enough for what an event takes: 10 us before anything is known, and a fourth more.
        Assert.Equal(TimeSpan.FromSeconds(3), pace.Rest(TimeSpan.Zero, TimeSpan.Zero, 5_000));
        Assert.Equal(TimeSpan.FromSeconds(1), pace.Rest(TimeSpan.FromSeconds(2), TimeSpan.Zero, 5_000));
        Assert.Equal(TimeSpan.FromSeconds(1.5), pace.Rest(TimeSpan.Zero, TimeSpan.Zero, 200_000));
        Assert.Equal(TimeSpan.Zero, pace.Rest(TimeSpan.FromSeconds(1.5), TimeSpan.Zero, 200_000));
        Assert.True(pace.Rest(TimeSpan.Zero, TimeSpan.Zero, 1_000_000) < TimeSpan.Zero);
    }

    [Fact]
    public void Once_nothing_comes_any_more_nothing_waits()
    {
        var pace = new ProjectionPace(new ProjectorOptions());
        pace.Learn(TimeSpan.FromSeconds(1), 100_000);
        Assert.Equal(TimeSpan.FromSeconds(2), pace.Rest(TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(249), 10));
        Assert.Equal(TimeSpan.Zero, pace.Rest(TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(250), 10));
        Assert.Equal(TimeSpan.Zero, pace.Rest(TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(250), 100_000));
    }

    [Fact]
    public void What_an_event_takes_is_learned_from_batches_that_hold_enough_of_them()
    {
        var pace = new ProjectionPace(new ProjectorOptions());
        pace.Learn(TimeSpan.FromMilliseconds(100), 10);
        Assert.Equal(TimeSpan.FromSeconds(1.5), pace.Rest(TimeSpan.Zero, TimeSpan.Zero, 200_000));
        for (int batch = 0; batch < 50; batch++)
            pace.Learn(TimeSpan.FromSeconds(1), 100_000);
        Assert.Equal(1.5, pace.Rest(TimeSpan.Zero, TimeSpan.Zero, 200_000).TotalSeconds, 3);
        for (int batch = 0; batch < 50; batch++)
            pace.Learn(TimeSpan.FromSeconds(1), 200_000);
        Assert.Equal(2.75, pace.Rest(TimeSpan.Zero, TimeSpan.Zero, 200_000).TotalSeconds, 3);
    }

    [Fact]
    public async Task Turns_are_taken_one_after_the_other_and_a_projector_that_hangs_does_not_hold_up_the_others()
    {
        var turns = new ProjectionTurns(1);
        var first = new TaskCompletionSource<int>();
        var running = turns.TakeAsync(_ => first.Task, default);
        var started = TimeProvider.System.GetTimestamp();
        var second = turns.TakeAsync(_ => Task.FromResult(2), default);
        Assert.False(second.IsCompleted);
        Assert.Equal(2, await second);
        Assert.InRange(TimeProvider.System.GetElapsedTime(started).TotalSeconds, 0.4, 20);

        // The one that went on without its turn did not give one back: there is still only one.
        var third = turns.TakeAsync(_ => Task.FromResult(3), default);
        Assert.False(third.IsCompleted);
        first.SetResult(1);
        Assert.Equal((1, 3), (await running, await third));
        var fourth = turns.TakeAsync(_ => Task.FromResult(4), default);
        Assert.True(fourth.IsCompleted);
        Assert.Equal(4, await fourth);
    }
}
