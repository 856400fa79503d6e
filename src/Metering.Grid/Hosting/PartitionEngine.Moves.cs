using Metering.Grid.Directory;
using Metering.Grid.Partitions;
using Metering.Grid.Storage;

namespace Metering.Grid.Hosting;

// Shards that come, and partitions that go from one to another.
public abstract partial class PartitionEngine
{
    /// <summary>Raised when a partition was moved to a shard that was not named yet; again and again until <see cref="AddShard"/> names
    /// it. Possibly under a partition's lock.</summary>
    public event Action<string>? UnknownShard;

    /// <summary>Names a shard that was added to the cluster after this engine was made. One that is known stays as it is.</summary>
    public void AddShard(IShardStore store) => context.AddShard(store);

    /// <summary>
    /// Hears of a changed shard map. Partitions that are held on another shard than it says are looked after at once, instead of with
    /// their next request: one that was moved is dropped and claimed where it lives now. What the map says is a hint; the leases decide.
    /// </summary>
    public void FollowMap(IReadOnlyList<ShardAssignment> map)
    {
        foreach (ShardAssignment assignment in map)
        {
            PartitionHost host = hosts[assignment.Partition];
            if (host.Current is { } held && held.Shard.Store.Name != assignment.Shard)
                host.CheckFence();
        }
    }
}
