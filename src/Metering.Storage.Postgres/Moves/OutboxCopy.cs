using Metering.Storage.Postgres.Connections;
using Npgsql;
using NpgsqlTypes;

namespace Metering.Storage.Postgres.Moves;

/// <summary>
/// Messages with their attempts: compared by id, page by page, and what differs is copied as the source has it. Pending rows that only the
/// target has stay: it has projected further than the source.
/// </summary>
internal sealed class OutboxCopy(MoveSide source, MoveSide target, int partition)
{
    private const int PageRows = 5000;

    // What changes of a row as it is carried out; the rest never does.
    private const string Page = """
        SELECT id, status, hash_record_extended(ROW(status, attempts, visible_at, budget_from, due_at, closed_at, last_error), 0)
        FROM outbox WHERE partition = $1 AND id > $2 AND ($3::text IS NULL OR id <= $3) ORDER BY id
        """;

    /// <summary>Makes the target's rows what the source's are at this moment.</summary>
    /// <returns>Bytes copied.</returns>
    public async Task<long> RunAsync(Func<LeaseRow?, bool> mayChange, CancellationToken cancellation) =>
        await source.ReadAsync(
            async read =>
            {
                var (after, bytes) = ("", 0L);
                while (true)
                {
                    var wanted = await ReadAsync(read, $"{Page} LIMIT {PageRows}", after, null, cancellation);
                    var last = wanted.Count < PageRows ? null : wanted[^1].Id;
                    var there = await target.ReadAsync(
                        write => ReadAsync(write, Page, after, last, cancellation), cancellation);
                    bytes += await CopyAsync(read, mayChange, wanted, there, cancellation);
                    if (last is null)
                        return bytes;
                    after = last;
                }
            },
            cancellation);

    private async Task<long> CopyAsync(
        NpgsqlConnection read, Func<LeaseRow?, bool> mayChange, List<(string Id, int Status, long Hash)> wanted,
        List<(string Id, int Status, long Hash)> there, CancellationToken cancellation)
    {
        var onTarget = there.ToDictionary(row => row.Id, row => row.Hash, StringComparer.Ordinal);
        var onSource = wanted.Select(row => row.Id).ToHashSet(StringComparer.Ordinal);
        string[] changed = [.. wanted.Where(row => !onTarget.TryGetValue(row.Id, out var hash) || hash != row.Hash).Select(row => row.Id)];
        // Closed rows leave the source when their time is over.
        string[] gone = [.. there.Where(row => row.Status != 0 && !onSource.Contains(row.Id)).Select(row => row.Id)];
        if (changed.Length == 0 && gone.Length == 0)
            return 0;
        return await target.ChangeAsync(
            mayChange,
            async write =>
            {
                await using var delete = new NpgsqlCommand("DELETE FROM outbox WHERE partition = $1 AND id = ANY ($2)", write);
                delete.Parameters.Int(partition).Array<string>([.. changed, .. gone], NpgsqlDbType.Text);
                await delete.ExecuteNonQueryAsync(cancellation);
                if (changed.Length == 0)
                    return 0;
                var ids = TableCopy.Texts(changed);
                return await TableCopy.RunAsync(read, write, "outbox", $"id = {ids}", cancellation)
                    + await TableCopy.RunAsync(read, write, "outbox_attempt", $"outbox_id = {ids}", cancellation);
            },
            cancellation);
    }

    private async Task<List<(string Id, int Status, long Hash)>> ReadAsync(
        NpgsqlConnection connection, string sql, string after, string? last, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.Int(partition).Text(after).Text(last);
        return await command.ListAsync(row => (row.GetString(0), (int)row.GetInt16(1), row.GetInt64(2)), cancellation);
    }
}
