using System.Globalization;
using Metering.Benchmarks.Processes;
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
    public async Task<string> CreateDatabaseAsync(string name) => (await PostgresServer.CreateDatabaseAsync(name)).ConnectionString;

    /// <summary>Bytes of write-ahead log, and transactions that write, so far.</summary>
    public async Task<(long Bytes, long Transactions)> WrittenAsync()
    {
        await using NpgsqlCommand command = maintenance.CreateCommand(
            "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint, pg_snapshot_xmax(pg_current_snapshot())::text::bigint");
        await using NpgsqlDataReader row = await command.ExecuteReaderAsync();
        await row.ReadAsync();
        return (row.GetInt64(0), row.GetInt64(1));
    }

    /// <summary>Bytes of write-ahead log so far.</summary>
    public async Task<long> WalBytesAsync() => (await WrittenAsync()).Bytes;

    /// <summary>A checkpoint of PostgreSQL's own.</summary>
    public Task CheckpointAsync() => ExecuteAsync("CHECKPOINT");

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

    /// <summary>Everything is thrown away with the server, which ends with this process.</summary>
    public ValueTask DisposeAsync() => maintenance.DisposeAsync();

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
