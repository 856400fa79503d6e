using Metering.Storage.Postgres.Connections;
using Metering.Storage.Postgres.Shards;
using Metering.TestSupport;
using Npgsql;

namespace Metering.Storage.Postgres.Tests.Shards;

/// <summary>A migrated, empty shard of one test.</summary>
internal sealed class TestShard : IAsyncDisposable
{
    private readonly TestDatabase _database;

    private TestShard(TestDatabase database, ShardDatabase shard)
    {
        (_database, Database) = (database, shard);
        Store = new ShardStore(shard, TimeProvider.System);
        Plain = NpgsqlDataSource.Create(database.ConnectionString);
    }

    public ShardDatabase Database { get; }

    public ShardStore Store { get; }

    public string ConnectionString => _database.ConnectionString;

    /// <summary>Connections of no particular kind, to look and to disturb.</summary>
    public NpgsqlDataSource Plain { get; }

    public static async Task<TestShard> CreateAsync(int partitions, int commandTimeoutSeconds = 10, string name = "s1")
    {
        var database = await PostgresServer.CreateShardAsync("shard");
        var shard = new ShardDatabase(
            name, new PostgresOptions { ConnectionString = database.ConnectionString, CommandTimeoutSeconds = commandTimeoutSeconds });
        await shard.AddPartitionsAsync([.. Enumerable.Range(0, partitions)], default);
        return new TestShard(database, shard);
    }

    public async Task<object?> ScalarAsync(string sql)
    {
        await using var command = Plain.CreateCommand(sql);
        return await command.ExecuteScalarAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Plain.DisposeAsync();
        await Database.DisposeAsync();
        await _database.DisposeAsync();
    }
}
