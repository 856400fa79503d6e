using Metering.Core.Time;

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
        Instant end = context.Now + context.Options.HandOverPatience;
        while (true)
        {
            Guid? owner = await host.Shard.Store.ReadOwnerAsync(host.Partition, cancellation);
            if (owner is not { } other || other == context.Owner || !mayBeAlive(other) || context.Now >= end)
                return;
            await Task.Delay(Interval, context.Time, cancellation);
        }
    }
}
