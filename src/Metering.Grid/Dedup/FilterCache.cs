namespace Metering.Grid.Dedup;

/// <summary>
/// Keeps filters of dedup segments within a budget of bytes, for all partitions of a process. A filter that has no room is not forced in
/// over ones in use, which would only make the next look miss again: without a cached filter a look goes to the segment's block,
/// one read by primary key.
/// </summary>
internal sealed class FilterCache(long bytesMax, TimeSpan idle)
{
    private readonly Lock gate = new();
    private readonly List<SegmentHandle> cached = [];
    private long bytes;

    /// <summary>Bytes of the filters in memory.</summary>
    public long Bytes => Volatile.Read(ref bytes);

    /// <summary>Whether a filter would find room now, idle ones making way.</summary>
    public bool HasRoomFor(SegmentHandle segment, long second)
    {
        lock (gate)
            return MakeRoom(segment.Info.FilterBytes, second);
    }

    /// <summary>Caches a filter that was read or made, where it has room.</summary>
    public void Offer(SegmentHandle segment, byte[] filter, long second)
    {
        lock (gate)
        {
            if (segment.Filter is not null || !MakeRoom(filter.Length, second))
                return;
            segment.Touch(second);
            segment.Filter = filter;
            cached.Add(segment);
            bytes += filter.Length;
        }
    }

    /// <summary>Forgets segments that were merged, have expired or belong to a partition that was dropped.</summary>
    public void Forget(IEnumerable<SegmentHandle> segments)
    {
        lock (gate)
        {
            foreach (SegmentHandle segment in segments)
            {
                if (segment.Filter is { } filter && cached.Remove(segment))
                {
                    bytes -= filter.Length;
                    segment.Filter = null;
                }
            }
        }
    }

    private bool MakeRoom(long needed, long second)
    {
        while (bytes + needed > bytesMax)
        {
            SegmentHandle? oldest = cached.MinBy(segment => segment.UsedAtSecond);
            if (oldest is null || oldest.UsedAtSecond > second - (long)idle.TotalSeconds)
                return false;
            cached.Remove(oldest);
            bytes -= oldest.Filter!.Length;
            oldest.Filter = null;
        }

        return true;
    }
}
