using System.Runtime.CompilerServices;
using Metering.Core.Time;
using Metering.Grid.Storage;

namespace Metering.TestSupport.Memory;

/// <summary>
/// One process's way to a <see cref="MemoryShard"/>. Deterministic, no threads of its own: a call ends at once unless <see cref="OnCall"/>
/// makes it wait or fail.
/// </summary>
public sealed class MemoryShardStore(MemoryShard shard, TimeProvider time) : IShardStore
{
    /// <inheritdoc />
    public string Name => shard.Name;

    /// <summary>Sees every call before it does anything: may wait, change the shard as another process would, and choose a fault.</summary>
    public Func<ShardCall, ValueTask<ShardFault>>? OnCall { get; set; }

    /// <summary>How far the database's clock is ahead of the process's.</summary>
    public TimeSpan ClockAhead { get; set; }

    /// <inheritdoc />
    public ValueTask<Instant> ReadClockAsync(CancellationToken cancellation) => RunAsync(
        new ShardCall(ShardOperation.ReadClock, -1, 0), () => Instant.FromDateTimeOffset(time.GetUtcNow() + ClockAhead), cancellation);

    /// <inheritdoc />
    public ValueTask<PartitionClaim> ClaimAsync(ClaimRequest request, CancellationToken cancellation) => RunAsync(
        new ShardCall(ShardOperation.Claim, request.Partition, 0),
        () =>
        {
            MemoryShard.Partition partition = shard.Of(request.Partition);
            if (partition.MovedTo is not null)
                return new PartitionClaim(ClaimStatus.Moved, 0, partition.MovedTo);
            if (request.OnlyIfMine && partition.Owner != request.Owner)
                return new PartitionClaim(ClaimStatus.OwnedByAnother, 0, null);
            partition.Owner = request.Owner;
            return new PartitionClaim(ClaimStatus.Claimed, ++partition.Epoch, null);
        },
        cancellation);

    /// <inheritdoc />
    public ValueTask<Guid?> ReadOwnerAsync(int partition, CancellationToken cancellation) => RunAsync(
        new ShardCall(ShardOperation.ReadOwner, partition, 0),
        () => shard.Of(partition).MovedTo is null ? shard.Of(partition).Owner : null, cancellation);

    /// <inheritdoc />
    public async ValueTask ReleaseAsync(int partition, long epoch, CancellationToken cancellation) => await RunAsync(
        new ShardCall(ShardOperation.Release, partition, 0),
        () =>
        {
            if (shard.Of(partition).IsCurrent(epoch))
                shard.Of(partition).Owner = null;
            return true;
        },
        cancellation);

    /// <inheritdoc />
    public async ValueTask WriteRoundAsync(
        IReadOnlyList<GroupWrite> groups, IReadOnlyList<FenceCheck> checks, ICollection<int> held, CancellationToken cancellation)
    {
        if (groups.Count + checks.Count == 0)
            return;
        var seen = new List<int>();
        int about = groups.Count + checks.Count > 1 ? -1 : groups.Count > 0 ? groups[0].Partition : checks[0].Partition;
        await RunAsync(new ShardCall(ShardOperation.WriteRound, about, groups.Count), () => Write(groups, checks, seen), cancellation);
        foreach (int partition in seen)
            held.Add(partition);
    }

    /// <inheritdoc />
    public async IAsyncEnumerable<JournalRow> ReadJournalAsync(
        int partition, long afterSequence, [EnumeratorCancellation] CancellationToken cancellation)
    {
        JournalRow[] rows = await RunAsync(
            new ShardCall(ShardOperation.ReadJournal, partition, 0),
            () => shard.Of(partition).Journal.Values.Where(row => row.Sequence > afterSequence).Select(Copy).ToArray(),
            cancellation);
        foreach (JournalRow row in rows)
            yield return row;
    }

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<JournalRow>> ReadGroupsAsync(
        int partition, IReadOnlyList<long> sequences, CancellationToken cancellation) => await RunAsync(
        new ShardCall(ShardOperation.ReadGroups, partition, sequences.Count),
        () => sequences.Distinct().Where(shard.Of(partition).Journal.ContainsKey)
            .Select(sequence => Copy(shard.Of(partition).Journal[sequence])).ToArray(),
        cancellation);

    /// <inheritdoc />
    public ValueTask<PartitionRecord> ReadPartitionAsync(int partition, CancellationToken cancellation) => RunAsync(
        new ShardCall(ShardOperation.ReadPartition, partition, 0),
        () =>
        {
            MemoryShard.Partition saved = shard.Of(partition);
            BucketDue[] due = [.. saved.Buckets.Values.Where(row => row.NextDue is not null)
                .Select(row => new BucketDue(row.Bucket, row.NextDue!.Value)).OrderBy(row => (row.At, row.Bucket))];
            return new PartitionRecord(saved.ReplayAfter, [.. saved.Record], due);
        },
        cancellation);

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<BucketRow>> ReadBucketsAsync(IReadOnlyList<BucketKey> keys, CancellationToken cancellation) =>
        keys.Count == 0
            ? []
            : await RunAsync(
                new ShardCall(ShardOperation.ReadBuckets, -1, keys.Count),
                () => keys.Distinct().Where(key => shard.Of(key.Partition).Buckets.ContainsKey(key.Bucket))
                    .Select(key => shard.Of(key.Partition).Buckets[key.Bucket]).Select(row => row with { Body = [.. row.Body] }).ToArray(),
                cancellation);

