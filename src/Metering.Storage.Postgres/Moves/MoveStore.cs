using Metering.Storage.Postgres.Connections;
using Metering.Storage.Postgres.Directories;
using Npgsql;

namespace Metering.Storage.Postgres.Moves;

/// <summary>Moves in the control database.</summary>
public sealed class MoveStore(ControlDatabase control)
{
    private const string Columns = "partition, source, target, step, generation, started_at, changed_at";

    /// <summary>All moves under way, by partition.</summary>
    public async Task<IReadOnlyList<MoveRow>> ListAsync(CancellationToken cancellation)
    {
        await using var command = control.Source.CreateCommand($"SELECT {Columns} FROM partition_move ORDER BY partition");
        return await command.ListAsync(Read, cancellation);
    }

    /// <summary>The move of a partition, or null.</summary>
    public async Task<MoveRow?> FindAsync(int partition, CancellationToken cancellation)
    {
        await using var command = control.Source.CreateCommand($"SELECT {Columns} FROM partition_move WHERE partition = $1");
        command.Parameters.Int(partition);
        return await command.FirstAsync(Read, cancellation);
    }

    /// <summary>Begins a move or takes one up, under a generation of its own.</summary>
    /// <returns>Null where the partition lives there and nothing is under way.</returns>
    /// <exception cref="MoveRefusedException">There is no such partition or shard, or it is on its way elsewhere.</exception>
    internal async Task<MoveRow?> BeginAsync(int partition, string target, CancellationToken cancellation)
    {
        await using var connection = await control.Source.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var homes = await TextsAsync(connection, "SELECT shard FROM shard_map WHERE partition = $1 FOR UPDATE", partition, cancellation);
        if (homes.Count == 0)
            throw new MoveRefusedException($"There is no partition {partition}.");
        await using (var find = new NpgsqlCommand("SELECT name FROM shard ORDER BY name", connection))
        {
            var names = await find.ListAsync(row => row.GetString(0), cancellation);
            if (!names.Contains(target))
                throw new MoveRefusedException($"There is no shard '{target}'; there are {string.Join(", ", names)}.");
        }

        var targets = await TextsAsync(connection, "SELECT target FROM partition_move WHERE partition = $1", partition, cancellation);
        if (targets.Count > 0 && targets[0] != target)
            throw new MoveRefusedException(
                $"Partition {partition} is on its way to '{targets[0]}': finish that move, or abort it while it can be.");
        if (targets.Count == 0 && homes[0] == target)
            return null;
        // One under way may have changed the map already: its source is not the partition's home any more.
        await using var begin = new NpgsqlCommand(
            targets.Count > 0
                ? $"UPDATE partition_move SET generation = nextval('partition_move_generation') WHERE partition = $1 RETURNING {Columns}"
                : $"""
                INSERT INTO partition_move (partition, source, target, step, generation)
                VALUES ($1, $2, $3, 'copying', nextval('partition_move_generation')) RETURNING {Columns}
                """, connection);
        begin.Parameters.Int(partition);
        if (targets.Count == 0)
            begin.Parameters.Text(homes[0]).Text(target);
        var row = await begin.FirstAsync(Read, cancellation);
        await transaction.CommitAsync(cancellation);
        return row;
    }

    /// <summary>Takes a move up to end it: a new generation. Null where none is under way.</summary>
    internal async Task<MoveRow?> TakeUpAsync(int partition, CancellationToken cancellation)
    {
        await using var command = control.Source.CreateCommand(
            $"UPDATE partition_move SET generation = nextval('partition_move_generation') WHERE partition = $1 RETURNING {Columns}");
        command.Parameters.Int(partition);
        return await command.FirstAsync(Read, cancellation);
    }

    /// <summary>Notes that the source is fenced.</summary>
    internal async Task NoteFencedAsync(MoveRow move, CancellationToken cancellation)
    {
        await using var command = control.Source.CreateCommand("""
            UPDATE partition_move SET step = 'fenced', changed_at = now() WHERE partition = $1 AND generation = $2 AND step = 'copying'
            """);
        command.Parameters.Int(move.Partition).Long(move.Generation);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>Changes the map, which every process hears of within a second, and begins the clearing.</summary>
    internal async Task ChangeMapAsync(MoveRow move, CancellationToken cancellation)
    {
        await control.ChangeAsync(async (connection, version) =>
        {
            var changed = await ControlDatabase.ExecuteAsync(connection, """
                WITH mine AS (
                    UPDATE partition_move SET step = 'clearing', changed_at = now()
                    WHERE partition = $1 AND generation = $2 AND step <> 'clearing' RETURNING partition, target)
                UPDATE shard_map SET shard = mine.target FROM mine WHERE shard_map.partition = mine.partition
                """, parameters => parameters.Int(move.Partition).Long(move.Generation), cancellation);
            if (changed == 0)
                return false;
            await ControlDatabase.ExecuteAsync(
                connection, "UPDATE directory_version SET shard_map = $1", parameters => parameters.Long(version), cancellation);
            return true;
        }, cancellation);
    }

    /// <summary>How long ago the step of a move began, by the control database's clock.</summary>
    internal async Task<TimeSpan> AgeAsync(MoveRow move, CancellationToken cancellation)
    {
        await using var command = control.Source.CreateCommand(
            "SELECT extract(epoch FROM clock_timestamp() - changed_at)::float8 FROM partition_move WHERE partition = $1");
        command.Parameters.Int(move.Partition);
        return await command.ExecuteScalarAsync(cancellation) is double seconds ? TimeSpan.FromSeconds(seconds) : TimeSpan.MaxValue;
    }

    /// <summary>Forgets a move that is done or undone.</summary>
    internal async Task EndAsync(MoveRow move, CancellationToken cancellation)
    {
        await using var command = control.Source.CreateCommand("DELETE FROM partition_move WHERE partition = $1 AND generation = $2");
        command.Parameters.Int(move.Partition).Long(move.Generation);
        if (await command.ExecuteNonQueryAsync(cancellation) == 0)
            throw new MoverReplacedException(move.Partition);
    }

    private static async Task<List<string>> TextsAsync(
        NpgsqlConnection connection, string sql, int partition, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.Int(partition);
        return await command.ListAsync(row => row.GetString(0), cancellation);
    }

    private static MoveRow Read(NpgsqlDataReader row) => new(
        row.GetInt32(0), row.GetString(1), row.GetString(2), row.GetString(3) switch
        {
            "copying" => MoveStep.Copying,
            "fenced" => MoveStep.Fenced,
            "clearing" => MoveStep.Clearing,
            var other => throw new InvalidDataException($"A move has the step '{other}', which this build does not know."),
        },
        row.GetInt64(4), row.GetDateTime(5), row.GetDateTime(6));
}
