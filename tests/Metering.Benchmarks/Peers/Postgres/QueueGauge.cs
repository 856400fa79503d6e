namespace Metering.Benchmarks.Peers.Postgres;

/// <summary>How much is in the queue, for the one process that fills and empties it.</summary>
internal sealed class QueueGauge
{
    private const long FullEvents = 1_000;
    private static readonly TimeSpan _poll = TimeSpan.FromMilliseconds(1);

    private long _events;

    public long Events => Interlocked.Read(ref _events);

    public void Add(long events) => Interlocked.Add(ref _events, events);

    /// <summary>Waits while the queue is full.</summary>
    public Task RoomAsync() => UntilAsync(() => Events < FullEvents, CancellationToken.None);

    /// <summary>Waits while the queue is empty.</summary>
    public Task FilledAsync(CancellationToken cancellationToken) => UntilAsync(() => Events > 0, cancellationToken);

    private static async Task UntilAsync(Func<bool> holds, CancellationToken cancellationToken)
    {
        while (!holds())
            await Task.Delay(_poll, cancellationToken);
    }
}
