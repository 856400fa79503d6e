using Metering.Grid.Storage;

namespace Metering.Grid.Dedup;

/// <summary>A dedup segment of a partition in memory: what it covers and, while it is cached, its filter.</summary>
internal sealed class SegmentHandle(SegmentInfo info)
{
    private volatile byte[]? filter;
    private long usedAtSecond;

    public SegmentInfo Info { get; } = info;

    /// <summary>The filter, or null while it is not cached. Set by <see cref="FilterCache"/> alone.</summary>
    public byte[]? Filter
    {
        get => filter;
        set => filter = value;
    }

    /// <summary>When it was last looked at, in whole seconds.</summary>
    public long UsedAtSecond => Volatile.Read(ref usedAtSecond);

    /// <summary>Remembers a look; written at most once a second, so that looks from several threads do not fight for the cache
    /// line.</summary>
    public void Touch(long second)
    {
        if (usedAtSecond < second)
            Volatile.Write(ref usedAtSecond, second);
    }
}

/// <summary>The dedup segments of a partition at one moment, oldest first. Immutable: a change publishes another one, and its identity is
/// the generation that a command compares under the lock.</summary>
internal sealed class SegmentSet(SegmentHandle[] segments)
{
    public SegmentHandle[] Segments { get; } = segments;

    /// <summary>The newest group that the segments cover; 0 without segments.</summary>
    public long CoveredThrough => Segments.Length == 0 ? 0 : Segments.Max(segment => segment.Info.LastSequence);

    /// <summary>The id of the next segment.</summary>
    public long NextId => Segments.Length == 0 ? 1 : Segments.Max(segment => segment.Info.Id) + 1;

    /// <summary>Whether an identity is surely in none of them: every filter is cached and none has it.</summary>
    public bool SurelyAbsent(UInt128 identity, long second)
    {
        foreach (SegmentHandle segment in Segments)
        {
            byte[]? filter = segment.Filter;
            if (filter is null || SegmentFilter.MayContain(filter, identity))
                return false;
            segment.Touch(second);
        }

        return true;
    }
}
