using Metering.Storage.Postgres.Connections;
using Npgsql;

namespace Metering.Storage.Postgres.Schema;

/// <summary>Brings a database's schema up to date. Safe to run from many processes at once, and again at any time.</summary>
public static class Migrator
{
    // Any number will do as long as nothing else in the database locks it: "metering" in ASCII.
    private const long LockKey = 0x6D65_7465_7269_6E67;

    /// <summary>Applies the migrations of the control database.</summary>
    /// <exception cref="SchemaMismatchException">An applied file has changed, or the database is newer than this build.</exception>
    public static Task MigrateControlAsync(string connectionString, CancellationToken cancellation) =>
        MigrateAsync(connectionString, Migration.Load("Control"), cancellation);

    /// <summary>Applies the migrations of a shard.</summary>
    /// <exception cref="SchemaMismatchException">An applied file has changed, or the database is newer than this build.</exception>
    public static Task MigrateShardAsync(string connectionString, CancellationToken cancellation) =>
        MigrateAsync(connectionString, Migration.Load("Shard"), cancellation);

    internal static async Task MigrateAsync(string connectionString, IReadOnlyList<Migration> migrations, CancellationToken cancellation)
    {
        await using var source = DataSources.Unpooled(connectionString);
        await using var connection = await source.OpenConnectionAsync(cancellation);
        // The lock belongs to the session and ends with it, also when this process dies in between.
        await ExecuteAsync(connection, "SELECT pg_advisory_lock($1)", parameters => parameters.Long(LockKey), cancellation);
        await ExecuteAsync(connection, """
            CREATE TABLE IF NOT EXISTS schema_migration (
                number     int         PRIMARY KEY,
                name       text        NOT NULL,
                checksum   bytea       NOT NULL,
                applied_at timestamptz NOT NULL DEFAULT now())
            """, null, cancellation);
        var applied = await ReadAppliedAsync(connection, cancellation);
        Check(applied, migrations);
        foreach (var migration in migrations.Where(migration => !applied.ContainsKey(migration.Number)))
            await ApplyAsync(connection, migration, cancellation);
    }

    private static void Check(Dictionary<int, (string Name, byte[] Checksum)> applied, IReadOnlyList<Migration> migrations)
    {
        foreach (var (number, (name, checksum)) in applied)
        {
            var known = migrations.FirstOrDefault(migration => migration.Number == number)
                ?? throw new SchemaMismatchException(
                    $"The database has the migration {name}, which this build does not know: it is newer.");
            if (!known.Checksum.AsSpan().SequenceEqual(checksum))
                throw new SchemaMismatchException($"The migration {name} has changed since it was applied.");
        }

        // A gap would mean that a step was slipped in below one that the database already has.
        var newest = applied.Count == 0 ? 0 : applied.Keys.Max();
        foreach (var migration in migrations)
        {
            if (migration.Number < newest && !applied.ContainsKey(migration.Number))
                throw new SchemaMismatchException($"The migration {migration.Name} comes before one that was applied already.");
        }
    }

    private static async Task<Dictionary<int, (string Name, byte[] Checksum)>> ReadAppliedAsync(
        NpgsqlConnection connection, CancellationToken cancellation)
    {
        var applied = new Dictionary<int, (string, byte[])>();
        await using var command = new NpgsqlCommand("SELECT number, name, checksum FROM schema_migration ORDER BY number", connection);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
            applied.Add(reader.GetInt32(0), (reader.GetString(1), reader.GetFieldValue<byte[]>(2)));
        return applied;
    }

    private static async Task ApplyAsync(NpgsqlConnection connection, Migration migration, CancellationToken cancellation)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await ExecuteAsync(connection, migration.Sql, null, cancellation);
        await ExecuteAsync(
            connection, "INSERT INTO schema_migration (number, name, checksum) VALUES ($1, $2, $3)",
            parameters => parameters.Int(migration.Number).Text(migration.Name).Bytes(migration.Checksum), cancellation);
        await transaction.CommitAsync(cancellation);
    }

    private static async Task ExecuteAsync(
        NpgsqlConnection connection, string sql, Action<NpgsqlParameterCollection>? fill, CancellationToken cancellation)
    {
        // A migration of a large table, or another process's turn at the lock, may take long.
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        fill?.Invoke(command.Parameters);
        await command.ExecuteNonQueryAsync(cancellation);
    }
}
