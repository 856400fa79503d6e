using Metering.Core.Catalog;
using Metering.Grid.Directory;
using Metering.Grid.Embedded;
using Metering.Grid.History;
using Metering.Grid.Partitions;
using Metering.Grid.Storage;
using Metering.Storage.Postgres.Connections;
using Metering.Storage.Postgres.Directories;
using Metering.Storage.Postgres.History;
using Metering.Storage.Postgres.Projections;
using Metering.Storage.Postgres.Schema;
using Metering.Storage.Postgres.Shards;
using Metering.TestSupport;
using Metering.TestSupport.Memory;
using Microsoft.Extensions.Logging.Abstractions;

namespace Metering.Benchmarks;

/// <summary>A private PostgreSQL with shards and a directory in memory, for benchmarks of the grid without HTTP.</summary>
internal sealed class BenchmarkCluster : IAsyncDisposable
{
    private const int Partitions = 64;

    private readonly List<TestDatabase> databases = [];
    private readonly List<ShardDatabase> shards = [];
    private readonly List<ShardAssignment> map = [];
    private ControlDatabase? control;

    private BenchmarkCluster(MemoryDirectory directory) => Directory = directory;

    public MemoryDirectory Directory { get; }

    public static async Task<BenchmarkCluster> StartAsync(int customers, int shards)
    {
        var directory = new MemoryDirectory(Partitions, ReadCatalog());
        for (int i = 0; i < customers; i++)
            directory.Add(LlmLoad.CustomerId(i), "llm-postpaid");
        var cluster = new BenchmarkCluster(directory);
        await cluster.AddControlAsync();
        for (int i = 0; i < shards; i++)
            await cluster.AddShardAsync($"shard-{i}", [.. Enumerable.Range(0, Partitions).Where(partition => partition % shards == i)]);
        return cluster;
    }

    /// <summary>An engine that leaves everything in the journal: it never checkpoints within a benchmark.</summary>
    /// <param name="time">The clock, however far off that of the shards; null for the machine's.</param>
    public EmbeddedEngine Engine(TimeProvider? time = null)
    {
        var options = new GridOptions
        {
            CheckpointBytes = long.MaxValue,
            CheckpointAge = TimeSpan.FromDays(1),
            RecentEventsMax = 16_777_216,
            ReplayBytesMax = long.MaxValue,
            ClockSkewMax = time is null ? new GridOptions().ClockSkewMax : TimeSpan.FromDays(10_000),
        };
        Dictionary<string, IShardStore> stores = shards.ToDictionary(
            shard => shard.Name, IShardStore (shard) => new ShardStore(shard, TimeProvider.System));
        return new EmbeddedEngine(
            Directory, new DirectoryStore(control!), new UsageHistory(partition => shards[partition % shards.Count]),
            new InvoiceHistory(shards, partition => shards[partition % shards.Count]), stores, map,
            Guid.NewGuid(), options, time ?? TimeProvider.System);
    }

    /// <summary>A projector a shard of what an engine owns; they take turns as those of the server do.</summary>
    public IReadOnlyList<Projector> Projectors(IOwnedPartitions owned, TimeProvider time)
    {
        var turns = new ProjectionTurns(Math.Max(1, Environment.ProcessorCount / 2));
        return
        [
            .. shards.Select(shard => new Projector(
                shard, owned, new DirectoryStore(control!), new ProjectorOptions { RetentionDays = 3_650 }, time,
                NullLogger<Projector>.Instance, turns)),
        ];
    }

    /// <summary>How many invoices the tables for queries have.</summary>
    public async Task<long> CountInvoicesAsync() => (await new InvoiceHistory(shards, partition => shards[partition % shards.Count])
        .ListAsync(new InvoiceQuery(null, null, null, null, false, 1, 0, null), CancellationToken.None)).Total;

    public async ValueTask DisposeAsync()
    {
        foreach (ShardDatabase shard in shards)
            await shard.DisposeAsync();
        if (control is not null)
            await control.DisposeAsync();
        foreach (TestDatabase database in databases)
            await database.DisposeAsync();
    }

    private async Task AddControlAsync()
    {
        TestDatabase database = await PostgresServer.CreateDatabaseAsync("bench");
        databases.Add(database);
        await Migrator.MigrateControlAsync(database.ConnectionString, CancellationToken.None);
        control = new ControlDatabase(new PostgresOptions { ConnectionString = database.ConnectionString });
    }

    private async Task AddShardAsync(string name, int[] partitions)
    {
        TestDatabase database = await PostgresServer.CreateDatabaseAsync("bench");
        databases.Add(database);
        await Migrator.MigrateShardAsync(database.ConnectionString, CancellationToken.None);
        var shard = new ShardDatabase(name, new PostgresOptions { ConnectionString = database.ConnectionString });
        shards.Add(shard);
        await shard.AddPartitionsAsync(partitions, CancellationToken.None);
        map.AddRange(partitions.Select(partition => new ShardAssignment(partition, name)));
    }

    private static CatalogRecord ReadCatalog()
    {
        byte[] file = File.ReadAllBytes(Path.Combine(Repository.Root, "silo-config", "catalog", "llm.json"));
        return CatalogJson.TryReadCatalogue(file, new Dictionary<Core.Ids.MeterId, Meter>(), out Catalogue? catalogue, out var faults)
            ? new CatalogRecord([.. catalogue.Meters], [.. catalogue.Plans])
            : throw new InvalidDataException(string.Join("; ", faults));
    }
}
