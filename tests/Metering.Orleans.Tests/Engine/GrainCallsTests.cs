using Metering.Grid;
using Metering.Orleans.Engine;
using Metering.Orleans.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace Metering.Orleans.Tests.Engine;

public sealed class GrainCallsTests
{
    [Fact]
    public async Task Call_that_is_under_way_when_a_silo_is_lost_is_ended_and_a_later_one_is_not()
    {
        var calls = new GrainCalls(new CallOptions { Timeout = TimeSpan.FromMinutes(2) }, TimeProvider.System, NullLogger.Instance);
        // Neither answer ever comes, and nothing at the other end hears of an end.
        var silence = new TaskCompletionSource<int>();
        Task<int> with = calls.RunAsync(_ => new ValueTask<int>(silence.Task), CancellationToken.None).AsTask();
        Task ending = calls.EndLostAsync();
        Task<int> after = calls.RunAsync(_ => new ValueTask<int>(silence.Task), CancellationToken.None).AsTask();

        await Assert.ThrowsAsync<PartitionUnavailableException>(() => with);
        await ending;
        Assert.False(after.IsCompleted);
        silence.SetResult(5);
        Assert.Equal(5, await after);
    }
}
