using Metering.Core.Time;
using Metering.Storage.Postgres.Connections;
using Metering.Storage.Postgres.Projections;
using Npgsql;

namespace Metering.Storage.Postgres.Moves;

/// <summary>
/// The tables for queries, as one snapshot of the source has them, with its cursor: one database transaction on the target, so the cursor
/// is there if and only if everything up to it is.
/// </summary>
internal sealed class ProjectionCopy(MoveSide source, MoveSide target, int partition)
{
    /// <summary>How far the target's tables go; null where they were not copied yet.</summary>
    public async Task<long?> CursorAsync(MoveSide side, CancellationToken cancellation)
    {
        await using var command = side.Database.Queries.CreateCommand("SELECT seq FROM projection_cursor WHERE partition = $1");
        command.Parameters.Int(partition);
        return (long?)await command.ExecuteScalarAsync(cancellation);
    }

    /// <summary>Copies everything.</summary>
    /// <returns>Bytes copied.</returns>
    public Task<long> RunAsync(Func<LeaseRow?, bool> mayChange, Action<string>? say, CancellationToken cancellation) =>
        source.ReadAsync(
            read => target.ChangeAsync(mayChange, write => CopyAsync(read, write, say, cancellation), cancellation), cancellation);

    private async Task<long> CopyAsync(NpgsqlConnection read, NpgsqlConnection write, Action<string>? say, CancellationToken cancellation)
    {
        // Holds off who drops old days; those that the target does not keep are not copied.
        var bound = await ProjectionWriter.HoldRetentionAsync(write, cancellation);
        Instant[] days = [.. (await EventDays.ListAsync(read, cancellation)).Where(day => day + TimeSpan.FromDays(1) > bound)];
        await new EventDays(target.Database.Queries).EnsureAsync(days, cancellation);
        await ClearAsync(write, partition, cancellation);
        var bytes = 0L;
        foreach (var day in days)
        {
            var copied = await TableCopy.RunAsync(read, write, EventDays.TableOf(day), $"partition = {partition}", cancellation);
            bytes += copied;
            say?.Invoke($"raw events of {day.ToUtcDateTime():yyyy-MM-dd}: {copied:N0} bytes");
        }

        foreach (var table in MovedTables.Derived)
            bytes += await TableCopy.RunAsync(read, write, table, $"partition = {partition}", cancellation);
        return bytes + await TableCopy.RunAsync(read, write, MovedTables.Cursor, $"partition = {partition}", cancellation);
    }

    /// <summary>Deletes the rows of a partition in the tables for queries, the cursor first: who projects waits for that.</summary>
    public static async Task ClearAsync(NpgsqlConnection write, int partition, CancellationToken cancellation)
    {
        foreach (var table in (IEnumerable<string>)[MovedTables.Cursor, MovedTables.Events, .. MovedTables.Derived])
        {
            await using var delete = new NpgsqlCommand($"DELETE FROM {table} WHERE partition = $1", write);
            delete.Parameters.Int(partition);
            await delete.ExecuteNonQueryAsync(cancellation);
        }
    }
}
