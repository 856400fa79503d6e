using Metering.Core.Time;
using Metering.Grid.Storage;
using Metering.Storage.Postgres.Connections;
using Metering.Storage.Postgres.Shards;
using Npgsql;
using NpgsqlTypes;

namespace Metering.Storage.Postgres.Projections;

/// <summary>What a rebuild wrote again.</summary>
public sealed record RebuildSummary(int Partitions, long Groups, long Events);

/// <summary>
/// Derives the projections of a shard again from the journal, up to where they are now; the result is identical, row by row, to what was
/// there.
/// </summary>
/// <remarks>
/// Safe beside running projectors, and beside queries, which see the old rows until the new ones are committed. It is one database
/// transaction that holds the shard's cursors: projectors pass over them and go on afterwards, so their lag grows meanwhile. Where that
/// would stop ingest, stop it first or go day by day.
/// </remarks>
public sealed class ProjectionRebuild(ShardDatabase database, TimeProvider time)
{
    /// <summary>Rebuilds everything, or the rows of some days: raw events by their time, hours by their start, ledger entries and alerts
    /// by when they were made. Invoices and credit notes change after they were made, so they are rebuilt with everything only.</summary>
    /// <param name="from">The start of the first day, inclusive, or null for the beginning.</param>
    /// <param name="to">The end of the last day, exclusive, or null for no end.</param>
    /// <param name="cancellation">Ends the wait; nothing has changed then.</param>
    public async Task<RebuildSummary> RunAsync(Instant? from, Instant? to, CancellationToken cancellation)
    {
        var wanted = new TimeRange(from ?? Instant.MinValue, to ?? Instant.MaxValue);
        var store = new ShardStore(database, time);
        var days = new EventDays(database.Queries);
        await using var connection = await database.Queries.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var bound = await ProjectionWriter.HoldRetentionAsync(connection, cancellation);
        var cursors = await HoldCursorsAsync(connection, cancellation);
        await HourSettling.ExcludeAsync(connection, cancellation);
        await SettleAsync(connection, cursors, wanted, cancellation);
        await DeleteAsync(connection, cursors, wanted, cancellation);

        // Messages that were put in once are not put in again.
        var batch = new ProjectionBatch { Outbox = new OutboxRows { Enqueues = false } };
        var (groups, events) = (0L, 0L);
        foreach (var (partition, cursor) in cursors)
        {
            // A plan is in force until it is changed, so what a day shows may have been said long before: each journal is read from its
            // beginning.
            var plans = new ProjectPlans(partition);
            await foreach (var row in store.ReadJournalAsync(partition, 0, cancellation))
            {
                if (row.Sequence > cursor)
                    break;
                batch.Add(JournalGroup.Of(partition, row.Sequence, row.Body), plans, wanted, bound);
                groups++;
                if (batch.IsLarge)
                    events += await FlushAsync(connection, batch, days, cancellation);
            }

            events += await FlushAsync(connection, batch, days, cancellation);
            await ProjectionWriter.WritePlansAsync(connection, partition, plans, cancellation);
        }

        await transaction.CommitAsync(cancellation);
        return new RebuildSummary(cursors.Count, groups, events);
    }

    // In the order in which every projector takes them.
    private static async Task<List<(int Partition, long Sequence)>> HoldCursorsAsync(
        NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            "SELECT partition, seq FROM projection_cursor ORDER BY partition FOR UPDATE", connection);
        return await command.ListAsync(row => (row.GetInt32(0), row.GetInt64(1)), cancellation);
    }

    // What changes hours that are not made again has to be there before; what changes only those that are is of no more use.
    private async Task SettleAsync(
        NpgsqlConnection connection, List<(int Partition, long Sequence)> cursors, TimeRange wanted, CancellationToken cancellation)
    {
        if (wanted == TimeRange.Everything)
        {
            await using var delete = new NpgsqlCommand("DELETE FROM usage_hour_change WHERE partition = ANY ($1)", connection);
            delete.CommandTimeout = 0;
            delete.Parameters.Array(cursors.Select(cursor => cursor.Partition).ToArray(), NpgsqlDbType.Integer);
            await delete.ExecuteNonQueryAsync(cancellation);
            return;
        }

        var settling = new HourSettling(database.Queries);
        foreach (var (partition, _) in cursors)
        {
            for (var bucket = 0; bucket < HourChanges.Buckets; bucket++)
                await settling.SettleAsync(connection, partition, bucket, cancellation);
        }
    }

    // Facts are left alone: they are messages that have been or will be delivered, not a table for queries.
    private static async Task DeleteAsync(
        NpgsqlConnection connection, List<(int Partition, long Sequence)> cursors, TimeRange wanted, CancellationToken cancellation)
    {
        (string Table, string Time)[] tables =
            [("usage_event", "time"), ("usage_hourly", "start"), ("ledger_entry", "at"), ("alert", "at")];
        foreach (var (table, column) in tables)
        {
            await using var delete = new NpgsqlCommand(
                $"DELETE FROM {table} WHERE partition = ANY ($1) AND {column} >= $2 AND {column} < $3", connection) { CommandTimeout = 0 };
            delete.Parameters
                .Array(cursors.Select(cursor => cursor.Partition).ToArray(), NpgsqlDbType.Integer)
                .Time(wanted.From).Time(wanted.To);
            await delete.ExecuteNonQueryAsync(cancellation);
        }

        if (wanted == TimeRange.Everything)
            await InvoiceWriter.DeleteAsync(connection, [.. cursors.Select(cursor => cursor.Partition)], cancellation);
    }

    private static async Task<long> FlushAsync(
        NpgsqlConnection connection, ProjectionBatch batch, EventDays days, CancellationToken cancellation)
    {
        await days.EnsureAsync(batch.Days, cancellation);
        await ProjectionWriter.WriteAsync(connection, batch, cancellation);
        await batch.HourColumns.WriteAsync(connection, batch.Hours, cancellation);
        await OutboxWriter.WriteThresholdsAsync(connection, batch.Outbox, cancellation);
        var events = batch.EventCount;
        batch.Clear();
        return events;
    }
}
