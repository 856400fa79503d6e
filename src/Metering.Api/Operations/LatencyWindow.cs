namespace Metering.Api.Operations;

/// <summary>
/// How long requests took in the last minute. Buckets grow by 5 %, so a percentile is at most that much too high; recording is one atomic
/// addition.
/// </summary>
internal sealed class LatencyWindow(TimeProvider time)
{
    private const int Slots = 60;
    private const double FirstBoundSeconds = 10e-6;
    private const double Growth = 1.05;
    private const int Buckets = 330;

    private static readonly double[] Bounds = [.. Enumerable.Range(0, Buckets)
        .Select(index => FirstBoundSeconds * Math.Pow(Growth, index))];

    private readonly Lock guard = new();
    private readonly Slot[] slots = [.. Enumerable.Range(0, Slots).Select(_ => new Slot())];

    /// <summary>Counts one request.</summary>
    public void Record(TimeSpan took)
    {
        int at = Array.BinarySearch(Bounds, took.TotalSeconds);
        int bucket = Math.Min(at < 0 ? ~at : at, Buckets - 1);
        Interlocked.Increment(ref SlotOf(Second).Counts[bucket]);
    }

    /// <summary>Milliseconds within which the given shares, 0 to 1, of the last minute's requests were answered; zeros where there were
    /// none.</summary>
    public double[] PercentilesMs(params ReadOnlySpan<double> shares)
    {
        long now = Second;
        var total = new long[Buckets];
        lock (guard)
        {
            foreach (Slot slot in slots)
            {
                if (now - slot.Second >= Slots)
                    continue;
                for (int i = 0; i < Buckets; i++)
                    total[i] += Volatile.Read(ref slot.Counts[i]);
            }
        }

        long all = total.Sum();
        var result = new double[shares.Length];
        for (int i = 0; i < shares.Length; i++)
            result[i] = all == 0 ? 0 : BoundMs(total, (long)Math.Ceiling(all * shares[i]));
        return result;
    }

    private long Second => (long)time.GetElapsedTime(0).TotalSeconds;

    private static double BoundMs(long[] counts, long rank)
    {
        long seen = 0;
        for (int i = 0; i < counts.Length; i++)
        {
            seen += counts[i];
            if (seen >= rank)
                return Math.Round(Bounds[i] * 1_000, 3);
        }

        return Math.Round(Bounds[^1] * 1_000, 3);
    }

    private Slot SlotOf(long second)
    {
        Slot slot = slots[second % Slots];
        if (Volatile.Read(ref slot.Second) == second)
            return slot;
        lock (guard)
        {
            if (slot.Second != second)
            {
                Array.Clear(slot.Counts);
                Volatile.Write(ref slot.Second, second);
            }
        }

        return slot;
    }

    private sealed class Slot
    {
        public readonly long[] Counts = new long[Buckets];
        public long Second = -Slots;
    }
}
