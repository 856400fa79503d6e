using System.Buffers.Binary;

namespace Metering.Storage.Postgres.Projections;

/// <summary>The id of a row, in UTF-8.</summary>
internal delegate ReadOnlySpan<byte> RowId(int row);

/// <summary>
/// Sorts rows by an id, so that rows which belong together are written together: for the index, which then meets each of its pages once,
/// not for the result. So it compares no more than the eight bytes that follow what all ids have in common. The arrays are kept.
/// </summary>
internal sealed class RowOrder
{
    private ulong[] keys = [];
    private int[] rows = [];

    /// <summary>The rows in order. Valid until the next call.</summary>
    public ReadOnlyMemory<int> Of(int count, RowId id)
    {
        if (rows.Length < count)
            (keys, rows) = (new ulong[Math.Max(count, 2 * rows.Length)], new int[Math.Max(count, 2 * rows.Length)]);
        if (count == 0)
            return default;
        var first = id(0);
        var common = first.Length;
        for (var row = 1; row < count && common > 0; row++)
            common = first[..common].CommonPrefixLength(id(row));
        for (var row = 0; row < count; row++)
            (keys[row], rows[row]) = (Key(id(row)[common..]), row);
        Array.Sort(keys, rows, 0, count);
        return rows.AsMemory(0, count);
    }

    private static ulong Key(ReadOnlySpan<byte> rest)
    {
        if (rest.Length >= sizeof(ulong))
            return BinaryPrimitives.ReadUInt64BigEndian(rest);
        Span<byte> padded = stackalloc byte[sizeof(ulong)];
        padded.Clear();
        rest.CopyTo(padded);
        return BinaryPrimitives.ReadUInt64BigEndian(padded);
    }
}
