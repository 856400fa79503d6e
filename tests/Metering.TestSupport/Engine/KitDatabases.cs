using Metering.Grid.Directory;
using Metering.Grid.Partitions;
using Metering.Grid.Storage;
using Metering.Storage.Postgres.Connections;
using Metering.Storage.Postgres.Shards;

namespace Metering.TestSupport.Engine;

/// <summary>A control database and two shards, migrated and empty, with the partitions of a <see cref="KitCluster"/>.</summary>
public sealed class KitDatabases : IAsyncDisposable
{
    private const int ShardCount = 2;
    private readonly TestDatabase control;
    private readonly TestDatabase[] shards;

    private KitDatabases(TestDatabase control, TestDatabase[] shards) => (this.control, this.shards) = (control, shards);

    /// <summary>Connection string of the control database.</summary>
    public string Control => control.ConnectionString;

    /// <summary>Connection strings of the shards.</summary>
    public IReadOnlyList<string> Shards => [.. shards.Select(shard => shard.ConnectionString)];

    /// <summary>The shard of every partition.</summary>
    public static IReadOnlyList<ShardAssignment> Map { get; } =
        [.. Enumerable.Range(0, KitCluster.Partitions).Select(partition => new ShardAssignment(partition, $"s{partition % ShardCount}"))];

    /// <summary>Settings under which a clock may be ahead, and invoices come soon.</summary>
    public static GridOptions Options { get; } = new()
    {
        ClockSkewMax = TimeSpan.FromDays(10_000), StopWithin = TimeSpan.FromSeconds(10),
        Rules = new PartitionRules { LateGrace = TimeSpan.FromMinutes(1) },
    };

    /// <summary>Makes them.</summary>
    public static async Task<KitDatabases> CreateAsync()
    {
        TestDatabase control = await PostgresServer.CreateControlAsync();
        var shards = new TestDatabase[ShardCount];
        for (int number = 0; number < ShardCount; number++)
        {
            shards[number] = await PostgresServer.CreateShardAsync("shard");
            await using ShardDatabase database = Open(number, shards[number].ConnectionString);
            await database.AddPartitionsAsync(
                [.. Map.Where(row => row.Shard == $"s{number}").Select(row => row.Partition)], default);
        }

        return new KitDatabases(control, shards);
    }

    /// <summary>The shards with connections of one process's own.</summary>
    public IReadOnlyList<ShardDatabase> OpenShards() => [.. shards.Select((shard, number) => Open(number, shard.ConnectionString))];

    /// <summary>What an engine reads and writes them through.</summary>
    public static IReadOnlyDictionary<string, IShardStore> Stores(IReadOnlyList<ShardDatabase> shards, TimeProvider time) =>
        shards.ToDictionary(shard => shard.Name, IShardStore (shard) => new ShardStore(shard, time));

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        foreach (TestDatabase shard in shards)
            await shard.DisposeAsync();
        await control.DisposeAsync();
    }

    private static ShardDatabase Open(int number, string connection) =>
        new($"s{number}", new PostgresOptions { ConnectionString = connection });
}

/// <summary>The machine's clock, ahead by something.</summary>
/// <param name="ahead">By how much.</param>
public sealed class AheadTime(TimeSpan ahead) : TimeProvider
{
    /// <inheritdoc />
    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + ahead;
}
