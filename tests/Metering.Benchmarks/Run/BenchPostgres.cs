using System.Globalization;
using Metering.TestSupport;
using Npgsql;

namespace Metering.Benchmarks.Run;

/// <summary>
/// The private PostgreSQL that all systems of a run share, each with databases of its own; durable, as everything here is compared at
/// equal durability.
/// </summary>
internal sealed class BenchPostgres : IAsyncDisposable
{
    private static readonly string[] _settings = ["max_wal_size = '8GB'", "checkpoint_timeout = '15min'"];
    private readonly List<TestDatabase> databases = [];
    private readonly NpgsqlDataSource maintenance;

    private BenchPostgres(NpgsqlDataSource maintenance) => this.maintenance = maintenance;

    /// <summary>The parent of its processes.</summary>
    public int ProcessId { get; private set; }

    public static async Task<BenchPostgres> StartAsync()
    {
        var postgres = new BenchPostgres(NpgsqlDataSource.Create(await PostgresServer.MaintenanceAsync()));
        foreach (string setting in _settings)
            await postgres.ExecuteAsync($"ALTER SYSTEM SET {setting}");
        await postgres.ExecuteAsync("SELECT pg_reload_conf()");
        await using NpgsqlConnection connection = await postgres.maintenance.OpenConnectionAsync();
        postgres.ProcessId = ProcessTimes.ParentOf(connection.ProcessID);
        return postgres;
    }

    /// <summary>Makes a database.</summary>
    /// <returns>Its connection string.</returns>
    public async Task<string> CreateDatabaseAsync(string name)
    {
        TestDatabase database = await PostgresServer.CreateDatabaseAsync(name);
        databases.Add(database);
        return database.ConnectionString;
    }

    /// <summary>Bytes of write-ahead log written so far.</summary>
    public async Task<long> WalBytesAsync() =>
        (long)(decimal)(await ScalarAsync("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')"))!;

    /// <summary>Version and the settings that matter for durability and speed.</summary>
    public async Task<IReadOnlyDictionary<string, string>> DescribeAsync()
    {
        var said = new Dictionary<string, string>();
        string[] names =
        [
            "server_version", "fsync", "synchronous_commit", "full_page_writes", "wal_sync_method", "shared_buffers", "max_wal_size",
            "checkpoint_timeout", "wal_compression", "commit_delay", "data_checksums",
        ];
        foreach (string name in names)
            said[name] = Convert.ToString(await ScalarAsync($"SHOW {name}"), CultureInfo.InvariantCulture)!;
        return said;
    }

    public Task CheckpointAsync() => ExecuteAsync("CHECKPOINT");

    public async ValueTask DisposeAsync()
    {
        foreach (TestDatabase database in databases)
            await database.DisposeAsync();
        await maintenance.DisposeAsync();
    }

    private async Task ExecuteAsync(string sql)
    {
        await using NpgsqlCommand command = maintenance.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    private async Task<object?> ScalarAsync(string sql)
    {
        await using NpgsqlCommand command = maintenance.CreateCommand(sql);
        return await command.ExecuteScalarAsync();
    }
}
