using System.Buffers;
using Metering.Core.Time;
using Metering.Grid.Dedup;
using Metering.Grid.Storage;

namespace Metering.Grid.Partitions;

/// <summary>
/// Saves what has changed of a partition: the dirty buckets in slices, each stamped with the newest sealed group and written only after
/// that group is durable; then, where it is worth it, the identities as a dedup segment; then, where everything up to the group that was
/// newest when it began is safe, the partition's record and the position from which a recovery replays.
/// </summary>
/// <remarks>
/// A bucket is encoded only when nothing of the open group is in it: then the stamp is exact, and a replay knows for each group whether
/// the bucket has it. A bucket that is changed by every group is encoded in the moment its group is sealed.
/// </remarks>
internal sealed class Checkpointer(PartitionHost host, Incarnation incarnation)
{
    private const int SliceBytes = 256 * 1024;
    private const int SliceBuckets = 64;
    private const int EntriesPerSlice = 2048;
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private readonly GridOptions options = host.Context.Options;

    /// <summary>
    /// Runs one checkpoint; only one may run for a partition, because the second would take buckets on their way to the database for saved.
    /// </summary>
    /// <param name="final">At stop: everything is saved, and the identities too where they are many.</param>
    /// <exception cref="InvalidOperationException">Another one is running.</exception>
    public async Task RunAsync(bool final)
    {
        lock (host.Gate)
        {
            if (incarnation.Checkpointing)
                throw new InvalidOperationException($"A checkpoint of partition {host.Partition} is running already.");
            incarnation.Checkpointing = true;
        }

        try
        {
            Plan plan = await WhenSealedAsync(() => MakePlan(final));
            if (await SaveBucketsAsync(plan) && await SaveSegmentAsync(plan))
                await AdvanceAsync(plan);
        }
        catch (Exception)
        {
            // Buckets that were not saved are dirty again; the next checkpoint is as urgent as this one was.
            lock (host.Gate)
            {
                incarnation.CheckpointWanted = true;
                incarnation.CheckpointNotBefore = host.Context.Now + RetryAfter;
            }
            throw;
        }
        finally
        {
            lock (host.Gate)
                incarnation.Checkpointing = false;
        }
    }

    private Plan MakePlan(bool final)
    {
        var dirty = new List<int>();
        incarnation.State.ListBuckets(dirty, []);
        int recent = incarnation.Recent.Count;
        bool segment = recent >= options.RecentEventsMax
            || (recent > 0 && incarnation.TailBytes >= options.ReplayBytesMax)
            || (final && recent >= options.RecentEventsMax / 4);
        long through = incarnation.SealedSequence;
        bool advance = through > incarnation.ReplayAfter && (segment || recent == 0);
        var record = new ArrayBufferWriter<byte>();
        if (advance)
            incarnation.State.SaveRecord(record);
        incarnation.BytesSinceCheckpoint = 0;
        incarnation.ChangedSince = null;
        incarnation.CheckpointWanted = false;
        return new Plan(through, dirty, segment ? recent : 0, advance ? record.WrittenMemory.ToArray() : null, incarnation.TailBytes);
    }

    private async Task<bool> SaveBucketsAsync(Plan plan)
    {
        var left = new Queue<int>(plan.Dirty);
        var hot = new Queue<int>();
        while (left.Count > 0)
        {
            List<BucketRow> slice;
            lock (host.Gate)
                slice = Guard(() => Encode(left, hot));
            if (!await SaveAsync(slice))
                return false;
        }

        while (hot.Count > 0)
        {
            List<BucketRow> slice = await WhenSealedAsync(() => Encode(hot, []));
            if (!await SaveAsync(slice))
                return false;
        }

        return true;
    }

    /// <summary>Encodes the next buckets; the ones with changes in the open group are put aside.</summary>
    private List<BucketRow> Encode(Queue<int> buckets, Queue<int> hot)
    {
        long started = host.Context.Time.GetTimestamp();
        var rows = new List<BucketRow>();
        if (incarnation.Dropped)
            throw new PartitionUnavailableException($"Partition {host.Partition} was dropped from memory.");
        long stamp = incarnation.SealedSequence;
        var body = new ArrayBufferWriter<byte>();
        int bytes = 0;
        while (bytes < SliceBytes && rows.Count < SliceBuckets && buckets.TryDequeue(out int bucket))
        {
            if (!incarnation.State.IsLoaded(bucket) || !incarnation.State.IsDirty(bucket))
                continue;
            if (incarnation.State.ChangedAt(bucket) > stamp)
            {
                hot.Enqueue(bucket);
                continue;
            }

            body.ResetWrittenCount();
            Instant? due = incarnation.State.Save(bucket, body);
            incarnation.Saving.Add(bucket);
            rows.Add(new BucketRow(host.Partition, bucket, stamp, due, body.WrittenMemory.ToArray()));
            bytes += body.WrittenCount;
        }

        EngineStatus status = host.Context.Status;
        Interlocked.Add(ref status.CheckpointBuckets, rows.Count);
        Interlocked.Add(ref status.CheckpointBytes, bytes);
        Count(started);
        return rows;
    }

