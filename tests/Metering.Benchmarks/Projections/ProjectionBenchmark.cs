using System.Diagnostics;
using System.Globalization;
using Metering.Benchmarks.HotPath;
using Metering.Benchmarks.Processes;
using Metering.Benchmarks.Run;
using Metering.Core.Catalog;
using Metering.Core.Ids;
using Metering.Grid.Directory;
using Metering.Grid.Ingest;
using Metering.Grid.Storage;
using Metering.Storage.Postgres.Connections;
using Metering.Storage.Postgres.Directories;
using Metering.Storage.Postgres.Projections;
using Metering.Storage.Postgres.Schema;
using Metering.Storage.Postgres.Shards;
using Metering.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Metering.Benchmarks.Projections;

/// <summary>
/// What projecting a prepared journal of one shard costs, batch by batch, without ingest beside it: processor time of this process and of
/// PostgreSQL, bytes allocated, bytes of write-ahead log, all an event. The first third warms up and is not counted.
/// </summary>
internal static class ProjectionBenchmark
{
    private const int Partitions = 16;
    private const int EventsAGroup = 100;

    public static async Task<int> RunAsync(string[] args)
    {
        int events = Argument(args, 0, 200_000);
        int customers = Argument(args, 1, 20_000);
        int batch = Argument(args, 2, 20_000);
        await using BenchPostgres postgres = await BenchPostgres.StartAsync();
        string connection = await postgres.CreateDatabaseAsync("projections");
        await Migrator.MigrateShardAsync(connection, CancellationToken.None);
        await using var shard = new ShardDatabase("one", new PostgresOptions { ConnectionString = connection });
        await shard.AddPartitionsAsync([.. Enumerable.Range(0, Partitions)], CancellationToken.None);
        var store = new ShardStore(shard, TimeProvider.System);
        var journal = new UsageJournal("one", Partitions, customers, EventsAGroup, ReadShape());
        await journal.ClaimAsync(store);
        await journal.WriteAsync(store, events + (events / 2));
        await postgres.CheckpointAsync();

        // No facts are delivered here, so there is no directory to deliver them to.
        await using var control = new ControlDatabase(new PostgresOptions { ConnectionString = connection });
        var projector = new Projector(
            shard, journal, new DirectoryStore(control), new ProjectorOptions(), TimeProvider.System, NullLogger<Projector>.Instance);
        using var types = new AllocationTypes();
        while (journal.ShownEvents < events / 2 && journal.Show(batch))
            await DrainAsync(projector);
        long warm = journal.ShownEvents;
        GC.Collect();
        types.Clear();
        Cost before = await Cost.NowAsync(postgres);
        var clock = Stopwatch.StartNew();
        int batches = 0;
        while (journal.Show(batch))
            batches += await DrainAsync(projector);
        double seconds = clock.Elapsed.TotalSeconds;
        Cost cost = await Cost.NowAsync(postgres) - before;

        Print(journal, cost, journal.Events - warm, batches, seconds, types);
        before = await Cost.NowAsync(postgres);
        clock.Restart();
        await projector.SettleAsync(CancellationToken.None);
        PrintSettling(await Cost.NowAsync(postgres) - before, journal.Events, clock.Elapsed.TotalSeconds);
        await MeasureReadingAsync(postgres, store, journal.Events);
        return await CheckAsync(connection, journal) ? 0 : 1;
    }

    private static async Task<int> DrainAsync(Projector projector)
    {
        int batches = 0;
        while (await projector.ProjectOnceAsync(CancellationToken.None) > 0)
            batches++;
        return batches;
    }

