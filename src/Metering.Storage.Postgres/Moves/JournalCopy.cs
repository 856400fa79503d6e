using Metering.Storage.Postgres.Connections;
using Npgsql;

namespace Metering.Storage.Postgres.Moves;

/// <summary>The journal of a partition, by sequence: what the target has is a part of the source's from its beginning, always.</summary>
internal sealed class JournalCopy(MoveSide source, MoveSide target, int partition, int chunkBytes)
{
    private const int ChunkRows = 16_384;
    private const int RowBytes = 48;

    /// <summary>The newest group on a shard; 0 where there is none.</summary>
    public async Task<long> NewestAsync(MoveSide side, CancellationToken cancellation)
    {
        await using var command = side.Database.Queries.CreateCommand("SELECT coalesce(max(seq), 0) FROM journal WHERE partition = $1");
        command.Parameters.Int(partition);
        return (long)(await command.ExecuteScalarAsync(cancellation))!;
    }

    /// <summary>Refuses a target whose journal of the partition is another one: its newest group has to be the source's.</summary>
    public async Task CheckAsync(CancellationToken cancellation)
    {
        var newest = await NewestAsync(target, cancellation);
        if (newest > 0 && await DigestAsync(source, newest, cancellation) != await DigestAsync(target, newest, cancellation))
            throw new MoveRefusedException(
                $"Group {newest} of partition {partition} is another one on shard '{target.Name}' than on '{source.Name}'.");
    }

    /// <summary>Copies all groups that the source has now.</summary>
    /// <returns>Bytes copied.</returns>
    public async Task<long> RunAsync(Func<LeaseRow?, bool> mayChange, Action<long>? copied, CancellationToken cancellation)
    {
        var (last, total) = (await NewestAsync(source, cancellation), 0L);
        for (var after = await NewestAsync(target, cancellation); after < last;)
        {
            var from = after;
            var to = await EndOfChunkAsync(from, last, cancellation);
            await using var read = await source.Database.Queries.OpenConnectionAsync(cancellation);
            total += await target.ChangeAsync(
                mayChange,
                write => TableCopy.RunAsync(
                    read, write, MovedTables.Journal, $"partition = {partition} AND seq > {from} AND seq <= {to} ORDER BY seq",
                    cancellation),
                cancellation);
            after = to;
            copied?.Invoke(total);
        }

        return total;
    }

    private async Task<long> EndOfChunkAsync(long after, long last, CancellationToken cancellation)
    {
        // The length of an uncompressed value stands in its header; the value is not read.
        await using var command = source.Database.Queries.CreateCommand($"""
            SELECT max(seq) FROM (
                SELECT seq, sum(octet_length(body) + {RowBytes}) OVER (ORDER BY seq) - octet_length(body) - {RowBytes} AS before
                FROM (SELECT seq, body FROM journal WHERE partition = $1 AND seq > $2 AND seq <= $3 ORDER BY seq LIMIT {ChunkRows}) AS next)
                AS chunk
            WHERE before <= $4
            """);
        command.Parameters.Int(partition).Long(after).Long(last).Long(chunkBytes);
        return (long)(await command.ExecuteScalarAsync(cancellation))!;
    }

    private async Task<string?> DigestAsync(MoveSide side, long sequence, CancellationToken cancellation)
    {
        await using var command = side.Database.Queries.CreateCommand(
            "SELECT epoch || ' ' || at || ' ' || encode(sha256(body), 'hex') FROM journal WHERE partition = $1 AND seq = $2");
        command.Parameters.Int(partition).Long(sequence);
        return (string?)await command.ExecuteScalarAsync(cancellation);
    }
}
