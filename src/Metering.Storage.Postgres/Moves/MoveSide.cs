using System.Data;
using Metering.Storage.Postgres.Connections;
using Metering.Storage.Postgres.Shards;
using Npgsql;

namespace Metering.Storage.Postgres.Moves;

/// <summary>The lease of a partition on a shard; null where there is none.</summary>
internal sealed record LeaseRow(long Epoch, Guid? Owner, string? MovedTo);

/// <summary>One of the two shards of a move, as the mover of a generation may use it.</summary>
internal sealed class MoveSide(ShardDatabase database, int partition, long generation)
{
    public ShardDatabase Database => database;

    public string Name => database.Name;

    /// <summary>Raises the guard to this generation: from here on no older mover changes anything on this shard. Waits for a database
    /// transaction of one that is under way.</summary>
    /// <exception cref="MoverReplacedException">A newer one was here.</exception>
    public async Task TakeAsync(CancellationToken cancellation)
    {
        await using var command = database.Queries.CreateCommand("""
            INSERT INTO move_guard (partition, generation) VALUES ($1, $2)
            ON CONFLICT (partition) DO UPDATE SET generation = excluded.generation WHERE move_guard.generation <= excluded.generation
            """);
        command.Parameters.Int(partition).Long(generation);
        if (await command.ExecuteNonQueryAsync(cancellation) == 0)
            throw new MoverReplacedException(partition);
    }

    /// <summary>Changes the shard in one database transaction that holds the guard.</summary>
    /// <param name="mayChange">Judges the lease, which does not change until the end; false ends in an exception.</param>
    /// <param name="change">What to do.</param>
    /// <param name="cancellation">Ends the wait; nothing was done then.</param>
    /// <exception cref="MoverReplacedException">A newer mover was here; nothing was done.</exception>
    /// <exception cref="InvalidOperationException">The lease is not as it has to be; nothing was done.</exception>
    public async Task<T> ChangeAsync<T>(
        Func<LeaseRow?, bool> mayChange, Func<NpgsqlConnection, Task<T>> change, CancellationToken cancellation)
    {
        await using var connection = await database.Queries.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellation);
        await using (var guard = new NpgsqlCommand(
            "SELECT generation FROM move_guard WHERE partition = $1 AND generation = $2 FOR UPDATE", connection))
        {
            guard.Parameters.Int(partition).Long(generation);
            if (await guard.ExecuteScalarAsync(cancellation) is null)
                throw new MoverReplacedException(partition);
        }

        var lease = await ReadLeaseAsync(connection, cancellation);
        if (!mayChange(lease))
            throw new InvalidOperationException($"The lease of partition {partition} on shard '{Name}' is {lease}: the move stops.");
        var result = await change(connection);
        await transaction.CommitAsync(cancellation);
        return result;
    }

    /// <summary>Reads the shard in one snapshot.</summary>
    public async Task<T> ReadAsync<T>(Func<NpgsqlConnection, Task<T>> read, CancellationToken cancellation)
    {
        await using var connection = await database.Queries.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellation);
        return await read(connection);
    }

    /// <summary>The lease as it is.</summary>
    public async Task<LeaseRow?> ReadLeaseAsync(CancellationToken cancellation)
    {
        await using var connection = await database.Queries.OpenConnectionAsync(cancellation);
        return await ReadLeaseAsync(connection, cancellation);
    }

    private async Task<LeaseRow?> ReadLeaseAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("SELECT epoch, owner, moved_to FROM lease WHERE partition = $1", connection);
        command.Parameters.Int(partition);
        return await command.FirstAsync(
            row => new LeaseRow(row.GetInt64(0), row.IsDBNull(1) ? null : row.GetGuid(1), row.TextOrNull(2)), cancellation);
    }
}
