using System.Runtime.CompilerServices;
using Metering.Grid.Storage;
using Metering.Storage.Postgres.Connections;
using Npgsql;
using NpgsqlTypes;

namespace Metering.Storage.Postgres.Shards;

public sealed partial class ShardStore
{
    private const int FirstChunkRows = 64;
    private const int MaxChunkRows = 16_384;
    private const long ChunkBytes = 8 << 20;

    /// <inheritdoc />
    /// <remarks>
    /// Read by chunks of about 8 MB, each a short query of its own: a slow reader keeps no snapshot open, which would hold back the vacuum
    /// of the whole database. One chunk is read ahead. Rows never change, so what the chunks say together is what one snapshot would.
    /// </remarks>
    public async IAsyncEnumerable<JournalRow> ReadJournalAsync(
        int partition, long afterSequence, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var abandoned = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var rows = FirstChunkRows;
        Task<List<JournalRow>>? ahead = ReadChunkAsync(partition, afterSequence, rows, abandoned.Token);
        try
        {
            while (ahead is not null)
            {
                var chunk = await ahead;
                ahead = null;
                if (chunk.Count == rows)
                {
                    rows = NextChunkRows(chunk);
                    ahead = ReadChunkAsync(partition, chunk[^1].Sequence, rows, abandoned.Token);
                }

                foreach (var row in chunk)
                    yield return row;
            }
        }
        finally
        {
            if (ahead is not null)
            {
                await abandoned.CancelAsync();
                await ahead.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            }
        }
    }

    private static int NextChunkRows(List<JournalRow> chunk)
    {
        var bytes = chunk.Sum(row => 64L + row.Body.Length);
        return (int)Math.Clamp(ChunkBytes * chunk.Count / bytes, 1, MaxChunkRows);
    }

    // The sequence has no gaps, so a range of it has as many rows; fewer means the end.
    private async Task<List<JournalRow>> ReadChunkAsync(int partition, long after, int rows, CancellationToken cancellation)
    {
        await using var command = database.Journal.CreateCommand("""
            SELECT seq, epoch, at, body FROM journal WHERE partition = $1 AND seq > $2 AND seq <= $3 ORDER BY seq
            """);
        command.Parameters.Int(partition).Long(after).Long(checked(after + rows));
        return await ReadRowsAsync(command, partition, cancellation);
    }

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<JournalRow>> ReadGroupsAsync(
        int partition, IReadOnlyList<long> sequences, CancellationToken cancellation)
    {
        await using var command = database.Journal.CreateCommand(
            "SELECT seq, epoch, at, body FROM journal WHERE partition = $1 AND seq = ANY ($2)");
        command.Parameters.Int(partition).Array(sequences.ToArray(), NpgsqlDbType.Bigint);
        return await ReadRowsAsync(command, partition, cancellation);
    }

    private static async Task<List<JournalRow>> ReadRowsAsync(NpgsqlCommand command, int partition, CancellationToken cancellation)
    {
        var rows = new List<JournalRow>();
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            rows.Add(new JournalRow(
                partition, reader.GetInt64(0), reader.GetInt64(1), PostgresTime.FromPostgres(reader.GetFieldValue<long>(2)),
                reader.GetFieldValue<byte[]>(3)));
        }

        return rows;
    }
}
