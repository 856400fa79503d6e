using System.Runtime.InteropServices;
using Metering.Core.Time;

namespace Metering.Storage.Postgres.Projections;

/// <summary>
/// The hourly rows that some events change, each once: found by the numbers of project and combination and by the hour, in one array that
/// is kept from batch to batch.
/// </summary>
internal sealed class HourTable
{
    private readonly List<HourRow> rows = [];
    private int[] slots = new int[1024];
    private int[] order = [];

    public int Count => rows.Count;

    /// <summary>In the order in which they were first met.</summary>
    public ReadOnlySpan<HourRow> Rows => CollectionsMarshal.AsSpan(rows);

    public void Clear()
    {
        if (rows.Count == 0)
            return;
        rows.Clear();
        Array.Clear(slots);
    }

    /// <summary>The row, made where there is none. Valid until the next call.</summary>
    /// <param name="project">With a number that is its own among the rows.</param>
    /// <param name="combination">With a number that is its own among the rows.</param>
    /// <param name="start">The hour.</param>
    public ref HourRow Row(UsageProject project, Combination combination, Instant start)
    {
        var mask = slots.Length - 1;
        var held = CollectionsMarshal.AsSpan(rows);
        var slot = Hash(project, combination, start) & mask;
        for (; slots[slot] != 0; slot = (slot + 1) & mask)
        {
            ref var row = ref held[slots[slot] - 1];
            if (row.Project == project && row.Combination == combination && row.Start == start)
                return ref row;
        }

        rows.Add(new HourRow { Project = project, Combination = combination, Start = start });
        slots[slot] = rows.Count;
        if (rows.Count * 2 > slots.Length)
            Rehash();
        return ref CollectionsMarshal.AsSpan(rows)[^1];
    }

    /// <summary>
    /// The places of the rows in the order of the table's primary key but for its digest, so that two who write meet rows in one order and
    /// pages are met once. Valid until the next call.
    /// </summary>
    public ReadOnlySpan<int> Ordered()
    {
        if (order.Length < rows.Count)
            order = new int[Math.Max(rows.Count, 2 * order.Length)];
        var places = order.AsSpan(0, rows.Count);
        for (var i = 0; i < places.Length; i++)
            places[i] = i;
        places.Sort((left, right) => HourRow.Compare(Rows[left], Rows[right]));
        return places;
    }

    private static int Hash(UsageProject project, Combination combination, Instant start)
    {
        var mixed = ((ulong)project.Number << 32 | (uint)combination.Number) * 0x9E3779B97F4A7C15
            ^ (ulong)start.UnixMicroseconds * 0xC2B2AE3D27D4EB4F;
        return (int)(mixed >> 33);
    }

    private void Rehash()
    {
        slots = new int[slots.Length * 2];
        var mask = slots.Length - 1;
        for (var i = 0; i < rows.Count; i++)
        {
            ref readonly var row = ref Rows[i];
            var slot = Hash(row.Project, row.Combination, row.Start) & mask;
            while (slots[slot] != 0)
                slot = (slot + 1) & mask;
            slots[slot] = i + 1;
        }
    }
}
