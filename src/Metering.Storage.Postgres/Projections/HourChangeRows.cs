using Metering.Core.Binary;
using Metering.Core.Time;

namespace Metering.Storage.Postgres.Projections;

/// <summary>Turns the hourly rows of a batch into rows of <c>usage_hour_change</c>, one a partition and bucket of customers.</summary>
internal sealed class HourChangeRows
{
    private readonly ByteWriter body = new(16 * 1024);
    private readonly CopyBuffer rows = new();
    private int[] ends = [];
    private int[] places = [];
    private (int Body, int Number)[] projects = [];
    private (int Body, int Number)[] combinations = [];
    private int bodies;

    /// <summary>The rows, for COPY. Valid until the next call.</summary>
    /// <param name="hours">The hourly rows.</param>
    /// <param name="last">The newest group of the batch, by partition.</param>
    public CopyBuffer Make(HourTable hours, IReadOnlyDictionary<int, long> last)
    {
        rows.Clear();
        Sort(hours.Rows, last.Keys.Max() + 1);
        for (int bucket = 0, first = 0; bucket < ends.Length && first < hours.Count; first = ends[bucket++])
        {
            if (ends[bucket] == first)
                continue;
            var partition = bucket / HourChanges.Buckets;
            WriteBody(hours.Rows, places.AsSpan(first, ends[bucket] - first));
            rows.Row(4);
            rows.Int(partition);
            rows.Int(bucket % HourChanges.Buckets);
            rows.Long(last[partition]);
            rows.Text(body.Span);
        }

        return rows;
    }

    // By counting: rows of a bucket stay in the order in which they were met, so those of a project are mostly together.
    private void Sort(ReadOnlySpan<HourRow> hours, int partitions)
    {
        Grow(ref ends, partitions * HourChanges.Buckets);
        Grow(ref places, hours.Length);
        Array.Clear(ends);
        foreach (ref readonly var row in hours)
            ends[BucketOf(row)]++;
        var total = 0;
        foreach (ref var end in ends.AsSpan())
            (end, total) = (total, total + end);
        for (var i = 0; i < hours.Length; i++)
            places[ends[BucketOf(hours[i])]++] = i;
    }

    private void WriteBody(ReadOnlySpan<HourRow> hours, ReadOnlySpan<int> of)
    {
        bodies++;
        var (projectCount, combinationCount, before) = (0, 0, Instant.UnixEpoch);
        HourChanges.Begin(body);
        foreach (var place in of)
        {
            ref readonly var row = ref hours[place];
            var project = Number(ref projects, row.Project.Number, ref projectCount);
            var combination = Number(ref combinations, row.Combination.Number, ref combinationCount);
            HourChanges.Append(body, row, project, combination, before);
            before = row.Start;
        }

        HourChanges.End(body);
    }

    // The number it has in this body, or 0, and then it has the next one from now on.
    private int Number(ref (int Body, int Number)[] numbers, int index, ref int count)
    {
        Grow(ref numbers, index + 1);
        ref var known = ref numbers[index];
        if (known.Body == bodies)
            return known.Number;
        known = (bodies, ++count);
        return 0;
    }

    private static int BucketOf(in HourRow row) => row.Project.Partition * HourChanges.Buckets + row.Project.Bucket;

    private static void Grow<T>(ref T[] array, int length)
    {
        if (array.Length < length)
            Array.Resize(ref array, Math.Max(length, 2 * array.Length));
    }
}