    /// <inheritdoc />
    public ValueTask<bool> SaveCheckpointAsync(CheckpointWrite write, CancellationToken cancellation) => RunAsync(
        new ShardCall(ShardOperation.SaveCheckpoint, write.Partition, write.Buckets.Count), () => Save(write), cancellation);

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<SegmentInfo>> ReadSegmentsAsync(int partition, CancellationToken cancellation) => await RunAsync(
        new ShardCall(ShardOperation.ReadSegments, partition, 0),
        () => shard.Of(partition).Segments.Values.Select(segment => segment.Info)
            .OrderBy(info => (info.FirstSequence, info.Id)).ToArray(),
        cancellation);

    /// <inheritdoc />
    public ValueTask<bool> SaveSegmentAsync(SegmentWrite write, CancellationToken cancellation) => RunAsync(
        new ShardCall(ShardOperation.SaveSegment, write.Partition, 0), () => Save(write), cancellation);

    /// <inheritdoc />
    public ValueTask<byte[]?> ReadSegmentFilterAsync(int partition, long segment, CancellationToken cancellation) => RunAsync(
        new ShardCall(ShardOperation.ReadFilter, partition, 0),
        () => shard.Of(partition).Segments.TryGetValue(segment, out var found) ? (byte[]?)[.. found.Filter] : null,
        cancellation);

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<SegmentBlock>> ReadSegmentBlocksAsync(
        int partition, IReadOnlyList<SegmentBlockKey> keys, CancellationToken cancellation) => keys.Count == 0
        ? []
        : await RunAsync(
            new ShardCall(ShardOperation.ReadBlocks, partition, keys.Count),
            () => keys.Where(key => shard.Of(partition).Segments.TryGetValue(key.Segment, out var found) && key.Block < found.Blocks.Length)
                .Select(key => new SegmentBlock(key.Segment, key.Block, [.. shard.Of(partition).Segments[key.Segment].Blocks[key.Block]]))
                .ToArray(),
            cancellation);

    private async ValueTask<T> RunAsync<T>(ShardCall call, Func<T> action, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        ShardFault fault = OnCall is null ? ShardFault.None : await OnCall(call);
        cancellation.ThrowIfCancellationRequested();
        if (fault == ShardFault.Lost)
            throw new ShardFaultException(call);
        T result;
        lock (shard.Gate)
            result = action();
        return fault == ShardFault.None ? result : throw new ShardFaultException(call);
    }

    private bool Write(IReadOnlyList<GroupWrite> groups, IReadOnlyList<FenceCheck> checks, List<int> seen)
    {
        // Looked at before anything is written: a round is one database transaction.
        GroupWrite? taken = groups.Cast<GroupWrite?>().FirstOrDefault(group =>
            shard.Of(group!.Value.Partition).IsCurrent(group.Value.Epoch)
            && shard.Of(group.Value.Partition).Journal.ContainsKey(group.Value.Sequence));
        if (taken is { } again)
            throw new InvalidOperationException($"Partition {again.Partition} has a group {again.Sequence} already.");
        foreach (GroupWrite group in groups)
        {
            MemoryShard.Partition partition = shard.Of(group.Partition);
            if (!partition.IsCurrent(group.Epoch))
                continue;
            partition.Journal.Add(
                group.Sequence, new JournalRow(group.Partition, group.Sequence, group.Epoch, group.At, group.Body.ToArray()));
            seen.Add(group.Partition);
        }

        seen.AddRange(checks.Where(check => shard.Of(check.Partition).IsCurrent(check.Epoch)).Select(check => check.Partition));
        return true;
    }

    private bool Save(CheckpointWrite write)
    {
        MemoryShard.Partition partition = shard.Of(write.Partition);
        if (!partition.IsCurrent(write.Epoch))
            return false;
        foreach (BucketRow row in write.Buckets)
        {
            if (!partition.Buckets.TryGetValue(row.Bucket, out BucketRow? saved) || saved.Sequence <= row.Sequence)
                partition.Buckets[row.Bucket] = row with { Body = [.. row.Body] };
        }

        if (write.ReplayAfter is { } after && after >= partition.ReplayAfter)
        {
            partition.ReplayAfter = after;
            partition.Record = write.Record is null ? partition.Record : [.. write.Record];
        }

        return true;
    }

    private bool Save(SegmentWrite write)
    {
        MemoryShard.Partition partition = shard.Of(write.Partition);
        if (!partition.IsCurrent(write.Epoch))
            return false;
        if (write.Segment is { } info)
        {
            byte[][] blocks = [.. write.Blocks.Select(block => (byte[])[.. block])];
            partition.Segments.Add(info.Id, new MemoryShard.SegmentWithBlocks(info, [.. write.Filter], blocks));
        }

        foreach (long removed in write.Removed)
            partition.Segments.Remove(removed);
        return true;
    }

    private static JournalRow Copy(JournalRow row) => row with { Body = [.. row.Body] };
}
