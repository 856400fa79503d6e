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
        var groups = await journal.ReadAsync(ranges, cancellation);
        var bound = retentionBound ??= await ReadRetentionAsync(cancellation);
        await LearnThresholdsAsync(cancellation);
        if (!TryAdd(groups, bound))
        {
            // Taken back and read once more, with all that is missing: rare once the cache is warm.
            foreach (var state in progress.Values)
                state.Plans.Undo();
            await LoadPlansAsync(groups, cancellation);
            Add(groups, bound);
        }

        await days.EnsureAsync(batch.Days, cancellation);

        var last = groups.Where((group, at) => at + 1 == groups.Count || groups[at + 1].Partition != group.Partition)
            .Select(group => (group.Partition, group.Sequence)).ToArray();
        if (!await WriteAsync(last, bound, cancellation))
        {
            Reset();
            return 0;
        }

        foreach (var (partition, sequence) in last)
            progress[partition].Advance(sequence);
        if (batch.Facts.Count > 0)
            factsWaiting.Release();
        return groups.Count;
    }

    /// <summary>Writes the batch and moves the cursors; false, with nothing written, where a cursor or the retention bound is not what the
    /// batch was made from.</summary>
    private async Task<bool> WriteAsync(
        (int Partition, long Sequence)[] last, Core.Time.Instant bound, CancellationToken cancellation)
    {
        await using var connection = await database.Queries.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var packed = 0;
        if (await ProjectionWriter.HoldRetentionAsync(connection, cancellation) != bound)
            return false;
        if (!await HoldCursorsAsync(connection, last, cancellation))
            return false;

        await ProjectionWriter.WriteAsync(connection, batch, cancellation);
        if (batch.Hours.Count <= options.HoursAtOnce)
            await batch.HourColumns.WriteAsync(connection, batch.Hours, cancellation);
        else
            packed = await ProjectionWriter.WriteHourChangesAsync(connection, batch, last, cancellation);
        await ProjectionWriter.WriteFactsAsync(connection, batch, cancellation);
        foreach (var (partition, _) in last)
            await ProjectionWriter.WritePlansAsync(connection, partition, progress[partition].Plans, cancellation);
        await OutboxWriter.WriteAsync(connection, batch.Outbox, cancellation);
        if (!await MoveCursorsAsync(connection, last, cancellation))
            return false;
        await transaction.CommitAsync(cancellation);
        if (packed > 0)
            NoteChanges(packed);
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

    private bool TryAdd(List<JournalGroup> groups, Core.Time.Instant bound)
    {
        try
        {
            Add(groups, bound);
            return true;
        }
        catch (PoisonGroupException e) when (e.InnerException is UnknownProjectException)
        {
            return false;
        }
    }

    private void Add(List<JournalGroup> groups, Core.Time.Instant bound)
    {
        batch.Clear();
        foreach (var group in groups)
            batch.Add(group, progress[group.Partition].Plans, TimeRange.Everything, bound);
    }

    private async Task LoadPlansAsync(List<JournalGroup> groups, CancellationToken cancellation)
    {
        var unknown = new HashSet<PlannedProject>();
        foreach (var group in groups)
            batch.ListUnknown(group, progress[group.Partition].Plans, unknown);
        if (unknown.Count == 0)
            return;
        var byId = unknown.ToDictionary(project => project.ProjectId, StringComparer.Ordinal);
        await using var command = database.Queries.CreateCommand("""
            SELECT project_id, plan, plan_version, next_plan, next_plan_version FROM projection_project WHERE project_id = ANY ($1)
            """);
        command.Parameters.Array(byId.Keys.ToArray(), NpgsqlDbType.Text);
        var plans = await command.ListAsync(
            row => (
                Project: row.GetString(0),
                Plan: new ProjectPlan(string.Intern(row.GetString(1)), row.GetInt32(2), row.TextOrNull(3), row.GetInt32(4))),
            cancellation);
        foreach (var (project, plan) in plans)
            byId[project].Plan = plan;
    }
}
