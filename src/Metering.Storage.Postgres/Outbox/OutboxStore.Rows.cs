using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Metering.Core.Time;
using Metering.Grid.History;
using Metering.Grid.Outbox;
using Metering.Storage.Postgres.Connections;
using Metering.Storage.Postgres.Shards;
using Npgsql;
using NpgsqlTypes;

namespace Metering.Storage.Postgres.Outbox;

public sealed partial class OutboxStore
{
    /// <inheritdoc />
    public async ValueTask<int> EnqueueAsync(IReadOnlyList<OutboxMessage> messages, CancellationToken cancellation)
    {
        var added = 0;
        foreach (var given in messages.GroupBy(message => message.Partition))
        {
            await using var home = await OutboxHome.BeginAsync(map, given.Key, time, cancellation);
            added += await OutboxInsert.RunAsync(home.Connection, [.. given], cancellation);
            await home.CommitAsync(cancellation);
        }

        return added;
    }

    /// <inheritdoc />
    public async ValueTask<OutboxStatus?> CancelAsync(int partition, string id, CancellationToken cancellation)
    {
        await using var home = await OutboxHome.BeginAsync(map, partition, time, cancellation);
        await using var command = new NpgsqlCommand("""
            WITH closed AS (UPDATE outbox SET status = 3, closed_at = $2 WHERE id = $1 AND status = 0 RETURNING id)
            SELECT CASE WHEN closed.id IS NULL THEN status ELSE 3::smallint END FROM outbox LEFT JOIN closed USING (id) WHERE outbox.id = $1
            """, home.Connection);
        command.Parameters.Text(id).Time(Now);
        var stands = await command.ExecuteScalarAsync(cancellation) is short status ? (OutboxStatus)status : (OutboxStatus?)null;
        await home.CommitAsync(cancellation);
        return stands;
    }

    /// <inheritdoc />
    public async ValueTask<OutboxRow?> FindAsync(int partition, string id, CancellationToken cancellation)
    {
        await using var command = map.Now.Of(partition).Queries.CreateCommand($"SELECT {OutboxColumns.Row} FROM outbox WHERE id = $1");
        command.Parameters.Text(id);
        return await command.FirstAsync(OutboxColumns.ReadRow, cancellation);
    }

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<OutboxAttemptRow>> ListAttemptsAsync(int partition, string id, CancellationToken cancellation)
    {
        await using var command = map.Now.Of(partition).Queries.CreateCommand(
            "SELECT number, at, took_microseconds, status, error FROM outbox_attempt WHERE outbox_id = $1 ORDER BY number");
        command.Parameters.Text(id);
        return await command.ListAsync(
            row => new OutboxAttemptRow(row.GetInt32(0), new OutboxAttempt(
                row.TimeAt(1), TimeSpan.FromMicroseconds(row.GetInt64(2)), row.IsDBNull(3) ? null : row.GetInt32(3), row.TextOrNull(4))),
            cancellation);
    }

    /// <inheritdoc />
    public async ValueTask<OutboxRow?> ReplayAsync(int partition, string id, CancellationToken cancellation)
    {
        await using var home = await OutboxHome.BeginAsync(map, partition, time, cancellation);
        await using var command = new NpgsqlCommand($"""
            UPDATE outbox SET status = 0, due_at = $2, visible_at = $2, budget_from = attempts, closed_at = NULL WHERE id = $1
            RETURNING {OutboxColumns.Row}
            """, home.Connection);
        command.Parameters.Text(id).Time(Now);
        var row = await command.FirstAsync(OutboxColumns.ReadRow, cancellation);
        await home.CommitAsync(cancellation);
        return row;
    }

