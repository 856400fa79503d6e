using Metering.Grid;
using Metering.Grid.Partitions;
using Metering.TestSupport.Engine;
using Orleans.Configuration;

namespace Metering.Orleans.Tests.Support;

/// <summary>Several silos and a front end in this process, on real databases.</summary>
internal sealed class TestCluster : KitCluster
{
    private readonly KitDatabases databases;
    private readonly GridOptions options;
    private readonly List<TestSilo> silos = [];
    private TestClient? client;

    private TestCluster(KitDatabases databases, GridOptions options) => (this.databases, this.options) = (databases, options);

    public IReadOnlyList<TestSilo> Silos => silos;

    public KitDatabases Databases => databases;

    public TestClient Client => client!;

    /// <summary>The engine of the front end: everything goes over the network.</summary>
    public override IMeteringEngine Engine => client!.Engine;

    public static async Task<TestCluster> StartAsync(int silos, GridOptions? options = null)
    {
        var cluster = new TestCluster(await KitDatabases.CreateAsync(), options ?? KitDatabases.Options);
        await cluster.StartAsync(silos, TimeSpan.Zero);
        return cluster;
    }

    /// <summary>Failure detection for tests: a silo that does not answer is given up within some seconds.</summary>
    public static void Tune(ClusterMembershipOptions options)
    {
        options.ProbeTimeout = TimeSpan.FromSeconds(1);
        options.NumMissedProbesLimit = 3;
        options.NumVotesForDeathDeclaration = 1;
        options.TableRefreshTimeout = TimeSpan.FromSeconds(2);
        options.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(5);
    }

    public async Task<TestSilo> AddSiloAsync(TimeSpan ahead = default)
    {
        TestSilo silo = await TestSilo.StartAsync(databases, ahead, options);
        silos.Add(silo);
        return silo;
    }

    /// <summary>Ends a silo in good order.</summary>
    public async Task DrainAsync(TestSilo silo)
    {
        silos.Remove(silo);
        await silo.DisposeAsync();
    }

    /// <summary>Waits until every partition is with the silo that all views make its owner.</summary>
    public Task SettledAsync() => Wait.UntilAsync(
        () => silos.TrueForAll(silo => silo.Partitions.ActiveSilos == silos.Count && Agrees(silo))
            && silos.Sum(silo => silo.Partitions.Hosted.Count) == Partitions,
        "every partition is where it belongs");

    public override async Task RestartAsync(TimeSpan ahead)
    {
        int count = silos.Count;
        await StopAsync();
        await StartAsync(count, ahead);
    }

    public override async ValueTask DisposeAsync()
    {
        await StopAsync();
        await databases.DisposeAsync();
    }

    private static bool Agrees(TestSilo silo) =>
        silo.Partitions.Hosted.SequenceEqual(silo.Partitions.Wanted)
        && silo.Partitions.ListOwned("s0").Count + silo.Partitions.ListOwned("s1").Count == silo.Partitions.Hosted.Count;

    private async Task StartAsync(int count, TimeSpan ahead)
    {
        for (int number = 0; number < count; number++)
            await AddSiloAsync(ahead);
        await SettledAsync();
        client = await TestClient.StartAsync(databases);
    }

    private async Task StopAsync()
    {
        if (client is not null)
            await client.DisposeAsync();
        client = null;
        foreach (TestSilo silo in silos)
            await silo.DisposeAsync();
        silos.Clear();
    }
}

/// <summary>Waiting for conditions.</summary>
internal static class Wait
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    public static async Task UntilAsync(Func<bool> condition, string what)
    {
        long began = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < Longest, $"It never came true: {what}.");
            await Task.Delay(10);
        }
    }
}
