using Metering.Core.Time;
using Metering.Grid.Dedup;
using Metering.Grid.Storage;

namespace Metering.Grid.Partitions;

// Publishing dedup segments.
internal sealed partial class PartitionHost
{
    /// <summary>Commits a segment and, once it is safe, publishes it in the place of those it replaces: a new generation for every
    /// command.</summary>
    /// <returns>False when the partition was dropped: fenced, or the outcome is unknown.</returns>
    public async Task<bool> SaveSegmentAsync(Incarnation incarnation, SegmentWrite write)
    {
        bool saved;
        try
        {
            saved = await incarnation.Shard.Store.SaveSegmentAsync(write, CancellationToken.None);
        }
        catch (Exception exception)
        {
            Drop(incarnation, "the outcome of saving a dedup segment is unknown", exception);
            return false;
        }

        if (!saved)
        {
            DropFenced(incarnation);
            return false;
        }

        var added = new SegmentHandle(write.Segment!);
        var removed = new List<SegmentHandle>();
        lock (Gate)
        {
            if (incarnation.Dropped)
                return false;
            removed.AddRange(incarnation.Segments.Segments.Where(segment => write.Removed.Contains(segment.Info.Id)));
            IEnumerable<SegmentHandle> all = incarnation.Segments.Segments.Except(removed).Append(added);
            Context.Filters.Offer(added, write.Filter, Context.Now.UnixMicroseconds / Instant.MicrosecondsPerSecond);
            incarnation.Segments = new SegmentSet([.. all.OrderBy(segment => segment.Info.FirstSequence)]);
            incarnation.CoveredThrough = Math.Max(incarnation.CoveredThrough, write.Segment!.LastSequence);
        }

        Context.Filters.Forget(removed);
        return true;
    }
}