    /// <inheritdoc />
    /// <exception cref="ArgumentOutOfRangeException">The limit is not 1 to 1,000.</exception>
    public async ValueTask<HistoryPage<OutboxRow>> ListAsync(OutboxQuery query, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(query.Limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(query.Limit, 1000);
        var after = ReadCursor(query.Cursor);
        var homes = map.Now;
        var asked = query.Partition is { } partition ? [homes.Of(partition)] : homes.Shards;
        var found = await Task.WhenAll(asked.Select(shard => ListAsync(shard, homes.PartitionsOf(shard), query, after, cancellation)));
        var rows = found.SelectMany(page => page)
            .OrderByDescending(row => row.Message.CreatedAt).ThenByDescending(row => row.Message.Id, StringComparer.Ordinal)
            .Take(query.Limit + 1).ToList();
        if (rows.Count <= query.Limit)
            return new HistoryPage<OutboxRow>(rows, null);
        rows.RemoveAt(query.Limit);
        return new HistoryPage<OutboxRow>(rows, WriteCursor(rows[^1]));
    }

    private static async Task<List<OutboxRow>> ListAsync(
        ShardDatabase shard, int[]? partitions, OutboxQuery query, (Instant At, string Id)? after, CancellationToken cancellation)
    {
        await using var command = shard.Queries.CreateCommand();
        var conditions = new List<string>();
        if (partitions is not null)
        {
            command.Parameters.Array(partitions, NpgsqlDbType.Integer);
            conditions.Add("partition = ANY ($1)");
        }

        Text("kind", query.Kind);
        Text("topic", query.Topic);
        Text("customer_id", query.CustomerId);
        Text("owner_id", query.OwnerId);
        Text("target", query.Target);
        if (query.Status is { } status)
            conditions.Add($"status = {(int)status}");
        Time(">=", query.From);
        Time("<", query.To);
        if (after is { } place)
        {
            command.Parameters.Time(place.At).Text(place.Id);
            conditions.Add($"(created_at, id) < (${command.Parameters.Count - 1}, ${command.Parameters.Count})");
        }

        command.CommandText = $"""
            SELECT {OutboxColumns.Row} FROM outbox {(conditions.Count == 0 ? "" : "WHERE " + string.Join(" AND ", conditions))}
            ORDER BY created_at DESC, id DESC LIMIT {query.Limit + 1}
            """;
        return await command.ListAsync(OutboxColumns.ReadRow, cancellation);

        void Text(string column, string? value)
        {
            if (value is null)
                return;
            command.Parameters.Text(value);
            conditions.Add($"{column} = ${command.Parameters.Count}");
        }

        void Time(string comparison, Instant? value)
        {
            if (value is not { } bound)
                return;
            command.Parameters.Time(bound);
            conditions.Add($"created_at {comparison} ${command.Parameters.Count}");
        }
    }

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<OutboxBacklog>> MeasureAsync(
        string shard, IReadOnlyList<string> kinds, CancellationToken cancellation)
    {
        await using var command = map.Now.Find(shard).Queries.CreateCommand("""
            SELECT kinds.kind, count(due.due_at), min(due.due_at)
            FROM unnest($1) AS kinds (kind) LEFT JOIN LATERAL (
                SELECT due_at FROM outbox WHERE status = 0 AND outbox.kind = kinds.kind AND due_at <= $2
                    AND EXISTS (SELECT FROM lease WHERE lease.partition = outbox.partition AND lease.moved_to IS NULL)
                ORDER BY due_at LIMIT 10000) AS due
                ON true
            GROUP BY kinds.kind ORDER BY kinds.kind
            """);
        command.Parameters.Array(kinds.ToArray(), NpgsqlDbType.Text).Time(Now);
        return await command.ListAsync(
            row => new OutboxBacklog(row.GetString(0), row.GetInt64(1), row.IsDBNull(2) ? null : row.TimeAt(2)), cancellation);
    }

    /// <inheritdoc />
    public async ValueTask<int> MaintainAsync(string shard, CancellationToken cancellation)
    {
        const int atOnce = 5000;
        // Every process does this at its own hours; what another has in its hands is passed over, and comes up the next time.
        var now = Now;
        await using (var giveUp = map.Now.Find(shard).Queries.CreateCommand("""
            WITH stale AS MATERIALIZED (
                SELECT id FROM outbox WHERE status = 0 AND due_at < $1 AND visible_at < $2
                    AND EXISTS (SELECT FROM lease WHERE lease.partition = outbox.partition AND lease.moved_to IS NULL)
                FOR UPDATE SKIP LOCKED)
            UPDATE outbox SET status = 2, closed_at = $2, last_error = 'Nobody has taken it.' FROM stale WHERE outbox.id = stale.id
            """))
        {
            giveUp.Parameters.Time(now - options.Retention).Time(now);
            await giveUp.ExecuteNonQueryAsync(cancellation);
        }

        for (var deleted = 0; ;)
        {
            await using var delete = map.Now.Find(shard).Queries.CreateCommand($"""
                DELETE FROM outbox WHERE id IN (
                    SELECT id FROM outbox WHERE status <> 0 AND closed_at < $1 ORDER BY closed_at LIMIT {atOnce} FOR UPDATE SKIP LOCKED)
                """);
            delete.Parameters.Time(now - options.Retention);
            var gone = await delete.ExecuteNonQueryAsync(cancellation);
            deleted += gone;
            if (gone < atOnce)
                return deleted;
        }
    }

    private static string WriteCursor(OutboxRow row) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(
        row.Message.CreatedAt.UnixMicroseconds.ToString(CultureInfo.InvariantCulture) + " " + row.Message.Id));

    private static (Instant At, string Id)? ReadCursor(string? cursor)
    {
        if (cursor is null)
            return null;
        if (cursor.Length <= 512 && Base64Url.IsValid(cursor))
        {
            var parts = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(cursor)).Split(' ', 2);
            if (parts.Length == 2 && long.TryParse(parts[0], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var micros)
                && Instant.TryFromUnixMicroseconds(micros, out var at) && !parts[1].Contains('\0', StringComparison.Ordinal))
                return (at, parts[1]);
        }

        throw new FormatException("The cursor is not valid.");
    }
}
