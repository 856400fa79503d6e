using Npgsql;

namespace Metering.TestSupport;

/// <summary>
/// A database of one test. Disposing ends its sessions. A large one is dropped then; a small one is left for the end of the server, as
/// a drop waits for a checkpoint of everything.
/// </summary>
public sealed class TestDatabase : IAsyncDisposable
{
    private const long LargeBytes = 64 << 20;
    private readonly string _maintenance;

    internal TestDatabase(string maintenance, string name)
    {
        _maintenance = maintenance;
        Name = name;
        ConnectionString = new NpgsqlConnectionStringBuilder(maintenance) { Database = name, Pooling = true }.ConnectionString;
    }

    public string Name { get; }

    public string ConnectionString { get; }

    public async ValueTask DisposeAsync()
    {
        await using (var pooled = new NpgsqlConnection(ConnectionString))
        {
            NpgsqlConnection.ClearPool(pooled);
        }

        var size = await ExecuteAsync(_maintenance, $"""
            SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity WHERE datname = '{Name}';
            SELECT pg_database_size('{Name}')
            """);
        if (size > LargeBytes)
        {
            await ExecuteAsync(_maintenance, $"DROP DATABASE \"{Name}\" WITH (FORCE)");
        }
    }

    /// <returns>The number that the last statement answers with, where it answers.</returns>
    internal static async Task<long?> ExecuteAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 120 };
        await using var reader = await command.ExecuteReaderAsync();
        long? last = null;
        do
        {
            while (await reader.ReadAsync())
            {
                last = reader.GetInt64(0);
            }
        }
        while (await reader.NextResultAsync());
        return last;
    }
}
