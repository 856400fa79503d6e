using System.Collections.Concurrent;
using System.Diagnostics;
using Metering.Core.Money;
using Metering.Core.Usage;
using Metering.Grid;
using Metering.Grid.Hosting;
using Metering.Grid.Ingest;
using Metering.Orleans.Grains;
using Metering.Orleans.Tests.Support;
using Metering.Storage.Postgres.Shards;
using Metering.TestSupport.Engine;
using Xunit.Abstractions;

namespace Metering.Orleans.Tests.Ownership;

public sealed class HandOverTests(ITestOutputHelper output)
{
    private const int Customers = 30;

    [Fact]
    public async Task All_grains_of_a_partition_are_with_the_silo_that_owns_it()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(silos: 3);
        for (int partition = 0; partition < KitCluster.Partitions; partition++)
        {
            PartitionReport report = await cluster.Client.Engine.ReportAsync(partition, default);
            TestSilo owner = cluster.Silos.Single(silo => silo.Address.ToParsableString() == report.Silo);
            Assert.Contains(partition, owner.Partitions.Hosted);
        }

        // One call each; a silo that does not host the partition would refuse it.
        for (int number = 0; number < Customers; number++)
        {
            string id = $"overage-{number}";
            await cluster.Client.Grains.GetGrain<IWalletGrain>(id).ReadAsync(default);
            await cluster.Client.Grains.GetGrain<IProjectGrain>(ProjectKey.Of(id, id)).ReadAsync(default);
            await cluster.Client.Grains.GetGrain<IBillingGrain>(id).ListAsync(null, default);
        }
    }

    [Fact]
    public async Task Grain_that_moved_is_found_at_once_by_a_silo_that_has_called_it_where_it_was()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(silos: 2);
        TestSilo caller = cluster.Silos[0];
        TestSilo before = cluster.Silos[1];
        string[] there = [.. Enumerable.Range(0, Customers).Select(number => $"overage-{number}")
            .Where(id => before.Partitions.Hosted.Contains(cluster.Directory.Customer(id).Partition))];
        foreach (string id in there)
            await caller.Grains.GetGrain<IWalletGrain>(id).ReadAsync(default);
        string[] moved;
        do
        {
            TestSilo added = await cluster.AddSiloAsync();
            await cluster.SettledAsync();
            moved = [.. there.Where(id => added.Partitions.Hosted.Contains(cluster.Directory.Customer(id).Partition))];
        }
        while (moved.Length == 0);

        // One call each, by one caller: what it remembers of the place must not lead it astray, again and again.
        foreach (string id in moved)
            Assert.Equal(id, (await caller.Grains.GetGrain<IWalletGrain>(id).ReadAsync(default)).CustomerId);
    }

    [Fact]
    public async Task Silos_that_come_and_go_under_load_lose_and_double_nothing()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(silos: 2);
        await using TestClient second = await TestClient.StartAsync(cluster.Databases);
        using var end = new CancellationTokenSource();
        var load = new Load(cluster, [cluster.Client.Engine, second.Engine]);
        Task running = load.RunAsync(end.Token);
        TestSilo added = await cluster.AddSiloAsync();
        await cluster.SettledAsync();
        Assert.NotEmpty(added.Partitions.Hosted);
        output.WriteLine($"a silo was added: longest wait for an answer {load.TakeLongest().TotalMilliseconds:0} ms");
        await cluster.DrainAsync(cluster.Silos[0]);
        await cluster.SettledAsync();
        output.WriteLine($"a silo was drained: longest wait for an answer {load.TakeLongest().TotalMilliseconds:0} ms");
        await end.CancelAsync();
        await running;
        output.WriteLine($"{load.Accepted.Count} events acknowledged, {load.Unavailable} answers were 'unavailable'");
        Assert.True(load.Accepted.Count > 100);
        await load.AssertCountedOnceAsync();
    }

    [Fact]
    public async Task Of_a_balance_that_pays_for_K_exactly_K_are_granted_over_two_clients_while_a_silo_stops()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(silos: 3);
        await using TestClient second = await TestClient.StartAsync(cluster.Databases);
        OrleansOwner owner = await OrleansOwner.OfAsync(cluster, "prepaid-7");
        const int paid = 41;
        await cluster.GrantAsync(cluster.Directory.Customer("prepaid-7"), paid);
        Task<EventResult>[] callers = [.. Enumerable.Range(0, 64).Select(async caller =>
        {
            await Task.Delay(caller * 5);
            IMeteringEngine engine = caller % 2 == 0 ? cluster.Client.Engine : second.Engine;
            return await UntilAvailableAsync(cluster, engine, "prepaid-7", $"caller {caller}", 1);
        })];
        await cluster.DrainAsync(owner.Silo);
        EventResult[] results = await Task.WhenAll(callers);
        // A caller whose first answer was lost gets it again, as a duplicate.
        Assert.Equal(paid, results.Count(result => result.Code is EventCode.Accepted or EventCode.Duplicate));
        Assert.Equal(64 - paid, results.Count(result => result.Code == EventCode.InsufficientCredits));
        Assert.Equal(Amount.Zero, (await cluster.Engine.Wallet(cluster.Directory.Customer("prepaid-7")).ReadAsync(default)).Available);
    }

    [Fact]
    public async Task Of_two_silos_that_believe_they_own_a_partition_only_the_one_with_the_lease_answers()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(silos: 2);
        OrleansOwner owner = await OrleansOwner.OfAsync(cluster, "overage-9");
        Assert.Equal(EventCode.Accepted, (await cluster.SendAsync("overage-9", "before", 1)).Code);
        // Another process believes that everybody else is gone.
        IReadOnlyList<ShardDatabase> shards = cluster.Databases.OpenShards();
        var rogue = new AssignedEngine(
            KitCluster.NewDirectory(), null!, null!, null!, KitDatabases.Stores(shards, TimeProvider.System), KitDatabases.Map,
            Guid.NewGuid(), static _ => false, KitDatabases.Options, TimeProvider.System);
        await rogue.StartAsync(default);
        long taken = await rogue.TakeAsync(owner.Partition, default);
        using EventBatch batch = cluster.Batch(("overage-9", "by the rogue", 1));
        Assert.Equal(EventCode.Accepted, (await rogue.IngestAsync(batch, default)).Results[0].Code);
        // The silo finds out by its next write, and takes the partition back because its view says so; then the other is the stale one.
        EventResult after = await UntilAvailableAsync(cluster, cluster.Engine, "overage-9", "after", 1);
        Assert.Equal(EventCode.Accepted, after.Code);
        Assert.True((await cluster.Client.Engine.ReportAsync(owner.Partition, default)).Epoch > taken);
        using EventBatch late = cluster.Batch(("overage-9", "too late", 1));
        Assert.Equal(EventCode.Unavailable, (await rogue.IngestAsync(late, default)).Results[0].Code);
        Assert.Equal(
            Amount.FromWhole(3), (await cluster.Engine.Wallet(cluster.Directory.Customer("overage-9")).ReadAsync(default)).Burned);
        await rogue.StopAsync();
        foreach (ShardDatabase shard in shards)
            await shard.DisposeAsync();
    }

    internal static async Task<EventResult> UntilAvailableAsync(
        KitCluster cluster, IMeteringEngine engine, string subject, string id, long quantity)
    {
        for (int tries = 0; ; tries++)
        {
            using EventBatch batch = cluster.Batch((subject, id, quantity));
            EventResult result = (await engine.IngestAsync(batch, default)).Results[0];
            if (result.Code != EventCode.Unavailable)
                return result;
            Assert.True(tries < 500, "It was unavailable at every try.");
            await Task.Delay(20);
        }
    }

    /// <summary>The silo that owns a customer's partition.</summary>
    private sealed record OrleansOwner(int Partition, TestSilo Silo)
    {
        public static async Task<OrleansOwner> OfAsync(TestCluster cluster, string customer)
        {
            int partition = cluster.Directory.Customer(customer).Partition;
            PartitionReport report = await cluster.Client.Engine.ReportAsync(partition, default);
            return new OrleansOwner(partition, cluster.Silos.Single(silo => silo.Address.ToParsableString() == report.Silo));
        }
    }

    /// <summary>Callers that send events one after another, and remember what was acknowledged.</summary>
    private sealed class Load(TestCluster cluster, IMeteringEngine[] engines)
    {
        private long longest;
        private int unavailable;

        public ConcurrentBag<(string Customer, string Id)> Accepted { get; } = [];

        public int Unavailable => unavailable;

        public TimeSpan TakeLongest() => TimeSpan.FromTicks(Interlocked.Exchange(ref longest, 0));

        public Task RunAsync(CancellationToken end) =>
            Task.WhenAll(Enumerable.Range(0, 16).Select(caller => Task.Run(() => CallAsync(caller, end), CancellationToken.None)));

        public async Task AssertCountedOnceAsync()
        {
            var sent = Accepted.GroupBy(item => item.Customer).ToDictionary(group => group.Key, group => group.Count());
            foreach (var (customer, count) in sent)
            {
                Amount burned = (await cluster.Engine.Wallet(cluster.Directory.Customer(customer)).ReadAsync(default)).Burned;
                Assert.Equal(Amount.FromWhole(count), burned);
            }
        }

        private async Task CallAsync(int caller, CancellationToken end)
        {
            for (int number = 0; !end.IsCancellationRequested; number++)
            {
                var item = (Customer: $"overage-{(caller + number) % Customers}", Id: $"{caller}/{number}");
                long began = Stopwatch.GetTimestamp();
                // Until it is acknowledged: with the same id, so that it counts once.
                while (true)
                {
                    using EventBatch batch = cluster.Batch((item.Customer, item.Id, 1));
                    EventResult result = (await engines[caller % engines.Length].IngestAsync(batch, default)).Results[0];
                    if (result.Code is EventCode.Accepted or EventCode.Duplicate)
                        break;
                    Assert.Equal(EventCode.Unavailable, result.Code);
                    Interlocked.Increment(ref unavailable);
                    await Task.Delay(5, CancellationToken.None);
                }

                Accepted.Add(item);
                long took = Stopwatch.GetElapsedTime(began).Ticks;
                if (took > Volatile.Read(ref longest))
                    Volatile.Write(ref longest, took);
                await Task.Delay(5, CancellationToken.None);
            }
        }
    }
}
