using Metering.Storage.Postgres.Projections;

namespace Metering.Storage.Postgres.Tests.Projections;

public sealed class ProjectionPaceTests
{
    // What a batch took and how long the next one waits, in ms, at the defaults: 3 s at most, 4 s of lag aimed at.
    [Theory]
    [InlineData(0, 0)]
    [InlineData(5, 40)]
    [InlineData(300, 2400)]
    [InlineData(400, 3000)]
    [InlineData(500, 3000)]
    [InlineData(1000, 2000)]
    [InlineData(1900, 200)]
    [InlineData(2000, 0)]
    [InlineData(9000, 0)]
    public void Pause_grows_with_what_a_batch_took_until_the_lag_would_pass_the_aim(int tookMilliseconds, int pauseMilliseconds) =>
        Assert.Equal(
            TimeSpan.FromMilliseconds(pauseMilliseconds), new ProjectorOptions().PauseAfter(TimeSpan.FromMilliseconds(tookMilliseconds)));

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
