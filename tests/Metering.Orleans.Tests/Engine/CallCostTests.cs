using System.Diagnostics;
using Metering.Core.Usage;
using Metering.Grid;
using Metering.Grid.Embedded;
using Metering.Grid.Ingest;
using Metering.Orleans.Tests.Support;
using Metering.Storage.Postgres.Shards;
using Metering.TestSupport;
using Metering.TestSupport.Engine;
using Xunit.Abstractions;

namespace Metering.Orleans.Tests.Engine;

/// <summary>
/// What a call costs beside the embedded engine, on the same databases and machine: reads of a wallet, which carry a fence but write
/// nothing, and requests of 100 events. Figures are printed, never judged: <c>dotnet test tests/Metering.Orleans.Tests --filter CallCost
/// --logger "console;verbosity=detailed"</c>.
/// </summary>
public sealed class CallCostTests(ITestOutputHelper output)
{
    private const int Callers = 16;
    private const int CallsEach = 10;

    [WholeSuiteFact]
    public async Task Cost_of_a_grain_call_and_of_crossing_silos_is_printed()
    {
        await using KitDatabases databases = await KitDatabases.CreateAsync();
        IReadOnlyList<ShardDatabase> shards = databases.OpenShards();
        var embedded = new EmbeddedEngine(
            KitCluster.NewDirectory(), null!, null!, null!, KitDatabases.Stores(shards, TimeProvider.System), KitDatabases.Map,
            Guid.NewGuid(), KitDatabases.Options, TimeProvider.System);
        await embedded.StartAsync(default);
        await using (var events = new Events())
            await MeasureAsync("embedded", embedded, events, [.. Enumerable.Range(0, KitCluster.Partitions)]);
        await embedded.StopAsync();
        foreach (ShardDatabase shard in shards)
            await shard.DisposeAsync();

        await using TestCluster cluster = await TestCluster.StartAsync(silos: 2);
        TestSilo silo = cluster.Silos[0];
        await MeasureAsync("silo, own partitions, no message", silo.Engine, cluster, silo.Partitions.Hosted);
        await MeasureAsync("silo, partitions of the other silo", silo.Engine, cluster, cluster.Silos[1].Partitions.Hosted);
        await MeasureAsync("front end", cluster.Engine, cluster, [.. Enumerable.Range(0, KitCluster.Partitions)]);
    }

    private async Task MeasureAsync(string what, IMeteringEngine engine, KitCluster events, IReadOnlyList<int> partitions)
    {
        string[] customers = [.. Enumerable.Range(0, KitCluster.CustomersOfEachPlan).Select(number => $"overage-{number}")
            .Where(id => partitions.Contains(events.Directory.Customer(id).Partition))];
        await RunAsync("warm-up");
        (double reads, double requests) = await RunAsync("measured");
        output.WriteLine(
            $"{what}: {Callers} callers, {reads:0} reads of a wallet a second; {requests:0} requests of 100 events a second");

        async Task<(double Reads, double Requests)> RunAsync(string run)
        {
            double reads = await RateAsync(async (caller, _) =>
                await engine.Wallet(events.Directory.Customer(customers[caller % customers.Length])).ReadAsync(default));
            double requests = await RateAsync(async (caller, call) =>
            {
                string customer = customers[caller % customers.Length];
                using EventBatch batch = events.Batch(
                    [.. Enumerable.Range(0, 100).Select(number => (customer, $"{what} {run} {caller} {call} {number}", 1L))]);
                IngestAnswer answer = await engine.IngestAsync(batch, default);
                Assert.All(answer.Results, result => Assert.Equal(EventCode.Accepted, result.Code));
            });
            return (reads, requests);
        }
    }

    private static async Task<double> RateAsync(Func<int, int, Task> call)
    {
        long began = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => Task.Run(async () =>
        {
            for (int number = 0; number < CallsEach; number++)
                await call(caller, number);
        })));
        return Callers * CallsEach / Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    /// <summary>Only the directory and the events of one.</summary>
    private sealed class Events : KitCluster
    {
        public override IMeteringEngine Engine => throw new NotSupportedException();

        public override Task RestartAsync(TimeSpan ahead) => throw new NotSupportedException();

        public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
