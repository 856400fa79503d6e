using Metering.Grid.History;

namespace Metering.Storage.Postgres.Moves;

/// <summary>Stands for the owner that a partition does not have yet on its target: what of its journal is there can be projected.</summary>
internal sealed class ArrivingPartition(int partition, string shard) : IOwnedPartitions
{
    /// <summary>The newest group that has been copied.</summary>
    public long Copied { get; set; }

    public IReadOnlyList<OwnedPartition> ListOwned(string name) =>
        name == shard ? [new OwnedPartition(partition, 0, Copied, 0)] : [];
}
