namespace Metering.Storage.Postgres.Projections;

/// <summary>
/// Lets few of a process's projectors write at once, so that many shards together leave processors to the path of the acknowledgement.
/// A courtesy, not a lock: who has waited for a while goes on, so that a shard that hangs does not hold up the others.
/// </summary>
/// <param name="atOnce">How many at once.</param>
public sealed class ProjectionTurns(int atOnce)
{
    private static readonly TimeSpan WaitAtMost = TimeSpan.FromMilliseconds(500);

    private readonly SemaphoreSlim free = new(atOnce);

    /// <summary>Does something when it is its turn, or once it has waited for half a second.</summary>
    public async Task<T> TakeAsync<T>(Func<CancellationToken, Task<T>> work, CancellationToken cancellation)
    {
        var isTurn = await free.WaitAsync(WaitAtMost, cancellation);
        try
        {
            return await work(cancellation);
        }
        finally
        {
            if (isTurn)
                free.Release();
        }
    }
}
