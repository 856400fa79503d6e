using Metering.Core.Time;

namespace Metering.Grid.Storage;

/// <summary>Asks for a partition.</summary>
/// <param name="Partition">The partition.</param>
/// <param name="Owner">The process that asks; new at every start.</param>
/// <param name="OnlyIfMine">True to take it again only where <paramref name="Owner"/> holds it still: a process that was fenced by another
/// never takes the partition back on its own.</param>
public readonly record struct ClaimRequest(int Partition, Guid Owner, bool OnlyIfMine);

/// <summary>What became of a claim.</summary>
public enum ClaimStatus
{
    /// <summary>The raised epoch is committed.</summary>
    Claimed = 0,

    /// <summary>Another process owns it, and the claim asked only for what is its own.</summary>
    OwnedByAnother = 1,

    /// <summary>The partition lives on another shard, until it is moved back.</summary>
    Moved = 2,

    /// <summary>The partition was never given to this shard, or is on its way here: look again a moment later.</summary>
    Absent = 3,
}

/// <summary>The answer to a claim: the epoch where it was claimed, the shard's name where it was moved.</summary>
public sealed record PartitionClaim(ClaimStatus Status, long Epoch, string? MovedTo);

/// <summary>One group to journal: everything of one partition that one journal write makes durable together.</summary>
/// <param name="Partition">The partition.</param>
/// <param name="Epoch">The epoch of its owner.</param>
/// <param name="Sequence">Counts the partition's groups from 1, without a gap.</param>
/// <param name="At">The partition's clock when the group was closed.</param>
/// <param name="Body">The encoded group; not kept after the write returns.</param>
public readonly record struct GroupWrite(int Partition, long Epoch, long Sequence, Instant At, ReadOnlyMemory<byte> Body);

/// <summary>A partition whose epoch is to be seen current.</summary>
public readonly record struct FenceCheck(int Partition, long Epoch);

/// <summary>One row of a partition's journal.</summary>
public sealed record JournalRow(int Partition, long Sequence, long Epoch, Instant At, byte[] Body);

/// <summary>A bucket: the unit in which customers are loaded, saved and evicted.</summary>
public readonly record struct BucketKey(int Partition, int Bucket);

/// <summary>The saved state of one bucket of customers, at a journal position.</summary>
/// <param name="Partition">The partition.</param>
/// <param name="Bucket">The bucket.</param>
/// <param name="Sequence">Every group up to this one is contained.</param>
/// <param name="NextDue">When the first of its customers is next due for anything, or null.</param>
/// <param name="Body">The encoded bucket.</param>
public sealed record BucketRow(int Partition, int Bucket, long Sequence, Instant? NextDue, byte[] Body);

/// <summary>Checkpoints to save together.</summary>
/// <param name="Partition">The partition.</param>
/// <param name="Epoch">The epoch of its owner.</param>
/// <param name="Buckets">The buckets to replace.</param>
/// <param name="ReplayAfter">Where given: from now on recovery begins after this sequence number.</param>
/// <param name="Record">The partition's own record, saved with <paramref name="ReplayAfter"/>.</param>
public sealed record CheckpointWrite(
    int Partition, long Epoch, IReadOnlyList<BucketRow> Buckets, long? ReplayAfter, byte[]? Record);

/// <summary>What is saved of a partition besides its buckets.</summary>
/// <param name="ReplayAfter">Recovery replays the groups after this one.</param>
/// <param name="Record">The partition's own record, empty at first.</param>
/// <param name="Due">When each saved bucket that is due for anything is next due.</param>
public sealed record PartitionRecord(long ReplayAfter, byte[] Record, IReadOnlyList<BucketDue> Due);

/// <summary>When a bucket that need not be in memory is next due.</summary>
public readonly record struct BucketDue(int Bucket, Instant At);

/// <summary>A dedup segment: identities of taken events, sorted, in blocks by the leading bits of the hash.</summary>
/// <param name="Id">Unique in the partition; grows.</param>
/// <param name="Level">0 as saved from memory, one more for every merge.</param>
/// <param name="FirstSequence">The oldest group it covers.</param>
/// <param name="LastSequence">The newest group it covers.</param>
/// <param name="NewestAt">When its newest event was taken; past the dedup horizon the segment is dropped.</param>
/// <param name="Count">Identities in it.</param>
/// <param name="BlockBits">It has 2^BlockBits blocks; an identity's block is the leading bits of its hash.</param>
/// <param name="FilterBytes">The size of its filter.</param>
public sealed record SegmentInfo(
    long Id, int Level, long FirstSequence, long LastSequence, Instant NewestAt, long Count, int BlockBits, int FilterBytes);

/// <summary>A segment to add, and the ones it replaces.</summary>
public sealed record SegmentWrite(
    int Partition, long Epoch, SegmentInfo? Segment, byte[] Filter, IReadOnlyList<byte[]> Blocks, IReadOnlyList<long> Removed);

/// <summary>Names a block of a segment.</summary>
public readonly record struct SegmentBlockKey(long Segment, int Block);

/// <summary>A block of a segment.</summary>
public sealed record SegmentBlock(long Segment, int Block, byte[] Body);
