using Npgsql;

namespace Metering.Server.Databases;

/// <summary>
/// A turn at making what a cluster begins with. Servers that start together take turns; the lock is a session's, and ends with it, also
/// when the server dies.
/// </summary>
internal sealed class SetupTurn : IAsyncDisposable
{
    // "meterset" in ASCII; the migrations have a lock of their own.
    private const long LockKey = 0x6D65_7465_7273_6574;
    private const int WaitSeconds = 120;

    private readonly NpgsqlConnection connection;

    private SetupTurn(NpgsqlConnection connection) => this.connection = connection;

    /// <summary>Waits for the turn.</summary>
    /// <exception cref="NpgsqlException">The database is away, or the turn did not come within two minutes.</exception>
    public static async Task<SetupTurn> TakeAsync(string control, CancellationToken cancellation)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(control) { Pooling = false }.ConnectionString);
        try
        {
            await connection.OpenAsync(cancellation);
            await using var command = new NpgsqlCommand("SELECT pg_advisory_lock($1)", connection) { CommandTimeout = WaitSeconds };
            command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = LockKey });
            await command.ExecuteNonQueryAsync(cancellation);
            return new SetupTurn(connection);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    public ValueTask DisposeAsync() => connection.DisposeAsync();
}
