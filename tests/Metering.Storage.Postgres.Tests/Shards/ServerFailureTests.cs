using System.Diagnostics;
using Metering.Core.Time;
using Metering.Grid.Storage;
using Metering.Storage.Postgres.Connections;
using Metering.Storage.Postgres.Private;
using Metering.Storage.Postgres.Schema;
using Metering.Storage.Postgres.Shards;
using Metering.TestSupport;
using Npgsql;

namespace Metering.Storage.Postgres.Tests.Shards;

/// <summary>What happens to a shard whose server is killed, hangs, or is not to be trusted.</summary>
public sealed class ServerFailureTests
{
    private static readonly Guid Owner = new("11111111-1111-1111-1111-111111111111");

    [Fact]
    public async Task Everything_acknowledged_survives_kill_9_of_the_server_during_and_between_rounds()
    {
        using var folder = new TestFolder("kill");
        await using var server = await PrivatePostgres.StartAsync(Options(folder));
        await using var database = await OpenAsync(server, partitions: 8);
        var store = new ShardStore(database, TimeProvider.System);
        var random = new Random(20250117);
        var acknowledged = new Dictionary<(int Partition, long Sequence), byte[]>();

        for (var kill = 0; kill < 5; kill++)
        {
            // An unknown outcome: claim again, under a raised epoch, and go on from what is there.
            var (epochs, last) = await ClaimAndReadAsync(store, acknowledged);
            var killing = KillLaterAsync(server, random.Next(0, 400));
            await WriteUntilFailureAsync(store, epochs, last, acknowledged, random, stopWhenCompleted: killing);
            await killing;
            await server.StartAgainAsync();
        }

        await ClaimAndReadAsync(store, acknowledged);
        Assert.True(acknowledged.Count > 100, $"only {acknowledged.Count} groups were acknowledged");
    }

    private static async Task KillLaterAsync(PrivatePostgres server, int milliseconds)
    {
        await Task.Delay(milliseconds);
        await server.KillAsync();
    }

    private static async Task WriteUntilFailureAsync(
        ShardStore store, long[] epochs, long[] last, Dictionary<(int, long), byte[]> acknowledged, Random random, Task stopWhenCompleted)
    {
        try
        {
            while (true)
            {
                var groups = new List<GroupWrite>();
                for (var partition = 0; partition < epochs.Length; partition++)
                {
                    var body = new byte[random.Next(0, 20_000)];
                    random.NextBytes(body);
                    groups.Add(new GroupWrite(partition, epochs[partition], last[partition] + 1, Instant.UnixEpoch, body));
                }

                var held = new List<int>();
                await store.WriteRoundAsync(groups, [], held, default);
                Assert.Equal(epochs.Length, held.Count);
                foreach (var group in groups)
                {
                    acknowledged.Add((group.Partition, group.Sequence), group.Body.ToArray());
                    last[group.Partition]++;
                }
            }
        }
        catch (NpgsqlException)
        {
            await stopWhenCompleted;
        }
    }

    private static async Task<(long[] Epochs, long[] Last)> ClaimAndReadAsync(
        ShardStore store, Dictionary<(int Partition, long Sequence), byte[]> acknowledged)
    {
        var (epochs, last) = (new long[8], new long[8]);
        for (var partition = 0; partition < 8; partition++)
        {
            epochs[partition] = (await ClaimPatientlyAsync(store, partition)).Epoch;
            var found = 0;
            await foreach (var row in store.ReadJournalAsync(partition, 0, default))
            {
                Assert.Equal(++last[partition], row.Sequence);
                if (acknowledged.TryGetValue((partition, row.Sequence), out var body))
                {
                    Assert.Equal(body, row.Body);
                    found++;
                }
            }

            Assert.Equal(acknowledged.Keys.Count(key => key.Partition == partition), found);
        }

        return (epochs, last);
    }

