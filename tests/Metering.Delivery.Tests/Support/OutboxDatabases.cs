using Metering.Core.Time;
using Metering.Delivery.Outbox;
using Metering.Grid.Outbox;
using Metering.Storage.Postgres.Connections;
using Metering.Storage.Postgres.Outbox;
using Metering.Storage.Postgres.Shards;
using Metering.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Metering.Delivery.Tests.Support;

/// <summary>A shard with an outbox, and what workers over it need.</summary>
internal sealed class OutboxDatabases : IAsyncDisposable
{
    private readonly TestDatabase database;

    private OutboxDatabases(TestDatabase database, OutboxOptions options)
    {
        this.database = database;
        Shard = new ShardDatabase("s1", new PostgresOptions { ConnectionString = database.ConnectionString });
        Store = new OutboxStore([Shard], _ => Shard, options, TimeProvider.System, () => 0);
    }

    /// <summary>Attempts that follow each other at once.</summary>
    public static OutboxOptions Fast { get; } = new()
    {
        FirstDelay = TimeSpan.FromMilliseconds(20), LongestDelay = TimeSpan.FromMilliseconds(40), Lease = TimeSpan.FromSeconds(30),
    };

    public ShardDatabase Shard { get; }

    public OutboxStore Store { get; }

    public OutboxInstruments Instruments { get; } = new();

    public static Instant Now => Instant.FromDateTimeOffset(DateTimeOffset.UtcNow);

    public static async Task<OutboxDatabases> CreateAsync(OutboxOptions? options = null)
    {
        TestDatabase database = await PostgresServer.CreateShardAsync("outbox");
        var made = new OutboxDatabases(database, options ?? Fast);
        await made.Shard.AddPartitionsAsync([0], default);
        return made;
    }

    public OutboxWorker Worker(IOutboxHandler handler, OutboxWorkerOptions? options = null) => new(
        Store, handler, options ?? new OutboxWorkerOptions { IdleInterval = TimeSpan.FromMilliseconds(10) }, TimeProvider.System,
        Instruments, NullLogger<OutboxWorker>.Instance);

    public Task PutAsync(params OutboxMessage[] messages) => Store.EnqueueAsync(messages, default).AsTask();

    public async Task<OutboxRow> FindAsync(string id) => (await Store.FindAsync(0, id, default))!;

    public async Task<object?> ScalarAsync(string sql)
    {
        await using NpgsqlDataSource source = NpgsqlDataSource.Create(database.ConnectionString);
        await using NpgsqlCommand command = source.CreateCommand(sql);
        return await command.ExecuteScalarAsync();
    }

    /// <summary>Waits until a row stands so.</summary>
    public async Task<OutboxRow> UntilAsync(string id, OutboxStatus status)
    {
        OutboxRow? row = null;
        await Until.TrueAsync(async () => (row = await FindAsync(id)).Status == status);
        return row!;
    }

    public async ValueTask DisposeAsync()
    {
        Instruments.Dispose();
        await Shard.DisposeAsync();
        await database.DisposeAsync();
    }
}