    private async Task<bool> SaveAsync(List<BucketRow> rows)
    {
        if (rows.Count == 0)
            return true;
        bool saved = false;
        try
        {
            if (!await CommittedAsync(rows[0].Sequence))
                return false;
            saved = await incarnation.Shard.Store.SaveCheckpointAsync(
                new CheckpointWrite(host.Partition, incarnation.Epoch, rows, null, null), CancellationToken.None);
            if (!saved)
                host.DropFenced(incarnation);
            return saved;
        }
        finally
        {
            lock (host.Gate)
                EndSaving(rows, saved);
        }
    }

    private void EndSaving(List<BucketRow> rows, bool saved)
    {
        foreach (BucketRow row in rows)
        {
            incarnation.Saving.Remove(row.Bucket);
            if (!saved && !incarnation.Dropped)
                incarnation.State.MarkDirty(row.Bucket);
        }
    }

    private async Task<bool> SaveSegmentAsync(Plan plan)
    {
        if (plan.Entries == 0)
            return true;
        if (!await CommittedAsync(plan.Through))
            return false;
        long started = host.Context.Time.GetTimestamp();
        SegmentWrite write = Pack(plan);
        Count(started);
        if (!await host.SaveSegmentAsync(incarnation, write))
            return false;
        bool more = true;
        while (more)
        {
            lock (host.Gate)
                more = incarnation.Recent.RemoveThrough(plan.Through, EntriesPerSlice);
        }

        return true;
    }

    /// <summary>Packs the identities, which are copied a few under the lock at a time.</summary>
    private SegmentWrite Pack(Plan plan)
    {
        // Pooled: an array of this size is one of the large object heap, and a new one each time a reason to collect all of it.
        SegmentEntry[] entries = ArrayPool<SegmentEntry>.Shared.Rent(plan.Entries);
        Instant newest = Instant.MinValue;
        int copied = 0;
        while (copied < plan.Entries)
        {
            Span<SegmentEntry> next = entries.AsSpan(copied, Math.Min(EntriesPerSlice, plan.Entries - copied));
            int count;
            lock (host.Gate)
                count = incarnation.Recent.CopyThrough(plan.Through, copied, next, ref newest);
            if (count == 0)
                throw new InvalidOperationException($"Partition {host.Partition} remembers fewer identities than a moment ago.");
            copied += count;
        }

        long id;
        lock (host.Gate)
            id = incarnation.NextSegmentId++;
        SegmentWrite write = SegmentMerger.Pack(
            host.Partition, incarnation.Epoch, id, incarnation.CoveredThrough + 1, plan.Through, newest, entries.AsSpan(0, copied));
        ArrayPool<SegmentEntry>.Shared.Return(entries);
        return write;
    }

    private async Task AdvanceAsync(Plan plan)
    {
        if (plan.Record is null || !await CommittedAsync(plan.Through))
            return;
        var write = new CheckpointWrite(host.Partition, incarnation.Epoch, [], plan.Through, plan.Record);
        if (!await incarnation.Shard.Store.SaveCheckpointAsync(write, CancellationToken.None))
        {
            host.DropFenced(incarnation);
            return;
        }

        lock (host.Gate)
        {
            incarnation.ReplayAfter = plan.Through;
            incarnation.CoveredThrough = Math.Max(incarnation.CoveredThrough, plan.Through);
            incarnation.TailBytes -= plan.TailBytes;
        }
    }

    /// <summary>Adds to the time that checkpoints take of this process.</summary>
    private void Count(long started) =>
        Interlocked.Add(ref host.Context.Status.CheckpointTicks, host.Context.Time.GetElapsedTime(started).Ticks);

    private async Task<T> WhenSealedAsync<T>(Func<T> action)
    {
        Task<T> sealedAction;
        lock (host.Gate)
            sealedAction = incarnation.WhenSealed(() => Guard(action));
        incarnation.Shard.Writer.Kick();
        return await sealedAction;
    }

    /// <summary>Under the lock: whatever the state machine throws means that the state is not to be trusted any more.</summary>
    private T Guard<T>(Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception exception)
        {
            host.Drop(incarnation, "a checkpoint failed", exception);
            throw;
        }
    }

    /// <summary>Waits until a sealed group is durable.</summary>
    /// <returns>False when the partition was dropped instead.</returns>
    private async Task<bool> CommittedAsync(long sequence)
    {
        RoundTicket? ticket;
        lock (host.Gate)
        {
            if (incarnation.CommittedSequence >= sequence)
                return true;
            ticket = incarnation.InFlight;
        }

        if (ticket is null)
            return false;
        await ticket.Round.Done;
        lock (host.Gate)
            return incarnation.CommittedSequence >= sequence;
    }

    /// <summary>What a checkpoint has to do, as of the newest group sealed when it began.</summary>
    /// <param name="Through">That group.</param>
    /// <param name="Dirty">The buckets that were dirty.</param>
    /// <param name="Entries">How many identities become a segment; 0 for none.</param>
    /// <param name="Record">The partition's record where the replay position is to advance.</param>
    /// <param name="TailBytes">The bytes of the tail up to that group.</param>
    private sealed record Plan(long Through, List<int> Dirty, int Entries, byte[]? Record, long TailBytes);
}
