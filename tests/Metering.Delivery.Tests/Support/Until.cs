namespace Metering.Delivery.Tests.Support;

/// <summary>Waits for conditions.</summary>
internal static class Until
{
    /// <exception cref="TimeoutException">It did not come true within 30 s.</exception>
    public static async Task TrueAsync(Func<Task<bool>> condition)
    {
        long deadline = Environment.TickCount64 + 30_000;
        while (!await condition())
        {
            if (Environment.TickCount64 > deadline)
                throw new TimeoutException("The condition did not come true.");
            await Task.Delay(10);
        }
    }

    /// <exception cref="TimeoutException">It did not come true within 30 s.</exception>
    public static Task TrueAsync(Func<bool> condition) => TrueAsync(() => Task.FromResult(condition()));
}