    // A pool may hold connections to the server that is no more; each fails once and is replaced.
    private static async Task<PartitionClaim> ClaimPatientlyAsync(ShardStore store, int partition)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return await store.ClaimAsync(new ClaimRequest(partition, Owner, OnlyIfMine: false), default);
            }
            catch (NpgsqlException) when (attempt < 20)
            {
                await Task.Delay(50);
            }
        }
    }

    [LinuxFact]
    public async Task Server_that_hangs_ends_a_write_in_an_exception_within_a_bounded_time_and_serves_again_afterwards()
    {
        using var folder = new TestFolder("hang");
        await using var server = await PrivatePostgres.StartAsync(Options(folder));
        await using var database = await OpenAsync(server, partitions: 1, commandTimeoutSeconds: 1);
        var store = new ShardStore(database, TimeProvider.System);
        var epoch = (await ClaimPatientlyAsync(store, 0)).Epoch;
        var round = new GroupWrite(0, epoch, 1, Instant.UnixEpoch, new byte[] { 1 });
        var backends = await BackendsAsync(server);

        // The processes stand still and keep their sockets: no error comes by itself.
        Signal("-STOP", [server.ProcessId, .. backends]);
        var started = Stopwatch.GetTimestamp();
        try
        {
            await Assert.ThrowsAnyAsync<Exception>(async () => await store.WriteRoundAsync([round], [], new List<int>(), default));
        }
        finally
        {
            Signal("-CONT", [server.ProcessId, .. backends]);
        }

        Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(8));
        Assert.Equal(epoch + 1, (await ClaimPatientlyAsync(store, 0)).Epoch);
    }

    private static async Task<int[]> BackendsAsync(PrivatePostgres server)
    {
        await using var source = NpgsqlDataSource.Create(server.ConnectionString());
        await using var command = source.CreateCommand(
            "SELECT array_agg(pid) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()");
        return (int[])(await command.ExecuteScalarAsync())!;
    }

    private static void Signal(string signal, int[] processes)
    {
        foreach (var process in processes)
        {
            using var kill = Process.Start("kill", [signal, $"{process}"]);
            kill.WaitForExit();
        }
    }

    [Fact]
    public async Task Dead_connection_fails_once_and_is_replaced()
    {
        await using var shard = await TestShard.CreateAsync(1);
        await shard.Store.ReadClockAsync(default);
        await shard.ScalarAsync(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()");
        var failures = 0;
        while (true)
        {
            try
            {
                await shard.Store.ReadClockAsync(default);
                break;
            }
            catch (NpgsqlException) when (failures++ < 3)
            {
            }
        }

        Assert.InRange(failures, 0, 3);
    }

    [Fact]
    public async Task Round_whose_commit_fails_after_its_rows_came_back_is_an_exception_and_holds_nothing()
    {
        await using var shard = await TestShard.CreateAsync(1);
        var epoch = (await shard.Store.ClaimAsync(new ClaimRequest(0, Owner, OnlyIfMine: false), default)).Epoch;
        await shard.ScalarAsync("""
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''not at commit''; END';
            CREATE CONSTRAINT TRIGGER late AFTER INSERT ON journal DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse();
            """);
        var held = new List<int>();
        await Assert.ThrowsAsync<PostgresException>(async () => await shard.Store.WriteRoundAsync(
            [new GroupWrite(0, epoch, 1, Instant.UnixEpoch, new byte[] { 1 })], [new FenceCheck(0, epoch)], held, default));
        Assert.Empty(held);
        Assert.Equal(0L, await shard.ScalarAsync("SELECT count(*) FROM journal"));
    }

    [Fact]
    public async Task Server_without_fsync_is_refused()
    {
        using var folder = new TestFolder("nofsync");
        await using var server = await PrivatePostgres.StartAsync(Options(folder, ("fsync", "off")));
        await using var database = new ShardDatabase("s1", new PostgresOptions { ConnectionString = server.ConnectionString() });
        var store = new ShardStore(database, TimeProvider.System);
        var refusal = await Assert.ThrowsAsync<UnsafeServerException>(async () => await store.ReadClockAsync(default));
        Assert.Contains("fsync = off", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sessions_commit_durably_whatever_the_servers_default_is()
    {
        using var folder = new TestFolder("async");
        await using var server = await PrivatePostgres.StartAsync(Options(folder, ("synchronous_commit", "off")));
        await using var database = new ShardDatabase("s1", new PostgresOptions { ConnectionString = server.ConnectionString() });
        await using var command = database.Journal.CreateCommand("SHOW synchronous_commit");
        Assert.Equal("on", await command.ExecuteScalarAsync());
    }

    private static PrivatePostgresOptions Options(TestFolder folder, params (string Name, string Value)[] settings) => new()
    {
        DataFolder = Path.Combine(folder.Path, "data"),
        SharedBuffersMegabytes = 64,
        MaxConnections = 50,
        Settings = settings.ToDictionary(setting => setting.Name, setting => setting.Value),
    };

    private static async Task<ShardDatabase> OpenAsync(PrivatePostgres server, int partitions, int commandTimeoutSeconds = 10)
    {
        await Migrator.MigrateShardAsync(server.ConnectionString(), default);
        var database = new ShardDatabase(
            "s1", new PostgresOptions { ConnectionString = server.ConnectionString(), CommandTimeoutSeconds = commandTimeoutSeconds });
        await database.AddPartitionsAsync([.. Enumerable.Range(0, partitions)], default);
        return database;
    }
}
