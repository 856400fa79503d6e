using System.Buffers;
using System.Numerics;

namespace Metering.Grid.Dedup;

/// <summary>
/// Sorts the entries of a dedup segment. Identities are hashes, so their first bits spread them evenly: counting by as many bits as there
/// are entries puts nearly each into its place, where sorting by comparing looks at each as often as the logarithm of their number.
/// </summary>
internal static class SegmentSort
{
    private const int BitsMax = 16;

    /// <summary>So few places that share their first bits are sorted fastest by insertion; more of them are left to the library.</summary>
    private const int InsertionMax = 16;

    /// <summary>Puts entries in order: by identity, then position.</summary>
    /// <param name="entries">In any order; not changed.</param>
    /// <param name="sorted">As many places.</param>
    public static void Sort(ReadOnlySpan<SegmentEntry> entries, Span<SegmentEntry> sorted)
    {
        int bits = Math.Clamp(BitOperations.Log2((uint)Math.Max(1, entries.Length)), 1, BitsMax);
        int[] ends = ArrayPool<int>.Shared.Rent(1 << bits);
        Span<int> places = ends.AsSpan(0, 1 << bits);
        places.Clear();
        foreach (ref readonly SegmentEntry entry in entries)
            places[FirstBits(entry, bits)]++;
        // Counts become starts; filling moves each start to its end.
        int start = 0;
        foreach (ref int place in places)
            (place, start) = (start, start + place);
        foreach (ref readonly SegmentEntry entry in entries)
            sorted[places[FirstBits(entry, bits)]++] = entry;
        start = 0;
        foreach (int end in places)
        {
            SortAlike(sorted[start..end]);
            start = end;
        }

        ArrayPool<int>.Shared.Return(ends);
    }

    private static int FirstBits(in SegmentEntry entry, int bits) => (int)((ulong)(entry.Identity >> 64) >> (64 - bits));

    private static void SortAlike(Span<SegmentEntry> alike)
    {
        if (alike.Length > InsertionMax)
        {
            alike.Sort();
            return;
        }

        for (int next = 1; next < alike.Length; next++)
        {
            SegmentEntry entry = alike[next];
            int at = next;
            for (; at > 0 && entry.CompareTo(alike[at - 1]) < 0; at--)
                alike[at] = alike[at - 1];
            alike[at] = entry;
        }
    }
}
