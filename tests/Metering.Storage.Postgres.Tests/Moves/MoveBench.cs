using Metering.Core.Time;
using Metering.Grid.History;
using Metering.Grid.Outbox;
using Metering.Grid.Storage;
using Metering.Storage.Postgres.Connections;
using Metering.Storage.Postgres.Directories;
using Metering.Storage.Postgres.Moves;
using Metering.Storage.Postgres.Outbox;
using Metering.Storage.Postgres.Projections;
using Metering.Storage.Postgres.Shards;
using Metering.Storage.Postgres.Tests.Projections;
using Metering.Storage.Postgres.Tests.Shards;
using Metering.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Metering.Storage.Postgres.Tests.Moves;

/// <summary>A cluster of two partitions, both on shard "a", with empty shards "b" and "c" beside it.</summary>
internal sealed class MoveBench : IAsyncDisposable
{
    public const int Moved = 0;
    private readonly TestDatabase _controlFiles;
    private readonly Dictionary<string, TestShard> _shards;
    private long _segments;

    private MoveBench(TestDatabase controlFiles, ControlDatabase control, Dictionary<string, TestShard> shards, LiveShardMap map)
    {
        (_controlFiles, Control, _shards, Map) = (controlFiles, control, shards, map);
        Journal = new JournalMaker(A, 2, 7);
        Outbox = new OutboxStore(map, new OutboxOptions(), TimeProvider.System, () => 0);
    }

    public ControlDatabase Control { get; }

    public LiveShardMap Map { get; }

    public OutboxStore Outbox { get; }

    public JournalMaker Journal { get; }

    public TestShard A => _shards["a"];

    public TestShard B => _shards["b"];

    public TestShard C => _shards["c"];

    public MoveStore Moves => new(Control);

    public List<string> Said { get; } = [];

    public static async Task<MoveBench> CreateAsync()
    {
        var files = await PostgresServer.CreateControlAsync();
        var control = new ControlDatabase(new PostgresOptions { ConnectionString = files.ConnectionString });
        var shards = new Dictionary<string, TestShard> { ["a"] = await TestShard.CreateAsync(2, name: "a") };
        await control.EnsureClusterAsync(2, new byte[16], [new ShardAddress("a", shards["a"].ConnectionString)], default);
        foreach (var name in (string[])["b", "c"])
            shards.Add(name, await TestShard.CreateAsync(0, name: name));
        await control.EnsureClusterAsync(
            2, new byte[16], [.. shards.Select(shard => new ShardAddress(shard.Key, shard.Value.ConnectionString))], default);
        var map = await LiveShardMap.OpenAsync(
            control, address => new ShardDatabase(address.Name, new PostgresOptions { ConnectionString = address.ConnectionString }),
            default);
        var bench = new MoveBench(files, control, shards, map);
        await bench.Journal.ClaimAsync();
        return bench;
    }

    /// <summary>A mover that ends where <paramref name="at"/> throws.</summary>
    public PartitionMove Mover(Func<MovePoint, Task>? at = null, MoveOptions? options = null) => new(
        Control, options ?? new MoveOptions { ChunkBytes = 3000, ClearAfter = TimeSpan.Zero, WatchFor = TimeSpan.Zero },
        TimeProvider.System, Said.Add, at);

    public Task<MoveSummary> MoveAsync(string to, Func<MovePoint, Task>? at = null) => Mover(at).RunAsync(Moved, to, default);

    /// <summary>Something of everything that a partition keeps.</summary>
    public async Task FillAsync()
    {
        await Journal.WriteAsync(30, 4);
        await SaveAsync(A, await EpochAsync(A), [1, 2, 3], segment: true);
        await SaveAsync(A, await EpochAsync(A), [3, 9], segment: true);
        await ProjectAsync(A);
        await Outbox.EnqueueAsync([.. Enumerable.Range(0, 6).Select(number => Message($"m{number}"))], default);
        var claims = await Outbox.ClaimAsync(new OutboxClaimRequest("a", ["mail.invoice"], 4), default);
        await Outbox.CompleteAsync(claims[0], Attempt(null), [], default);
        await Outbox.RetryAsync(claims[1], Attempt("no"), null, default);
        await A.ScalarAsync("INSERT INTO alert_notice (event_id, partition) VALUES ('n''1', 0), ('n2', 0), ('n3', 1)");
        await Outbox.GiveUpAsync(claims[2], Attempt("never"), default);
    }

