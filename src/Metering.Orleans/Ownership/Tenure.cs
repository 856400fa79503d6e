using System.Collections.Concurrent;

namespace Metering.Orleans.Ownership;

/// <summary>What a silo remembers of a partition besides hosting it.</summary>
internal sealed class Tenure
{
    private static readonly TimeSpan AgainMin = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan AgainMax = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan BelongsTogether = TimeSpan.FromMinutes(1);

    private TimeSpan again = AgainMin;
    private long fencedAt;

    /// <summary>Taking and leaving, one at a time.</summary>
    public SemaphoreSlim Turn { get; } = new(1, 1);

    /// <summary>The partition's grains in this silo.</summary>
    public ConcurrentDictionary<GrainId, IGrainContext> Grains { get; } = [];

    /// <summary>After a fence: not taken again before this reading of the clock.</summary>
    public long NotBefore { get; private set; }

    /// <summary>
    /// Two silos that each believe they own a partition would fence each other as fast as they can; the wait between two tries grows
    /// until one of them has learned better.
    /// </summary>
    /// <returns>How long to wait.</returns>
    public TimeSpan Fenced(TimeProvider time)
    {
        long now = time.GetTimestamp();
        again = fencedAt != 0 && time.GetElapsedTime(fencedAt, now) < BelongsTogether
            ? TimeSpan.FromTicks(Math.Min(again.Ticks * 2, AgainMax.Ticks))
            : AgainMin;
        fencedAt = now;
        NotBefore = now + (long)(again.TotalSeconds * time.TimestampFrequency);
        return again;
    }
}
