using Metering.Grid.History;
using Metering.Grid.Partitions;

namespace Metering.Grid.Hosting;

// What the projectors ask.
public abstract partial class PartitionEngine
{
    /// <inheritdoc />
    public IReadOnlyList<OwnedPartition> ListOwned(string shard)
    {
        var owned = new List<OwnedPartition>(hosts.Length);
        foreach (PartitionHost host in hosts)
        {
            lock (host.Gate)
            {
                if (host.Current is { } now && now.Shard.Store.Name == shard)
                    owned.Add(new OwnedPartition(host.Partition, now.Epoch, now.CommittedSequence, now.CommittedEvents));
            }
        }

        return owned;
    }
}
