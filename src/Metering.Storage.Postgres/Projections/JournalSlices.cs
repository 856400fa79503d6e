using Metering.Core.Time;
using Metering.Storage.Postgres.Connections;
using Npgsql;
using NpgsqlTypes;

namespace Metering.Storage.Postgres.Projections;

/// <summary>A group as the projector reads it.</summary>
internal readonly record struct SliceRow(int Partition, long Sequence, Instant At, byte[] Body);

/// <summary>Reads the next groups of many partitions in one query, about as many bytes as wanted.</summary>
internal sealed class JournalSlices(NpgsqlDataSource source, int wantedBytes)
{
    private double averageBytes = 16 * 1024;

    /// <param name="ranges">For each partition: the group after which to begin and the last to read.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>Whole runs of groups, without a gap, by partition and sequence.</returns>
    /// <exception cref="InvalidDataException">A durable group is missing.</exception>
    public async Task<List<SliceRow>> ReadAsync(
        IReadOnlyList<(int Partition, long After, long Last)> ranges, CancellationToken cancellation)
    {
        // The rows of a partition are cut by number, not by bytes: the average of those read before says how many.
        var rows = Math.Max(1, (long)(wantedBytes / averageBytes / ranges.Count));
        await using var command = source.CreateCommand("""
            SELECT wanted.partition, journal.seq, journal.at, journal.body
            FROM unnest($1, $2, $3) AS wanted (partition, after, last)
            CROSS JOIN LATERAL (
                SELECT seq, at, body FROM journal
                WHERE partition = wanted.partition AND seq > wanted.after AND seq <= wanted.last
                ORDER BY seq) AS journal
            """);
        command.Parameters
            .Array(ranges.Select(range => range.Partition).ToArray(), NpgsqlDbType.Integer)
            .Array(ranges.Select(range => range.After).ToArray(), NpgsqlDbType.Bigint)
            .Array(ranges.Select(range => Math.Min(range.Last, range.After + rows)).ToArray(), NpgsqlDbType.Bigint);
        var slice = await command.ListAsync(
            row => new SliceRow(
                row.GetInt32(0), row.GetInt64(1), PostgresTime.FromPostgres(row.GetFieldValue<long>(2)), row.GetFieldValue<byte[]>(3)),
            cancellation);
        slice.Sort((left, right) => (left.Partition, left.Sequence).CompareTo((right.Partition, right.Sequence)));
        Check(ranges, rows, slice);
        if (slice.Count > 0)
            averageBytes = Math.Max(64, (averageBytes + slice.Average(row => row.Body.Length)) / 2);
        return slice;
    }

    private static void Check(IReadOnlyList<(int Partition, long After, long Last)> ranges, long rows, List<SliceRow> slice)
    {
        var read = slice.ToLookup(row => row.Partition);
        foreach (var (partition, after, last) in ranges)
        {
            var wanted = Math.Min(last, after + rows) - after;
            var found = read[partition].Count();
            if (found != wanted)
                throw new InvalidDataException(
                    $"Of the journal of partition {partition} after group {after}, {found} of {wanted} groups are there.");
        }
    }
}
