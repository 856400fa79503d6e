using Metering.Storage.Postgres.Connections;
using Npgsql;
using NpgsqlTypes;

namespace Metering.Storage.Postgres.Moves;

/// <summary>
/// Checkpoints, the partition's own record and dedup segments: compared, and what differs is copied. Buckets differ by the journal
/// position they are saved at; a segment never changes under its id.
/// </summary>
internal sealed class SavedStateCopy(MoveSide source, MoveSide target, int partition)
{
    /// <summary>Makes the target what the source is at this moment.</summary>
    /// <returns>Bytes copied.</returns>
    public async Task<long> RunAsync(Func<LeaseRow?, bool> mayChange, CancellationToken cancellation) =>
        await source.ReadAsync(
            async read =>
            {
                var bytes = await target.ChangeAsync(mayChange, write => CopyBucketsAsync(read, write, cancellation), cancellation);
                return bytes + await CopySegmentsAsync(read, mayChange, cancellation);
            },
            cancellation);

    private async Task<long> CopyBucketsAsync(NpgsqlConnection read, NpgsqlConnection write, CancellationToken cancellation)
    {
        const string sql = "SELECT bucket, seq, next_due, octet_length(body) FROM checkpoint WHERE partition = $1";
        var wanted = await BucketsAsync(read, sql, cancellation);
        var there = await BucketsAsync(write, sql, cancellation);
        long[] stale = [.. there.Where(bucket => !wanted.Contains(bucket)).Select(bucket => (long)bucket.Bucket)];
        long[] missing = [.. wanted.Where(bucket => !there.Contains(bucket)).Select(bucket => (long)bucket.Bucket)];
        await DeleteAsync(write, "DELETE FROM checkpoint WHERE partition = $1 AND bucket = ANY ($2)", stale, cancellation);
        await DeleteAsync(write, "DELETE FROM partition_record WHERE partition = $1 AND $2::bigint[] IS NOT NULL", [], cancellation);
        var bytes = await TableCopy.RunAsync(read, write, "partition_record", $"partition = {partition}", cancellation);
        if (missing.Length > 0)
            bytes += await TableCopy.RunAsync(
                read, write, "checkpoint", $"partition = {partition} AND bucket = ANY ({TableCopy.Numbers(missing)})", cancellation);
        return bytes;
    }

    private async Task<long> CopySegmentsAsync(NpgsqlConnection read, Func<LeaseRow?, bool> mayChange, CancellationToken cancellation)
    {
        var wanted = await SegmentsAsync(read, cancellation);
        var there = await target.ReadAsync(write => SegmentsAsync(write, cancellation), cancellation);
        long[] stale = [.. there.Where(segment => !wanted.Contains(segment)).Select(segment => segment.Id)];
        if (stale.Length > 0)
        {
            await target.ChangeAsync(
                mayChange,
                async write =>
                {
                    await DeleteAsync(write, "DELETE FROM dedup_block WHERE partition = $1 AND segment = ANY ($2)", stale, cancellation);
                    await DeleteAsync(write, "DELETE FROM dedup_segment WHERE partition = $1 AND id = ANY ($2)", stale, cancellation);
                    return true;
                },
                cancellation);
        }

        // One at a time: the merged ones are large.
        var bytes = 0L;
        foreach (var (id, _, _) in wanted.Where(segment => !there.Contains(segment)).OrderBy(segment => segment.Id))
        {
            bytes += await target.ChangeAsync(
                mayChange,
                async write => await TableCopy.RunAsync(
                        read, write, "dedup_segment", $"partition = {partition} AND id = {id}", cancellation)
                    + await TableCopy.RunAsync(
                        read, write, "dedup_block", $"partition = {partition} AND segment = {id}", cancellation),
                cancellation);
        }

        return bytes;
    }

    private async Task<HashSet<(int Bucket, long Sequence, long Due, int Bytes)>> BucketsAsync(
        NpgsqlConnection connection, string sql, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.Int(partition);
        return [.. await command.ListAsync(
            row => (row.GetInt32(0), row.GetInt64(1), row.IsDBNull(2) ? long.MinValue : row.GetFieldValue<long>(2), row.GetInt32(3)),
            cancellation)];
    }

    private async Task<HashSet<(long Id, long LastSequence, long Count)>> SegmentsAsync(
        NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("SELECT id, last_seq, count FROM dedup_segment WHERE partition = $1", connection);
        command.Parameters.Int(partition);
        return [.. await command.ListAsync(row => (row.GetInt64(0), row.GetInt64(1), row.GetInt64(2)), cancellation)];
    }

    private async Task DeleteAsync(NpgsqlConnection write, string sql, long[] ids, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, write);
        command.Parameters.Int(partition).Array(ids, NpgsqlDbType.Bigint);
        await command.ExecuteNonQueryAsync(cancellation);
    }
}
