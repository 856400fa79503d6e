using Metering.Storage.Postgres.Connections;
using Metering.Storage.Postgres.Directories;
using Metering.Storage.Postgres.Shards;
using Metering.TestSupport;
using Npgsql;

namespace Metering.Storage.Postgres.Tests.Shards;

/// <summary>What <c>shards add</c> takes, and what it refuses before it has written anything.</summary>
public sealed class ShardRegistryTests : IAsyncLifetime
{
    private readonly List<TestDatabase> _databases = [];
    private TestDatabase _files = null!;
    private ControlDatabase _control = null!;
    private string _first = "";

    public async Task InitializeAsync()
    {
        (_files, _control) = await ControlAsync();
        _first = await MakeAsync(PostgresServer.CreateShardAsync("shard"));
        await MakeClusterAsync(_control, _first, identity: 1);
    }

    public async Task DisposeAsync()
    {
        await _control.DisposeAsync();
        foreach (var database in _databases)
            await database.DisposeAsync();
    }

    [Fact]
    public async Task Empty_database_is_added_once_by_whatever_name_of_its_host_it_is_given()
    {
        var empty = await MakeAsync(PostgresServer.CreateDatabaseAsync("shard"));
        Assert.Equal(("shard1", true), await AddAsync(empty));
        Assert.Equal(("shard1", false), await AddAsync(empty));
        Assert.Equal(
            ("shard1", false), await AddAsync(new NpgsqlConnectionStringBuilder(empty) { Host = "localhost" }.ConnectionString));
        Assert.Equal(("shard2", true), await AddAsync(await MakeAsync(PostgresServer.CreateDatabaseAsync("shard"))));
        Assert.Equal(["shard0", "shard1", "shard2"], await NamesAsync());
    }

    [Fact]
    public async Task Shard_of_this_cluster_is_named_and_not_added_again() => Assert.Equal(("shard0", false), await AddAsync(_first));

    [Fact]
    public async Task What_was_begun_and_not_ended_is_ended()
    {
        // The schema is there, and nothing else: as after a crash right after the migration.
        Assert.Equal(("shard1", true), await AddAsync(await MakeAsync(PostgresServer.CreateShardAsync("shard"))));
    }

    [Fact]
    public async Task Control_database_is_refused() => await RefusesAsync(_files.ConnectionString, "is a control database");

    [Fact]
    public async Task Database_that_holds_something_else_is_refused()
    {
        var other = await MakeAsync(PostgresServer.CreateDatabaseAsync("other"));
        await RunAsync(other, "CREATE TABLE orders (id int)");
        await RefusesAsync(other, "is not empty");
    }

    [Fact]
    public async Task Shard_of_another_cluster_is_refused()
    {
        var (_, elsewhere) = await ControlAsync();
        await using (elsewhere)
        {
            var theirs = await MakeAsync(PostgresServer.CreateShardAsync("shard"));
            await MakeClusterAsync(elsewhere, theirs, identity: 2);
            await RefusesAsync(theirs, "belongs to another cluster");
        }
    }

    [Fact]
    public async Task Database_with_partitions_of_nobody_knows_which_cluster_is_refused()
    {
        var lost = await MakeAsync(PostgresServer.CreateShardAsync("shard"));
        await RunAsync(lost, "INSERT INTO lease (partition, epoch) VALUES (3, 7)");
        await RefusesAsync(lost, "holds partitions already");
    }

    [Fact]
    public async Task Where_there_is_no_cluster_yet_nothing_is_added()
    {
        var (_, bare) = await ControlAsync();
        await using (bare)
        {
            var empty = await MakeAsync(PostgresServer.CreateDatabaseAsync("shard"));
            await Assert.ThrowsAsync<WrongShardException>(() => ShardRegistry.AddAsync(bare, empty, default));
            await RunAsync(empty, "CREATE TABLE schema_migration (is_not_there_yet int)");
        }
    }

    private async Task RefusesAsync(string database, string why)
    {
        var refused = await Assert.ThrowsAsync<WrongShardException>(() => AddAsync(database));
        Assert.Contains(why, refused.Message, StringComparison.Ordinal);
        Assert.Equal(["shard0"], await NamesAsync());
    }

    private Task<(string Name, bool IsNew)> AddAsync(string database) => ShardRegistry.AddAsync(_control, database, default);

    private async Task<IEnumerable<string>> NamesAsync() => (await _control.ReadShardsAsync(default)).Select(shard => shard.Name);

    private async Task<(TestDatabase Files, ControlDatabase Control)> ControlAsync()
    {
        var files = await PostgresServer.CreateControlAsync();
        _databases.Add(files);
        return (files, new ControlDatabase(new PostgresOptions { ConnectionString = files.ConnectionString }));
    }

    private async Task<string> MakeAsync(Task<TestDatabase> making)
    {
        _databases.Add(await making);
        return _databases[^1].ConnectionString;
    }

    private static async Task MakeClusterAsync(ControlDatabase control, string shard, byte identity)
    {
        var key = new byte[16];
        key[0] = identity;
        await control.EnsureClusterAsync(4, key, [new ShardAddress("shard0", shard)], default);
        await using var database = new ShardDatabase("shard0", new PostgresOptions { ConnectionString = shard });
        await ShardIdentity.EnsureAsync(control, database, default);
    }

    private static async Task RunAsync(string database, string sql)
    {
        await using var source = NpgsqlDataSource.Create(database);
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
