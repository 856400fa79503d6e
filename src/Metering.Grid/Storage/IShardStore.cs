using Metering.Core.Time;

namespace Metering.Grid.Storage;

/// <summary>
/// One shard: a PostgreSQL database that holds the journals, checkpoints and dedup segments of many partitions.
/// </summary>
/// <remarks>
/// <para>Every write names the epoch it was made under and takes effect only where the lease still carries that epoch: the fence.
/// An implementation never answers from a cache.</para>
/// <para>An exception from a write means that its outcome is unknown: it may have been committed. The caller drops what it holds of
/// the partitions concerned, claims them again under a raised epoch, and reads what became of it.</para>
/// </remarks>
public interface IShardStore
{
    /// <summary>The shard's name in the shard map.</summary>
    string Name { get; }

    /// <summary>The database's own clock, to refuse service on a machine whose clock is far off.</summary>
    ValueTask<Instant> ReadClockAsync(CancellationToken cancellation);

    /// <summary>
    /// Commits a raised epoch for a partition, then answers it. Waits at most one second for the lease row's lock, then ends the
    /// database sessions that block it and goes on.
    /// </summary>
    ValueTask<PartitionClaim> ClaimAsync(ClaimRequest request, CancellationToken cancellation);

    /// <summary>Who holds a lease, without waiting for its lock; null where nobody does, or where the partition lives elsewhere.</summary>
    ValueTask<Guid?> ReadOwnerAsync(int partition, CancellationToken cancellation);

    /// <summary>Gives a lease up in good order: the row stays at its epoch, without an owner. Nothing happens under an old epoch.</summary>
    ValueTask ReleaseAsync(int partition, long epoch, CancellationToken cancellation);

    /// <summary>
    /// Writes every group in one database transaction, one row a group, and looks at the epochs of the <paramref name="checks"/> in
    /// a snapshot that begins after this call did. When the task ends, everything written is durable.
    /// </summary>
    /// <param name="groups">At most one group a partition.</param>
    /// <param name="checks">Partitions with nothing to write whose answers wait for the fence.</param>
    /// <param name="held">Receives the partitions whose group was written or whose check saw its epoch. A partition that was fenced is left
    /// out; the others go through.</param>
    /// <param name="cancellation">Ends the wait; the outcome is then unknown.</param>
    ValueTask WriteRoundAsync(
        IReadOnlyList<GroupWrite> groups, IReadOnlyList<FenceCheck> checks, ICollection<int> held, CancellationToken cancellation);

    /// <summary>Groups of a partition after a sequence number, in order.</summary>
    IAsyncEnumerable<JournalRow> ReadJournalAsync(int partition, long afterSequence, CancellationToken cancellation);

    /// <summary>Single groups, in any order; a sequence number that does not exist is left out.</summary>
    ValueTask<IReadOnlyList<JournalRow>> ReadGroupsAsync(
        int partition, IReadOnlyList<long> sequences, CancellationToken cancellation);

    /// <summary>
    /// What a new owner needs before it serves: where replay begins, the partition's own record, and when each bucket is next due.
    /// </summary>
    ValueTask<PartitionRecord> ReadPartitionAsync(int partition, CancellationToken cancellation);

    /// <summary>Checkpoints of buckets, of any partitions of this shard, in one query. A bucket that was never saved is left out.</summary>
    ValueTask<IReadOnlyList<BucketRow>> ReadBucketsAsync(IReadOnlyList<BucketKey> keys, CancellationToken cancellation);

    /// <summary>
    /// Replaces the checkpoints of some buckets and, where given, the partition's own record, in one database transaction.
    /// </summary>
    /// <returns>False when the epoch is no longer current; nothing was written then.</returns>
    ValueTask<bool> SaveCheckpointAsync(CheckpointWrite write, CancellationToken cancellation);

    /// <summary>The dedup segments of a partition, without filters and blocks, oldest first.</summary>
    ValueTask<IReadOnlyList<SegmentInfo>> ReadSegmentsAsync(int partition, CancellationToken cancellation);

    /// <summary>
    /// Adds a dedup segment and removes those it replaces, in one database transaction.
    /// </summary>
    /// <returns>False when the epoch is no longer current; nothing was written then.</returns>
    ValueTask<bool> SaveSegmentAsync(SegmentWrite write, CancellationToken cancellation);

    /// <summary>The filter of a segment, or null when the segment is gone (it was merged or has expired).</summary>
    ValueTask<byte[]?> ReadSegmentFilterAsync(int partition, long segment, CancellationToken cancellation);

    /// <summary>Blocks of segments, in one query; a block that does not exist is left out.</summary>
    ValueTask<IReadOnlyList<SegmentBlock>> ReadSegmentBlocksAsync(
        int partition, IReadOnlyList<SegmentBlockKey> keys, CancellationToken cancellation);
}
