namespace Metering.Orleans.Tests.Cluster;

/// <summary>Three silos and two front ends for tests that leave them as they were.</summary>
public sealed class SharedCluster : IAsyncLifetime
{
    internal SiloCluster Processes { get; private set; } = null!;

    public async Task InitializeAsync() => Processes = await SiloCluster.StartAsync();

    public async Task DisposeAsync() => await Processes.DisposeAsync();
}

/// <summary>Tests that share a cluster, one at a time.</summary>
[CollectionDefinition(Name)]
public sealed class OneCluster : ICollectionFixture<SharedCluster>
{
    public const string Name = "one cluster of processes";
}
