namespace Metering.TestSupport.Memory;

/// <summary>What a process asks of a shard.</summary>
public enum ShardOperation
{
    /// <summary><c>ReadClockAsync</c>.</summary>
    ReadClock,

    /// <summary><c>ClaimAsync</c>.</summary>
    Claim,

    /// <summary><c>ReadOwnerAsync</c>.</summary>
    ReadOwner,

    /// <summary><c>ReleaseAsync</c>.</summary>
    Release,

    /// <summary><c>WriteRoundAsync</c>.</summary>
    WriteRound,

    /// <summary><c>ReadJournalAsync</c>.</summary>
    ReadJournal,

    /// <summary><c>ReadGroupsAsync</c>.</summary>
    ReadGroups,

    /// <summary><c>ReadPartitionAsync</c>.</summary>
    ReadPartition,

    /// <summary><c>ReadBucketsAsync</c>.</summary>
    ReadBuckets,

    /// <summary><c>SaveCheckpointAsync</c>.</summary>
    SaveCheckpoint,

    /// <summary><c>ReadSegmentsAsync</c>.</summary>
    ReadSegments,

    /// <summary><c>SaveSegmentAsync</c>.</summary>
    SaveSegment,

    /// <summary><c>ReadSegmentFilterAsync</c>.</summary>
    ReadFilter,

    /// <summary><c>ReadSegmentBlocksAsync</c>.</summary>
    ReadBlocks,
}

/// <summary>One call of a store, before it does anything.</summary>
/// <param name="Operation">What is asked.</param>
/// <param name="Partition">Of which partition; -1 where it is about several.</param>
/// <param name="Groups">For a round: how many groups it writes. For buckets and blocks: how many keys.</param>
public readonly record struct ShardCall(ShardOperation Operation, int Partition, int Groups);

/// <summary>What goes wrong with a call.</summary>
public enum ShardFault
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>It fails and nothing was done.</summary>
    Lost,

    /// <summary>It fails, and it was done.</summary>
    DoneButFails,
}

/// <summary>A fault that was asked for.</summary>
public sealed class ShardFaultException(ShardCall call) : Exception($"{call.Operation} of partition {call.Partition} fails.");
