using Metering.TestSupport.Memory;

namespace Metering.Grid.Tests.Support;

/// <summary>Keeps calls of one operation waiting until they are let go.</summary>
internal sealed class Hold
{
    private readonly TaskCompletionSource<ShardFault> release = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int calls;

    public Hold(MemoryShardStore store, ShardOperation operation)
    {
        store.OnCall = call =>
        {
            if (call.Operation != operation)
                return new ValueTask<ShardFault>(ShardFault.None);
            Interlocked.Increment(ref calls);
            reached.TrySetResult();
            return new ValueTask<ShardFault>(release.Task);
        };
    }

    /// <summary>How many calls came.</summary>
    public int Calls => Volatile.Read(ref calls);

    /// <summary>Ends when the first call waits.</summary>
    public Task Reached => reached.Task.WaitAsync(TimeSpan.FromSeconds(20));

    /// <summary>Lets all calls go on, now and later.</summary>
    public void Release(ShardFault fault = ShardFault.None) => release.TrySetResult(fault);
}

internal static class Eventually
{
    /// <summary>Waits until a condition holds.</summary>
    public static async Task Holds(Func<bool> condition, string what)
    {
        for (int tries = 0; !condition(); tries++)
        {
            if (tries > 4000)
                Assert.Fail($"It never came true: {what}.");
            await Task.Delay(5);
        }
    }
}
