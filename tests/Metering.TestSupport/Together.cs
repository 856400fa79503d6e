namespace Metering.TestSupport;

/// <summary>Has several do something at the same moment, as processes that all wake at the full hour do.</summary>
public static class Together
{
    /// <summary>Begins all once each is ready to, and waits for all.</summary>
    /// <param name="count">How many.</param>
    /// <param name="work">What each does, by its number from 0.</param>
    public static async Task<T[]> RunAsync<T>(int count, Func<int, Task<T>> work)
    {
        var begin = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        int ready = 0;
        return await Task.WhenAll(Enumerable.Range(0, count).Select(number => Task.Run(async () =>
        {
            if (Interlocked.Increment(ref ready) == count)
                begin.SetResult();
            await begin.Task;
            return await work(number);
        })));
    }
}
