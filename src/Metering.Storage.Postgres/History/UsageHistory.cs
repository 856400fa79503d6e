using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Grid.History;
using Metering.Storage.Postgres.Connections;
using Metering.Storage.Postgres.Shards;
using Npgsql;
using NpgsqlTypes;
using Metering.Grid.Outbox;

namespace Metering.Storage.Postgres.History;

/// <summary>Queries of the projections, each of one shard. Every query is bounded, in rows and in time.</summary>
/// <param name="shardOf">The shard of a partition, as the shard map has it now.</param>
/// <remarks>A limit is 1 to 1,000, an offset 0 to 100,000: anything else is an <see cref="ArgumentOutOfRangeException"/>. A cursor that no
/// such query has answered is a <see cref="FormatException"/>.</remarks>
public sealed partial class UsageHistory(Func<int, ShardDatabase> shardOf) : IUsageHistory
{
    private const int LimitMax = 1000;
    private const int OffsetMax = 100_000;

    /// <inheritdoc />
    public async ValueTask<HistoryPage<LedgerRow>> ReadLedgerAsync(LedgerQuery query, CancellationToken cancellation)
    {
        Check(query.Limit, 0);
        var after = PageCursor.Read(query.Cursor, 1);
        await using var command = shardOf(query.Partition).Queries.CreateCommand("""
            SELECT customer_id, entry, transaction_type, amount, balance_before, balance_after, description, at
            FROM ledger_entry WHERE customer_id = $1 AND entry < $2 ORDER BY entry DESC LIMIT $3
            """);
        command.Parameters.Text(query.CustomerId).Long(after?[0] ?? long.MaxValue).Int(query.Limit + 1);
        var rows = await command.ListAsync(
            row => new LedgerRow(
                row.GetString(0), row.GetInt64(1), row.GetString(2), Number(row, 3), Number(row, 4), Number(row, 5), row.GetString(6),
                At(row, 7)),
            cancellation);
        return Page(rows, query.Limit, row => PageCursor.Write(row.Entry));
    }

    /// <inheritdoc />
    public async ValueTask<HistoryPage<AlertRow>> ReadAlertsAsync(AlertQuery query, CancellationToken cancellation)
    {
        Check(query.Limit, 0);
        var after = PageCursor.Read(query.Cursor, 2);
        await using var command = shardOf(query.Partition).Queries.CreateCommand("""
            SELECT project_id, customer_id, meter, period, period_start, threshold, severity, usage, max, percentage, message, at, seq,
                ordinal
            FROM alert
            WHERE project_id = $1 AND at >= $2 AND at < $3 AND (seq, ordinal) < ($4, $5)
            ORDER BY seq DESC, ordinal DESC LIMIT $6
            """);
        command.Parameters.Text(query.ProjectId)
            .Time(query.Start ?? Instant.MinValue).Time(query.End ?? Instant.MaxValue)
            .Long(after?[0] ?? long.MaxValue).Long(after?[1] ?? int.MaxValue).Int(query.Limit + 1);
        var rows = await command.ListAsync(
            row => (Place: (Sequence: row.GetInt64(12), Ordinal: row.GetInt32(13)), Alert: new AlertRow(
                row.GetString(0), row.GetString(1), row.GetString(2), row.GetString(3), At(row, 4), row.GetInt32(5), row.GetString(6),
                Number(row, 7), Number(row, 8), row.GetDecimal(9), row.GetString(10), At(row, 11))),
            cancellation);
        var page = Page(rows, query.Limit, row => PageCursor.Write(row.Place.Sequence, row.Place.Ordinal));
        // A row's ordinal is the rank of its entry, which the id of its event follows from.
        var events = page.Rows.Select(row =>
            OutboxIds.Event(query.Partition, row.Place.Sequence, row.Place.Ordinal, OutboxKinds.AlertRaised)).ToArray();
        var noticed = await ListNoticedAsync(query.Partition, events, cancellation);
        return new HistoryPage<AlertRow>(
            [.. page.Rows.Select((row, place) => row.Alert with { Notified = noticed.Contains(events[place]) })], page.NextCursor);
    }

    private async Task<HashSet<string>> ListNoticedAsync(int partition, string[] events, CancellationToken cancellation)
    {
        if (events.Length == 0)
            return [];
        await using var command = shardOf(partition).Queries.CreateCommand("SELECT event_id FROM alert_notice WHERE event_id = ANY ($1)");
        command.Parameters.Array(events, NpgsqlDbType.Text);
        return [.. await command.ListAsync(row => row.GetString(0), cancellation)];
    }

    // One row more than asked for tells whether there is a next page.
    private static HistoryPage<T> Page<T>(List<T> rows, int limit, Func<T, string> cursor)
    {
        if (rows.Count <= limit)
            return new HistoryPage<T>(rows, null);
        rows.RemoveRange(limit, rows.Count - limit);
        return new HistoryPage<T>(rows, cursor(rows[^1]));
    }

    private static void Check(int limit, int offset)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, LimitMax);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, OffsetMax);
    }

    private static Instant At(NpgsqlDataReader row, int column) => PostgresTime.FromPostgres(row.GetFieldValue<long>(column));

    private static Amount Number(NpgsqlDataReader row, int column) => Amount.FromDecimal(row.GetDecimal(column));
}
