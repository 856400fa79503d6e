using Metering.Grid.Dedup;
using Metering.Grid.Journal;
using Metering.Grid.Storage;

namespace Metering.Grid.Partitions;

/// <summary>Another process owns the partition, and this one had it before: it never takes it back by itself.</summary>
internal sealed class OwnedByAnotherException(int partition) : Exception($"Another process owns partition {partition}.");

/// <summary>The partition is not on the shard it was looked for: it is being moved there, and is claimed once it has arrived.</summary>
internal sealed class PartitionAbsentException(int partition, string shard)
    : Exception($"Partition {partition} is not on shard '{shard}', or not yet.");

/// <summary>The partition lives on another shard.</summary>
internal sealed class PartitionMovedException(int partition, string shard) : Exception($"Partition {partition} lives on shard '{shard}'.")
{
    public string Shard { get; } = shard;
}

/// <summary>The partition's data contradicts itself. It is not served: skipping anything would be guessing about money.</summary>
internal sealed class BrokenPartitionException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>
/// Takes a partition: commits a raised epoch, and only then reads: the partition's record, its segments, and the journal after the replay
/// position. The tail is replayed in chunks, the buckets of each loaded in one query before it is applied.
/// </summary>
internal sealed class PartitionRecovery
{
    private const int ChunkBytes = 4 * 1024 * 1024;

    private readonly PartitionHost host;
    private readonly Shard shard;
    private readonly PartitionState state;
    private readonly RecentEvents recent = new();
    private readonly GroupReader reader = new();
    private readonly List<JournalRow> chunk = [];
    private readonly HashSet<int> buckets = [];
    private long sequence;
    private long bytes;

    private PartitionRecovery(PartitionHost host)
    {
        this.host = host;
        shard = host.Shard;
        state = new PartitionState(host.Partition, host.Context.Options.Rules, host.Context.Identity, recent);
    }

    /// <summary>Takes the partition and brings it to the state of its newest durable group.</summary>
    public static async Task<Incarnation> RunAsync(PartitionHost host, bool mayTakeOver, Action onClaimed, CancellationToken cancellation)
    {
        var request = new ClaimRequest(host.Partition, host.Context.Owner, OnlyIfMine: !mayTakeOver);
        PartitionClaim claim = await host.Shard.Store.ClaimAsync(request, cancellation);
        if (claim.Status == ClaimStatus.OwnedByAnother)
            throw new OwnedByAnotherException(host.Partition);
        if (claim.Status == ClaimStatus.Moved)
            throw new PartitionMovedException(host.Partition, claim.MovedTo ?? "");
        if (claim.Status == ClaimStatus.Absent)
            throw new PartitionAbsentException(host.Partition, host.Shard.Store.Name);
        onClaimed();
        return await new PartitionRecovery(host).ReadAsync(claim.Epoch, cancellation);
    }

    /// <summary>Puts buckets into memory: those with a checkpoint from it, the others without customers.</summary>
    public static void PutIntoMemory(
        PartitionState state, IEnumerable<int> buckets, IReadOnlyList<BucketRow> rows)
    {
        var byBucket = rows.ToDictionary(row => row.Bucket);
        foreach (int bucket in buckets)
        {
            if (byBucket.TryGetValue(bucket, out BucketRow? row))
                state.Load(bucket, row.Sequence, row.Body);
            else
                state.Load(bucket, 0, ReadOnlyMemory<byte>.Empty);
        }
    }

    private async Task<Incarnation> ReadAsync(long epoch, CancellationToken cancellation)
    {
        PartitionRecord record = await shard.Store.ReadPartitionAsync(host.Partition, cancellation);
        IReadOnlyList<SegmentInfo> infos = await shard.Store.ReadSegmentsAsync(host.Partition, cancellation);
        var segments = new SegmentSet([.. infos.Select(info => new SegmentHandle(info))]);
        Guard("its record", () => Restore(record));
        long covered = Math.Max(segments.CoveredThrough, record.ReplayAfter);
        recent.SkipThrough(covered);
        sequence = record.ReplayAfter;
        await ReplayAsync(cancellation);
        return new Incarnation(host, shard, state, recent, epoch, sequence, segments)
        {
            ReplayAfter = record.ReplayAfter,
            CoveredThrough = covered,
            TailBytes = bytes,
            BytesSinceCheckpoint = bytes,
            ChangedSince = bytes > 0 ? host.Context.Now : null,
        };
    }

    private void Restore(PartitionRecord record)
    {
        state.LoadRecord(record.Record);
        foreach (BucketDue due in record.Due)
            state.SetDue(due.Bucket, due.At);
    }

    private async Task ReplayAsync(CancellationToken cancellation)
    {
        int chunkBytes = 0;
        long expected = sequence + 1;
        await foreach (JournalRow row in shard.Store.ReadJournalAsync(host.Partition, sequence, cancellation))
        {
            if (row.Sequence != expected)
                throw new BrokenPartitionException($"The journal of partition {host.Partition} has no group {expected}.");
            expected++;
            chunk.Add(row);
            chunkBytes += row.Body.Length;
            if (chunkBytes < ChunkBytes)
                continue;
            await ApplyChunkAsync(cancellation);
            chunkBytes = 0;
        }

        await ApplyChunkAsync(cancellation);
    }

    private async Task ApplyChunkAsync(CancellationToken cancellation)
    {
        buckets.Clear();
        foreach (JournalRow row in chunk)
            Guard($"group {row.Sequence}", () => PartitionState.ListBuckets(row.Sequence, row.Body, reader, buckets));
        int[] missing = [.. buckets.Where(bucket => !state.IsLoaded(bucket)).Order()];
        if (missing.Length > 0)
        {
            IReadOnlyList<BucketRow> rows = await shard.Loader.LoadAsync(host.Partition, missing).UntilAsync(cancellation);
            Guard("a checkpoint", () => PutIntoMemory(state, missing, rows));
        }

        foreach (JournalRow row in chunk)
        {
            Guard($"group {row.Sequence}", () => state.Replay(row.Sequence, row.Body));
            sequence = row.Sequence;
            bytes += row.Body.Length;
        }

        chunk.Clear();
    }

    /// <summary>Whatever the state machine throws at data from the database means that the data is broken.</summary>
    private void Guard(string what, Action action)
    {
        try
        {
            action();
        }
        catch (Exception exception)
        {
            string message = $"The data of partition {host.Partition} is broken at {what}: {exception.Message}";
            throw new BrokenPartitionException(message, exception);
        }
    }
}
