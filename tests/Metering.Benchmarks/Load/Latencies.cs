using System.Globalization;
using System.Numerics;

namespace Metering.Benchmarks.Load;

/// <summary>A histogram of microseconds: exact up to 127, then within 1.6 %. Recording allocates nothing.</summary>
internal sealed class Latencies
{
    private const int SubBits = 6;
    private readonly long[] buckets = new long[(65 - SubBits) << SubBits];

    public long Count { get; private set; }

    public void Record(long microseconds)
    {
        buckets[IndexOf(Math.Max(0, microseconds))]++;
        Count++;
    }

    public LatencyFigures Figures() => new()
    {
        P50 = At(0.5),
        P95 = At(0.95),
        P99 = At(0.99),
        P999 = At(0.999),
        Max = At(1),
        Histogram = Histogram(),
    };

    private static int IndexOf(long value)
    {
        int magnitude = Math.Max(0, 63 - BitOperations.LeadingZeroCount((ulong)value | 1) - SubBits);
        return (magnitude << SubBits) + (int)(value >> magnitude);
    }

    private static long UpperBound(int index)
    {
        int magnitude = Math.Max(0, (index >> SubBits) - 1);
        long lowest = (long)(index - (magnitude << SubBits)) << magnitude;
        return lowest + (1L << magnitude) - 1;
    }

    private string Histogram() => string.Join(' ', buckets.Select((count, index) => (count, index)).Where(item => item.count > 0)
        .Select(item => string.Create(CultureInfo.InvariantCulture, $"{UpperBound(item.index)}:{item.count}")));

    /// <summary>The upper bound of the bucket that holds the quantile, in milliseconds.</summary>
    private double At(double quantile)
    {
        long wanted = (long)Math.Ceiling(Count * quantile);
        long seen = 0;
        for (int i = 0; i < buckets.Length && Count > 0; i++)
        {
            seen += buckets[i];
            if (seen >= wanted && buckets[i] > 0)
                return UpperBound(i) / 1000.0;
        }

        return 0;
    }
}
