using System.Data;
using Metering.Storage.Postgres.Connections;
using Npgsql;
using NpgsqlTypes;

namespace Metering.Storage.Postgres.Projections;

/// <summary>A group of the journal, in a part of an array.</summary>
internal readonly record struct JournalGroup(int Partition, long Sequence, byte[] Buffer, int Start, int Length)
{
    /// <summary>A group that fills its array.</summary>
    public static JournalGroup Of(int partition, long sequence, byte[] body) => new(partition, sequence, body, 0, body.Length);
}

/// <summary>Reads the next groups of many partitions in one query, about as many bytes as wanted.</summary>
internal sealed class JournalSlices(NpgsqlDataSource source, int wantedBytes)
{
    // Above the bound of the large object heap, so a block is made once and is kept; a larger group gets a block of its own.
    private const int BlockBytes = 1 << 20;

    private readonly List<byte[]> blocks = [];
    private readonly List<JournalGroup> groups = [];
    private double averageBytes = 16 * 1024;
    private int block;
    private int used;

    /// <param name="ranges">For each partition, in its order: the group after which to begin and the last to read.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>Whole runs of groups, without a gap, by partition and sequence. Valid until the next call.</returns>
    /// <exception cref="InvalidDataException">A durable group is missing.</exception>
    public async Task<List<JournalGroup>> ReadAsync(
        IReadOnlyList<(int Partition, long After, long Last)> ranges, CancellationToken cancellation)
    {
        // The rows of a partition are cut by number, not by bytes: the average of those read before says how many.
        var rows = Math.Max(1, (long)(wantedBytes / averageBytes / ranges.Count));
        await using var command = source.CreateCommand("""
            SELECT wanted.partition, journal.seq, journal.body
            FROM unnest($1, $2, $3) AS wanted (partition, after, last)
            CROSS JOIN LATERAL (
                SELECT seq, body FROM journal
                WHERE partition = wanted.partition AND seq > wanted.after AND seq <= wanted.last
                ORDER BY seq) AS journal
            """);
        command.Parameters
            .Array(ranges.Select(range => range.Partition).ToArray(), NpgsqlDbType.Integer)
            .Array(ranges.Select(range => range.After).ToArray(), NpgsqlDbType.Bigint)
            .Array(ranges.Select(range => Math.Min(range.Last, range.After + rows)).ToArray(), NpgsqlDbType.Bigint);
        groups.Clear();
        Recycle();
        await using var reader = await command.ExecuteReaderAsync(CommandBehavior.SequentialAccess, cancellation);
        while (await reader.ReadAsync(cancellation))
            groups.Add(await ReadGroupAsync(reader, cancellation));
        groups.Sort(static (left, right) =>
            left.Partition != right.Partition ? left.Partition.CompareTo(right.Partition) : left.Sequence.CompareTo(right.Sequence));
        Check(ranges, rows);
        if (groups.Count > 0)
            averageBytes = Math.Max(64, (averageBytes + groups.Average(group => (double)group.Length)) / 2);
        return groups;
    }

    // The bytes go from the socket's buffer to their place, without an array of their own.
    private async Task<JournalGroup> ReadGroupAsync(NpgsqlDataReader reader, CancellationToken cancellation)
    {
        var (partition, sequence) = (reader.GetInt32(0), reader.GetInt64(1));
        await using var body = await reader.GetStreamAsync(2, cancellation);
        var length = (int)body.Length;
        var (buffer, start) = Take(length);
        await body.ReadExactlyAsync(buffer.AsMemory(start, length), cancellation);
        return new JournalGroup(partition, sequence, buffer, start, length);
    }

    private (byte[] Buffer, int Start) Take(int length)
    {
        if (length > BlockBytes)
            return (new byte[length], 0);
        if (BlockBytes - used < length)
            (block, used) = (block + 1, 0);
        if (block == blocks.Count)
            blocks.Add(GC.AllocateUninitializedArray<byte>(BlockBytes));
        var start = used;
        used += length;
        return (blocks[block], start);
    }

    private void Recycle()
    {
        // What the largest batch took is kept for the next one, within what a batch may take.
        var kept = wantedBytes * 2 / BlockBytes + 1;
        if (blocks.Count > kept)
            blocks.RemoveRange(kept, blocks.Count - kept);
        (block, used) = (0, 0);
    }

    private void Check(IReadOnlyList<(int Partition, long After, long Last)> ranges, long rows)
    {
        var at = 0;
        foreach (var (partition, after, last) in ranges)
        {
            var wanted = Math.Min(last, after + rows) - after;
            var first = at;
            while (at < groups.Count && groups[at].Partition == partition)
                at++;
            if (at - first != wanted)
                throw new InvalidDataException(
                    $"Of the journal of partition {partition} after group {after}, {at - first} of {wanted} groups are there.");
        }
    }
}
