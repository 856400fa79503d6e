using Metering.Storage.Postgres.Connections;
using Npgsql;
using NpgsqlTypes;

namespace Metering.Storage.Postgres.Projections;

public sealed partial class Projector
{
    private async Task<int> ProjectBatchAsync(CancellationToken cancellation)
    {
        var ranges = progress.Values.Where(state => state.HasWaiting)
            .Select(state => (state.Partition, state.Cursor, state.Committed)).OrderBy(range => range.Partition).ToList();
        if (ranges.Count == 0)
            return 0;
        var rows = await journal.ReadAsync(ranges, cancellation);
        var bound = retentionBound ??= await ReadRetentionAsync(cancellation);
        await LoadPlansAsync(rows, cancellation);
        await LearnThresholdsAsync(cancellation);
        batch.Clear();
        foreach (var row in rows)
            batch.Add(row.Partition, row.Sequence, row.Body, progress[row.Partition].Plans, TimeRange.Everything, bound);
        await days.EnsureAsync(batch.Days, cancellation);

        var last = rows.GroupBy(row => row.Partition).Select(group => (Partition: group.Key, Sequence: group.Last().Sequence)).ToArray();
        if (!await WriteAsync(last, bound, cancellation))
        {
            Reset();
            return 0;
        }

        foreach (var (partition, sequence) in last)
            progress[partition].Advance(sequence);
        if (batch.Facts.Count > 0)
            factsWaiting.Release();
        return rows.Count;
    }

    /// <summary>Writes the batch and moves the cursors; false, with nothing written, where a cursor or the retention bound is not what the
    /// batch was made from.</summary>
    private async Task<bool> WriteAsync(
        (int Partition, long Sequence)[] last, Core.Time.Instant bound, CancellationToken cancellation)
    {
        await using var connection = await database.Queries.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        if (await ProjectionWriter.HoldRetentionAsync(connection, cancellation) != bound)
            return false;
        if (!await HoldCursorsAsync(connection, last, cancellation))
            return false;

        await ProjectionWriter.WriteAsync(connection, batch, cancellation);
        await ProjectionWriter.WriteFactsAsync(connection, batch, cancellation);
        foreach (var (partition, _) in last)
            await ProjectionWriter.WritePlansAsync(connection, partition, progress[partition].Plans, cancellation);
        await OutboxWriter.WriteAsync(connection, batch.Outbox, cancellation);
        if (!await MoveCursorsAsync(connection, last, cancellation))
            return false;
        await transaction.CommitAsync(cancellation);
        return true;
    }

    // Looked at before the work is done, and passed over where locked: a rebuild holds the cursors of the whole shard for as long as it
    // takes, and another projector's batch would only be found out at the end.
    private async Task<bool> HoldCursorsAsync(
        NpgsqlConnection connection, (int Partition, long Sequence)[] last, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("""
            SELECT partition, seq FROM projection_cursor WHERE partition = ANY ($1) ORDER BY partition FOR UPDATE SKIP LOCKED
            """, connection);
        command.Parameters.Array(last.Select(end => end.Partition).ToArray(), NpgsqlDbType.Integer);
        var held = await command.ListAsync(row => (Partition: row.GetInt32(0), Sequence: row.GetInt64(1)), cancellation);
        return held.Count == last.Length && held.TrueForAll(cursor => progress[cursor.Partition].Cursor == cursor.Sequence);
    }

    private async Task<bool> MoveCursorsAsync(
        NpgsqlConnection connection, (int Partition, long Sequence)[] last, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("""
            UPDATE projection_cursor SET seq = moved.new
            FROM unnest($1, $2, $3) AS moved (partition, old, new)
            WHERE projection_cursor.partition = moved.partition AND projection_cursor.seq = moved.old
            """, connection);
        command.Parameters
            .Array(last.Select(end => end.Partition).ToArray(), NpgsqlDbType.Integer)
            .Array(last.Select(end => progress[end.Partition].Cursor).ToArray(), NpgsqlDbType.Bigint)
            .Array(last.Select(end => end.Sequence).ToArray(), NpgsqlDbType.Bigint);
        return await command.ExecuteNonQueryAsync(cancellation) == last.Length;
    }

    private async Task<Core.Time.Instant> ReadRetentionAsync(CancellationToken cancellation)
    {
        await using var connection = await database.Queries.OpenConnectionAsync(cancellation);
        return await ProjectionWriter.HoldRetentionAsync(connection, cancellation);
    }

    private async Task LoadPlansAsync(List<SliceRow> rows, CancellationToken cancellation)
    {
        var unknown = new Dictionary<string, int>(StringComparer.Ordinal);
        var named = new HashSet<string>(StringComparer.Ordinal);
        foreach (var row in rows)
        {
            named.Clear();
            batch.ListProjects(row.Sequence, row.Body, named);
            foreach (var project in named.Where(project => !progress[row.Partition].Plans.Knows(project)))
                unknown[project] = row.Partition;
        }

        if (unknown.Count == 0)
            return;
        await using var command = database.Queries.CreateCommand("""
            SELECT project_id, plan, plan_version, next_plan, next_plan_version FROM projection_project WHERE project_id = ANY ($1)
            """);
        command.Parameters.Array(unknown.Keys.ToArray(), NpgsqlDbType.Text);
        var plans = await command.ListAsync(
            row => (
                Project: row.GetString(0),
                Plan: new ProjectPlan(row.GetString(1), row.GetInt32(2), row.TextOrNull(3), row.GetInt32(4))),
            cancellation);
        foreach (var (project, plan) in plans)
            progress[unknown[project]].Plans.Load(project, plan);
    }
}