    /// <summary>Ends the sessions of all movers in the control database, and their locks with them.</summary>
    public async Task EndTurnsAsync()
    {
        await using var source = NpgsqlDataSource.Create(_controlFiles.ConnectionString);
        await using var command = source.CreateCommand(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_locks WHERE locktype = 'advisory' AND database = "
            + "(SELECT oid FROM pg_database WHERE datname = current_database())");
        await command.ExecuteNonQueryAsync();
    }

    public static OutboxMessage Message(string id) =>
        new(id, "mail.invoice", Moved, "c0-0", """{"n":1}""", Instant.FromDateTimeOffset(DateTimeOffset.UtcNow));

    public static OutboxAttempt Attempt(string? error) =>
        new(Instant.FromDateTimeOffset(DateTimeOffset.UtcNow), TimeSpan.FromMilliseconds(3), 500, error);

    public async Task<long> EpochAsync(TestShard shard) =>
        (long)(await shard.ScalarAsync($"SELECT epoch FROM lease WHERE partition = {Moved}"))!;

    /// <summary>Saves buckets at the newest group, and a segment where wanted.</summary>
    public async Task SaveAsync(TestShard shard, long epoch, int[] buckets, bool segment)
    {
        var newest = await NewestAsync(shard);
        var due = JournalMaker.Start + TimeSpan.FromDays(newest);
        var rows = buckets.Select(bucket => new BucketRow(Moved, bucket, newest, bucket % 2 == 0 ? null : due, [1, 2, (byte)newest]));
        Assert.True(await shard.Store.SaveCheckpointAsync(
            new CheckpointWrite(Moved, epoch, [.. rows], newest - 1, [7, (byte)newest]), default));
        if (!segment)
            return;
        var info = new SegmentInfo(++_segments, 0, 1, newest, due, 3, 1, 2);
        Assert.True(await shard.Store.SaveSegmentAsync(
            new SegmentWrite(Moved, epoch, info, [5, 6], [[1], [2, (byte)newest]], []), default));
    }

    public static async Task<long> NewestAsync(TestShard shard) =>
        (long)(await shard.ScalarAsync($"SELECT coalesce(max(seq), 0)::bigint FROM journal WHERE partition = {Moved}"))!;

    /// <summary>Projects and settles what the partition has on a shard.</summary>
    public async Task ProjectAsync(TestShard shard)
    {
        var owned = new ArrivingPartition(Moved, shard.Database.Name) { Copied = await NewestAsync(shard) };
        var projector = new Projector(
            shard.Database, owned, new DirectoryStore(Control), new ProjectorOptions(), TimeProvider.System,
            NullLogger<Projector>.Instance);
        while (await projector.ProjectOnceAsync(default) > 0)
        {
        }

        await projector.SettleAsync(default);
    }

    /// <summary>Every row of the partition in some tables of a shard.</summary>
    public static async Task<IReadOnlyList<string>> DumpAsync(TestShard shard, IEnumerable<string> tables)
    {
        var rows = new List<string>();
        foreach (var table in tables)
        {
            var where = table == "outbox_attempt"
                ? "WHERE outbox_id IN (SELECT id FROM outbox WHERE partition = 0)"
                : "WHERE partition = 0";
            await using var command = shard.Plain.CreateCommand(
                $"SELECT '{table} ' || shown.*::text FROM {table} AS shown {where} ORDER BY 1");
            await using var reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync())
                rows.Add(reader.GetString(0));
        }

        return rows;
    }

    /// <summary>The tables for queries as a shard has them that projects the journal of another from its beginning.</summary>
    public static async Task<IReadOnlyList<string>> ProjectedAfreshAsync(MoveBench bench, TestShard shard)
    {
        await using var fresh = await TestShard.CreateAsync(1, name: "fresh");
        await using (var read = await shard.Plain.OpenConnectionAsync())
        await using (var write = await fresh.Plain.OpenConnectionAsync())
            await TableCopy.RunAsync(read, write, "journal", "partition = 0", default);
        await bench.ProjectAsync(fresh);
        return await DumpAsync(fresh, QueryTables);
    }

    public static IEnumerable<string> QueryTables =>
        [MovedTables.Events, MovedTables.Cursor, .. MovedTables.Derived.Except(["partition_fact"])];

    public async ValueTask DisposeAsync()
    {
        await Map.DisposeAsync();
        await Control.DisposeAsync();
        foreach (var shard in _shards.Values)
            await shard.DisposeAsync();
        await _controlFiles.DisposeAsync();
    }
}
