using System.Diagnostics;
using System.Globalization;
using Metering.Benchmarks.Load;
using Metering.Core.Catalog;
using Metering.Core.Ids;
using Metering.Core.Money;
using Metering.Core.Wallets;
using Metering.Api.Events;
using Metering.Grid.Directory;
using Metering.Grid.Embedded;
using Metering.Grid.Ingest;
using Metering.Grid.Partitions;
using Metering.Grid.Storage;
using Metering.TestSupport;
using Metering.TestSupport.Memory;

namespace Metering.Benchmarks.HotPath;

/// <summary>
/// The path of an event in one process, without sockets and without a database: parse, resolve, decide, encode. Processor time and
/// allocations a stage, and the types
/// allocated. Short runs, the best counts, so that a busy machine disturbs least.
/// </summary>
internal static class HotPathBenchmark
{
    private const int Partitions = 64;
    private const int Customers = 20_000;
    private const int Rounds = 60;

    public static async Task<int> RunAsync(string[] args)
    {
        int size = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 1_000;
        int customers = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : Customers;
        string catalogue = Path.Combine(Repository.Root, "silo-config", "catalog", "llm.json");
        CatalogJson.TryReadCatalogue(File.ReadAllBytes(catalogue), new Dictionary<MeterId, Meter>(), out Catalogue? read, out _);
        var directory = new MemoryDirectory(Partitions, new CatalogRecord([.. read!.Meters], [.. read.Plans]));
        EmbeddedEngine engine = await StartAsync(directory, customers);
        var spec = new LoadSpec
        {
            Port = 0, Key = "k", Catalogue = catalogue, Customers = customers,
                EpochMilliseconds = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(), EventsARequest = size,
        };
        var stream = new EventStream(spec);
        var template = new EventTemplate("k", size);
        byte[] copy = template.Copy();
        int bodyStart = copy.AsSpan().IndexOf("\r\n\r\n"u8) + 4;
        long next = 0;
        using var types = new AllocationTypes();
        Stage parse = new(), resolve = new(), decide = new();
        int repeats = Math.Max(1, 20_000 / size);
        Collected before = Collected.Now();
        for (int round = 0; round < Rounds; round++)
        {
            if (round == Rounds / 2)
                types.Clear();
            parse.Begin();
            resolve.Begin();
            decide.Begin();
            for (int i = 0; i < repeats; i++)
            {
                template.Fill(copy, stream, next, spec.EpochMilliseconds);
                next += size;
                parse.Start();
                using EventBatch batch = EventBatch.Rent(copy.Length, size);
                batch.WantsBalances = false;
                EventReader.ReadCloudEvents(batch, batch.Append(copy.AsSpan(bodyStart)), directory.Catalog, 10_000);
                parse.Stop();
                resolve.Start();
                await directory.ResolveAsync(batch, CancellationToken.None);
                resolve.Stop();
                decide.Start();
                IngestAnswer answer = await engine.IngestAsync(batch, CancellationToken.None);
                decide.Stop();
                if (answer.Results.Any(result => result.Code != Core.Usage.EventCode.Accepted))
                    throw new InvalidOperationException("Refused.");
            }

            foreach (Stage stage in new[] { parse, resolve, decide })
                stage.End(repeats * size);
        }

        Print(size, customers, types, repeats, parse, resolve, decide);
        PrintCollections(customers, repeats * size * Rounds, before);
        GC.KeepAlive(engine);
        return 0;
    }

    private static async Task<EmbeddedEngine> StartAsync(MemoryDirectory directory, int customers)
    {
        var shard = new MemoryShard("one");
        var options = new GridOptions
        {
            CheckpointBytes = long.MaxValue, CheckpointAge = TimeSpan.FromDays(1), RecentEventsMax = 16_777_216,
                ReplayBytesMax = long.MaxValue,
        };
        var engine = new EmbeddedEngine(
            directory, null!, null!, null!,
            new Dictionary<string, IShardStore> { ["one"] = new MemoryShardStore(shard, TimeProvider.System) },
            [.. Enumerable.Range(0, Partitions).Select(partition => new ShardAssignment(partition, "one"))], Guid.NewGuid(), options,
                TimeProvider.System);
        await engine.StartAsync(CancellationToken.None);
        for (int i = 0; i < customers; i++)
        {
            CustomerEntry entry = directory.Add(LlmLoad.CustomerId(i), ModelPrices.Plan);
            await engine.Wallet(entry).ExecuteAsync(new GrantCredits(Amount.FromWhole(1_000_000_000), GrantKind.Paid, 50, null, "test"),
                CancellationToken.None);
        }

        return engine;
    }

    private static void Print(int size, int customers, AllocationTypes types, int repeats, Stage parse, Stage resolve, Stage decide)
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"events a request: {size}, customers: {customers}; ns and bytes an event"));
        foreach ((string name, Stage stage) in new[] { ("parse", parse), ("resolve (in memory)", resolve), ("decide, encode, close",
            decide) })
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{name,-24} {stage.BestNanoseconds,8:0} ns {stage.Bytes,8:0} B"));
        foreach ((string type, long bytes) in types.List().Take(18))
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{bytes / (Rounds / 2.0) / (repeats * size),9:0.0} B {type}"));
    }

    /// <summary>What collections cost, and what they have to go through: the customers with all that was counted of them.</summary>
    private static void PrintCollections(int customers, long events, in Collected before)
    {
        Collected after = Collected.Now();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"collections {after.Young - before.Young}/{after.Middle - before.Middle}/{after.Whole - before.Whole}, pauses {
                (after.Pauses - before.Pauses).TotalMilliseconds:0} ms, {
                (after.Allocated - before.Allocated) / (double)events:0} B an event of {events:N0}"));
        double best = double.MaxValue;
        for (int i = 0; i < 3; i++)
        {
            long started = Stopwatch.GetTimestamp();
            GC.Collect(2, GCCollectionMode.Forced, blocking: true, compacting: false);
            best = Math.Min(best, Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"a collection of the whole heap: {best:0} ms; live {GC.GetTotalMemory(false) / (double)customers:0} B a customer"));
    }

    private readonly record struct Collected(int Young, int Middle, int Whole, TimeSpan Pauses, long Allocated)
    {
        public static Collected Now() => new(
            GC.CollectionCount(0), GC.CollectionCount(1), GC.CollectionCount(2), GC.GetTotalPauseDuration(),
            GC.GetTotalAllocatedBytes(false));
    }

    private sealed class Stage
    {
        private long started;
        private long ticks;
        private long bytesBefore;
        private long bytes;

        public double BestNanoseconds { get; private set; } = double.MaxValue;

        public double Bytes { get; private set; }

        public void Begin() => (ticks, bytes) = (0, 0);

        public void Start() => (bytesBefore, started) = (GC.GetTotalAllocatedBytes(false), Stopwatch.GetTimestamp());

        public void Stop()
        {
            ticks += Stopwatch.GetTimestamp() - started;
            bytes += GC.GetTotalAllocatedBytes(false) - bytesBefore;
        }

        public void End(int events)
        {
            BestNanoseconds = Math.Min(BestNanoseconds, ticks * 1e9 / Stopwatch.Frequency / events);
            Bytes = (double)bytes / events;
        }
    }
}
