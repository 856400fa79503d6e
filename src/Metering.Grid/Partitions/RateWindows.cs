using Metering.Core.Time;
using Metering.Grid.Ingest;

namespace Metering.Grid.Partitions;

/// <summary>
/// Fixed windows of rate limits in a partition's memory, one a key; a window begins with the first request after the last one ended. Not
/// journaled: losing a partition begins them anew. Its own lock; bounded: where there is no room, the window that ends first makes way.
/// </summary>
internal sealed class RateWindows(int windowsMax)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, Window> windows = new(StringComparer.Ordinal);
    private readonly PriorityQueue<string, Instant> ends = new();

    /// <summary>Counts a request, unless it is over the limit.</summary>
    public RateStatus Count(in RateCheck check, Instant now)
    {
        lock (gate)
        {
            if (!windows.TryGetValue(check.KeyId, out Window? window) || window.End <= now)
            {
                window = new Window(now + TimeSpan.FromSeconds(check.WindowSeconds));
                MakeRoom(check.KeyId, now);
                windows[check.KeyId] = window;
                ends.Enqueue(check.KeyId, window.End);
            }

            bool allowed = window.Used < check.Requests;
            if (allowed)
                window.Used++;
            long resetMicroseconds = window.End.UnixMicroseconds - now.UnixMicroseconds;
            int reset = (int)Math.Clamp((resetMicroseconds + 999_999) / 1_000_000, 1, int.MaxValue);
            return new RateStatus(allowed, check.Requests, Math.Max(0, check.Requests - window.Used), reset);
        }
    }

    private void MakeRoom(string keyId, Instant now)
    {
        windows.Remove(keyId);
        while (ends.TryPeek(out string? oldest, out Instant end) && (end <= now || windows.Count >= windowsMax))
        {
            ends.Dequeue();
            // A key may have begun another window since; then this entry of the queue is a leftover.
            if (windows.TryGetValue(oldest, out Window? window) && window.End == end)
                windows.Remove(oldest);
        }
    }

    private sealed class Window(Instant end)
    {
        public Instant End { get; } = end;

        public long Used { get; set; }
    }
}
