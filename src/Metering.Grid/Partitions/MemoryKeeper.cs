namespace Metering.Grid.Partitions;

/// <summary>
/// Keeps the number of customers in memory near its bound: when it is passed, every partition lets go of its share, the buckets used least
/// recently first. What is dirty is saved first and can leave after that.
/// </summary>
internal sealed class MemoryKeeper(IReadOnlyList<PartitionHost> hosts, GridContext context)
{
    private const int KeptPercent = 90;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly Alarm alarm = new(context.Time);
    private volatile bool stopped;

    /// <summary>Asks for a look.</summary>
    public void Wake() => alarm.SetNoLaterThan(context.Now);

    /// <summary>Ends <see cref="RunAsync"/>.</summary>
    public void Stop()
    {
        stopped = true;
        alarm.Ring();
    }

    /// <summary>Runs until stopped.</summary>
    public async Task RunAsync()
    {
        while (true)
        {
            await alarm.WaitAsync();
            if (stopped)
                break;
            if (!Evict())
                alarm.SetNoLaterThan(context.Now + Pause);
        }

        alarm.Dispose();
    }

    private bool Evict()
    {
        long max = context.Options.CustomersInMemoryMax;
        long total = Volatile.Read(ref context.Status.CustomersInMemory);
        if (total <= max)
            return true;
        long left = 0;
        foreach (PartitionHost host in hosts)
        {
            long mine = host.Current?.State.CustomersInMemory ?? 0;
            long share = (long)((Int128)mine * max * KeptPercent / (total * 100));
            long kept = host.Evict(share);
            left += kept;
            if (kept > share)
                host.RequestCheckpoint();
        }

        return left <= max;
    }
}
