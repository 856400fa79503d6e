namespace Metering.Grid.Partitions;

/// <summary>
/// The wait for a partition that its owner is giving up. Taking it at once would be right, too: the fence would see to it; but what the
/// owner has decided and not yet written would be refused, and what it has not saved would be replayed.
/// </summary>
internal static class HandOver
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

    /// <summary>Waits until nobody that may be alive holds the lease, within <see cref="GridOptions.HandOverPatience"/>.</summary>
    public static async Task WaitAsync(PartitionHost host, CancellationToken cancellation)
    {
        GridContext context = host.Context;
        if (context.MayBeAlive is not { } mayBeAlive)
            return;
        long began = context.Time.GetTimestamp();
        while (true)
        {
            Guid? owner = await host.Shard.Store.ReadOwnerAsync(host.Partition, cancellation);
            bool isFree = owner is not { } other || other == context.Owner || !mayBeAlive(other);
            if (isFree || context.Time.GetElapsedTime(began) >= context.Options.HandOverPatience)
                return;
            await Task.Delay(Interval, context.Time, cancellation);
        }
    }
}
