namespace Metering.Grid.History;

/// <summary>What the projector of a shard asks of the engine: the partitions this process owns and how far each is durable.</summary>
public interface IOwnedPartitions
{
    /// <summary>The partitions of a shard that this process owns now. Cheap: it is asked some ten times a second and touches no
    /// database.</summary>
    IReadOnlyList<OwnedPartition> ListOwned(string shard);
}

/// <summary>How far a partition is durable.</summary>
/// <param name="Partition">The partition.</param>
/// <param name="Epoch">The epoch it is owned under.</param>
/// <param name="CommittedSequence">Its newest group that is known to be durable; every earlier one is, too.</param>
/// <param name="CommittedEvents">Events in groups that this process has seen become durable under this epoch; grows only. For the lag that
/// is reported.</param>
public readonly record struct OwnedPartition(int Partition, long Epoch, long CommittedSequence, long CommittedEvents);
