using System.Buffers;
using Metering.Core.Time;
using Metering.Grid.Storage;

namespace Metering.Grid.Dedup;

/// <summary>
/// Merges adjacent dedup segments of about one size into one. The inputs are streamed, a few blocks at a time; the output is held whole,
/// which the bound of a segment's identities keeps small.
/// </summary>
internal static class SegmentMerger
{
    /// <summary>How many segments become one.</summary>
    public const int FanIn = 8;

    private const int BlocksPerRead = 64;

    /// <summary>
    /// The oldest run of eight neighbours that should become one, or null. None may be more than a quarter of the whole: so an identity is
    /// written anew only as its segment grows at least fourfold, and sizes need not be equal.
    /// A run that the bound cuts short is worth it from four on.
    /// </summary>
    public static IReadOnlyList<SegmentHandle>? Choose(IReadOnlyList<SegmentHandle> segments, long entriesMax)
    {
        for (int start = 0; start < segments.Count; start++)
        {
            long count = 0;
            long largest = 0;
            int end = start;
            while (end < segments.Count && end - start < FanIn && count + segments[end].Info.Count <= entriesMax)
            {
                count += segments[end].Info.Count;
                largest = Math.Max(largest, segments[end].Info.Count);
                end++;
            }

            bool cutShort = end < segments.Count && end - start < FanIn;
            if (end - start >= (cutShort ? FanIn / 2 : FanIn) && largest * 4 <= count)
                return segments.Skip(start).Take(end - start).ToList();
        }

        return null;
    }

    /// <summary>Reads the inputs and packs the merged segment.</summary>
    /// <returns>Null when an input is gone from the database.</returns>
    public static async ValueTask<SegmentWrite?> MergeAsync(
        IShardStore store, int partition, long epoch, long id, IReadOnlyList<SegmentHandle> inputs, CancellationToken cancellation)
    {
        var builder = new SegmentBuilder(inputs.Sum(input => input.Info.Count));
        var cursors = inputs.Select(input => new Cursor(store, partition, input.Info)).ToArray();
        var queue = new PriorityQueue<Cursor, SegmentEntry>(cursors.Length);
        foreach (Cursor cursor in cursors)
        {
            if (await cursor.NextAsync(cancellation))
                queue.Enqueue(cursor, cursor.Current);
            else if (cursor.Gone)
                return null;
        }

        while (queue.TryPeek(out Cursor? least, out SegmentEntry entry))
        {
            builder.Add(entry);
            if (least.TryNext() || await least.NextAsync(cancellation))
                queue.DequeueEnqueue(least, least.Current);
            else if (least.Gone)
                return null;
            else
                queue.Dequeue();
        }

        IReadOnlyList<byte[]> blocks = builder.Finish();
        var info = new SegmentInfo(
            id, inputs.Max(input => input.Info.Level) + 1, inputs.Min(input => input.Info.FirstSequence),
            inputs.Max(input => input.Info.LastSequence), inputs.Max(input => input.Info.NewestAt), builder.Count, builder.BlockBits,
            builder.Filter.Length);
        return new SegmentWrite(partition, epoch, info, builder.Filter, blocks, inputs.Select(input => input.Info.Id).ToArray());
    }

    /// <summary>Packs entries from memory.</summary>
    public static SegmentWrite Pack(
        int partition, long epoch, long id, long firstSequence, long lastSequence, Instant newestAt, ReadOnlySpan<SegmentEntry> entries)
    {
        SegmentEntry[] pooled = ArrayPool<SegmentEntry>.Shared.Rent(entries.Length);
        Span<SegmentEntry> sorted = pooled.AsSpan(0, entries.Length);
        SegmentSort.Sort(entries, sorted);
        var builder = new SegmentBuilder(sorted.Length);
        foreach (ref readonly SegmentEntry entry in sorted)
            builder.Add(entry);
        ArrayPool<SegmentEntry>.Shared.Return(pooled);
        IReadOnlyList<byte[]> blocks = builder.Finish();
        var info = new SegmentInfo(id, 0, firstSequence, lastSequence, newestAt, builder.Count, builder.BlockBits, builder.Filter.Length);
        return new SegmentWrite(partition, epoch, info, builder.Filter, blocks, []);
    }

    /// <summary>Goes through the entries of one segment in order.</summary>
    private sealed class Cursor(IShardStore store, int partition, SegmentInfo segment)
    {
        private readonly Queue<byte[]> blocks = new();
        private byte[] block = [];
        private int place = -1;
        private int nextBlock;

        public SegmentEntry Current { get; private set; }

        /// <summary>True when the segment is no longer in the database.</summary>
        public bool Gone { get; private set; }

        public bool TryNext()
        {
            while (++place >= block.Length / SegmentBlocks.EntryBytes)
            {
                if (!blocks.TryDequeue(out byte[]? following))
                {
                    place--;
                    return false;
                }

                block = following;
                place = -1;
            }

            Current = SegmentBlocks.Read(block, place);
            return true;
        }

        public async ValueTask<bool> NextAsync(CancellationToken cancellation)
        {
            while (!TryNext())
            {
                int count = Math.Min(BlocksPerRead, (1 << segment.BlockBits) - nextBlock);
                if (count == 0)
                    return false;
                var keys = Enumerable.Range(nextBlock, count).Select(number => new SegmentBlockKey(segment.Id, number)).ToArray();
                IReadOnlyList<SegmentBlock> read = await store.ReadSegmentBlocksAsync(partition, keys, cancellation);
                if (read.Count < count)
                {
                    Gone = true;
                    return false;
                }

                nextBlock += count;
                foreach (SegmentBlock item in read.OrderBy(item => item.Block))
                    blocks.Enqueue(item.Body);
            }

            return true;
        }
    }
}
