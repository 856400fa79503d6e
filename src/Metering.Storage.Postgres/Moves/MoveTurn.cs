using Metering.Storage.Postgres.Connections;
using Metering.Storage.Postgres.Directories;
using Npgsql;

namespace Metering.Storage.Postgres.Moves;

/// <summary>The turn of one mover of a partition: a lock of a session, which ends with the process, however that ends.</summary>
internal sealed class MoveTurn : IAsyncDisposable
{
    // "move" in ASCII; the second key is the partition.
    private const int LockKey = 0x6D6F_7665;

    private readonly NpgsqlConnection connection;
    private readonly int partition;

    private MoveTurn(NpgsqlConnection connection, int partition) => (this.connection, this.partition) = (connection, partition);

    /// <exception cref="MoveRefusedException">Another process has it.</exception>
    public static async Task<MoveTurn> TakeAsync(ControlDatabase control, int partition, CancellationToken cancellation)
    {
        var connection = await control.Source.OpenConnectionAsync(cancellation);
        try
        {
            await using var command = new NpgsqlCommand("SELECT pg_try_advisory_lock($1, $2)", connection);
            command.Parameters.Int(LockKey).Int(partition);
            if ((bool)(await command.ExecuteScalarAsync(cancellation))!)
                return new MoveTurn(connection, partition);
            throw new MoveRefusedException($"Another process is moving partition {partition} right now.");
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        // The connection goes back to a pool, whose connections are not reset: the lock has to be given back.
        try
        {
            await using var command = new NpgsqlCommand("SELECT pg_advisory_unlock($1, $2)", connection);
            command.Parameters.Int(LockKey).Int(partition);
            await command.ExecuteNonQueryAsync(CancellationToken.None);
        }
        catch (Exception exception) when (exception is NpgsqlException or InvalidOperationException)
        {
            // The session is gone, and the lock with it.
        }

        await connection.DisposeAsync();
    }
}
