using Metering.Storage.Postgres.Connections;
using Npgsql;
using NpgsqlTypes;

namespace Metering.Storage.Postgres.Moves;

/// <summary>Which alerts somebody was told of: rows that come, never change and never go, compared by id, page by page.</summary>
internal sealed class NoticeCopy(MoveSide source, MoveSide target, int partition)
{
    private const int PageRows = 5000;

    /// <summary>Copies the rows that the target lacks.</summary>
    /// <returns>Bytes copied.</returns>
    public async Task<long> RunAsync(Func<LeaseRow?, bool> mayChange, CancellationToken cancellation) =>
        await source.ReadAsync(
            async read =>
            {
                for (var (after, bytes) = ("", 0L); ;)
                {
                    var page = await ListAsync(
                        read, $"partition = $1 AND event_id > $2 ORDER BY event_id LIMIT {PageRows}",
                        parameters => parameters.Text(after), cancellation);
                    bytes += await CopyAsync(read, mayChange, page, cancellation);
                    if (page.Count < PageRows)
                        return bytes;
                    after = page[^1];
                }
            },
            cancellation);

    private async Task<long> CopyAsync(
        NpgsqlConnection read, Func<LeaseRow?, bool> mayChange, List<string> page, CancellationToken cancellation)
    {
        var there = await target.ReadAsync(
            write => ListAsync(
                write, "partition = $1 AND event_id = ANY ($2)",
                parameters => parameters.Array(page.ToArray(), NpgsqlDbType.Text), cancellation),
            cancellation);
        string[] missing = [.. page.Except(there, StringComparer.Ordinal)];
        if (missing.Length == 0)
            return 0;
        return await target.ChangeAsync(
            mayChange,
            write => TableCopy.RunAsync(read, write, MovedTables.Notices, $"event_id = {TableCopy.Texts(missing)}", cancellation),
            cancellation);
    }

    private async Task<List<string>> ListAsync(
        NpgsqlConnection connection, string condition, Func<NpgsqlParameterCollection, NpgsqlParameterCollection> fill,
        CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand($"SELECT event_id FROM {MovedTables.Notices} WHERE {condition}", connection);
        fill(command.Parameters.Int(partition));
        return await command.ListAsync(row => row.GetString(0), cancellation);
    }
}