    private static void Print(UsageJournal journal, Cost cost, long events, int batches, double seconds, AllocationTypes types)
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{events} events in {batches} batches, {seconds:0.0} s; journal {(double)journal.Bytes / journal.Events:0.0} B an event"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"client {cost.ClientSeconds * 1e6 / events:0.00} us, {cost.Allocated / (double)events:0.0} B allocated, "
            + $"pauses {cost.PauseSeconds * 1e6 / events:0.00} us; PostgreSQL {cost.PostgresSeconds * 1e6 / events:0.00} us, "
            + $"WAL {cost.WalBytes / (double)events:0} B an event"));
        foreach ((string type, long bytes) in types.List().Take(12))
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)events,9:0.0} B {type}"));
    }

    private static void PrintSettling(Cost cost, long events, double seconds) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"settling the hours of all {events} at the end, {seconds:0.0} s: client {cost.ClientSeconds * 1e6 / events:0.00} us, "
        + $"PostgreSQL {cost.PostgresSeconds * 1e6 / events:0.00} us, WAL {cost.WalBytes / (double)events:0} B an event"));

    // What feeding the projector from memory could save at most.
    private static async Task MeasureReadingAsync(BenchPostgres postgres, ShardStore store, long events)
    {
        Cost before = await Cost.NowAsync(postgres);
        for (int partition = 0; partition < Partitions; partition++)
        {
            await foreach (JournalRow _ in store.ReadJournalAsync(partition, 0, CancellationToken.None))
            {
            }
        }

        Cost cost = await Cost.NowAsync(postgres) - before;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"reading the journal alone: client {cost.ClientSeconds * 1e6 / events:0.00} us, "
            + $"PostgreSQL {cost.PostgresSeconds * 1e6 / events:0.00} us an event"));
    }

    // The database adds up what was written: every event once, its two meters, its burn.
    private static async Task<bool> CheckAsync(string connection, UsageJournal journal)
    {
        long events = (long)(await ScalarAsync(connection, "SELECT count(*) FROM usage_event"))!;
        decimal counted = (decimal)(await ScalarAsync(connection, "SELECT sum(count) FROM usage_hourly"))!;
        long ledger = (long)(await ScalarAsync(connection, "SELECT count(*) FROM ledger_entry"))!;
        bool isRight = events == journal.Events && counted == 2 * journal.Events && ledger == journal.LedgerEntries;
        Console.WriteLine($"usage_event {events}, usage_hourly {counted}, ledger_entry {ledger}: {(isRight ? "right" : "wrong")}");
        return isRight;
    }

    private static EventShape ReadShape()
    {
        byte[] file = File.ReadAllBytes(Path.Combine(Repository.Root, "silo-config", "catalog", "llm.json"));
        if (!CatalogJson.TryReadCatalogue(file, new Dictionary<MeterId, Meter>(), out Catalogue? catalogue, out _))
            throw new InvalidDataException("The catalogue cannot be read.");
        return new EventShape("TOKEN_USAGE", [.. catalogue.Meters.Where(meter => meter.EventType == "TOKEN_USAGE")]);
    }

    private static async Task<object?> ScalarAsync(string connection, string sql)
    {
        await using var open = new NpgsqlConnection(connection);
        await open.OpenAsync();
        await using var command = new NpgsqlCommand(sql, open) { CommandTimeout = 120 };
        return await command.ExecuteScalarAsync();
    }

    private static int Argument(string[] args, int index, int otherwise) =>
        args.Length > index ? int.Parse(args[index], CultureInfo.InvariantCulture) : otherwise;

    private readonly record struct Cost(double ClientSeconds, double PostgresSeconds, long Allocated, long WalBytes, double PauseSeconds)
    {
        public static async Task<Cost> NowAsync(BenchPostgres postgres) => new(
            Environment.CpuUsage.TotalTime.TotalSeconds, ProcessTimes.SecondsWithChildrenOf(postgres.ProcessId),
            GC.GetTotalAllocatedBytes(true), await postgres.WalBytesAsync(), GC.GetTotalPauseDuration().TotalSeconds);

        public static Cost operator -(Cost left, Cost right) => new(
            left.ClientSeconds - right.ClientSeconds, left.PostgresSeconds - right.PostgresSeconds, left.Allocated - right.Allocated,
            left.WalBytes - right.WalBytes, left.PauseSeconds - right.PauseSeconds);
    }
}
