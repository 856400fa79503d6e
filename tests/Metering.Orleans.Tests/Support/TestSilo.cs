using System.Net;
using System.Net.Sockets;
using Metering.Grid.Partitions;
using Metering.Orleans.Engine;
using Metering.Orleans.Hosting;
using Metering.Orleans.Ownership;
using Metering.Storage.Postgres.Shards;
using Metering.TestSupport.Engine;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;

namespace Metering.Orleans.Tests.Support;

/// <summary>A silo in this process, with a directory, shards and ports of its own.</summary>
internal sealed class TestSilo : IAsyncDisposable
{
    private readonly IHost host;
    private readonly IReadOnlyList<ShardDatabase> shards;

    private TestSilo(IHost host, IReadOnlyList<ShardDatabase> shards)
    {
        (this.host, this.shards) = (host, shards);
        Partitions = host.Services.GetRequiredService<SiloPartitions>();
        Engine = host.Services.GetRequiredService<OrleansEngine>();
        Grains = host.Services.GetRequiredService<IGrainFactory>();
        Address = host.Services.GetRequiredService<ILocalSiloDetails>().SiloAddress;
    }

    public SiloPartitions Partitions { get; }

    public OrleansEngine Engine { get; }

    public IGrainFactory Grains { get; }

    public SiloAddress Address { get; }

    public static async Task<TestSilo> StartAsync(KitDatabases databases, TimeSpan ahead, GridOptions options)
    {
        var time = new AheadTime(ahead);
        IReadOnlyList<ShardDatabase> shards = databases.OpenShards();
        var client = new ClientInputs(KitCluster.NewDirectory(), null!, null!, null!, time);
        var inputs = new SiloInputs(client, KitDatabases.Stores(shards, time), KitDatabases.Map, options);
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.UseOrleans(silo => silo
            .UseMeteringMembership(new ClusterMembership(databases.Control))
            .ConfigureEndpoints(IPAddress.Loopback, FreePort(), FreePort())
            .Configure<ClusterMembershipOptions>(TestCluster.Tune)
            .UseMeteringSilo(inputs));
        IHost host = builder.Build();
        var made = new TestSilo(host, shards);
        await host.StartAsync();
        return made;
    }

    /// <summary>Ends in good order.</summary>
    public Task StopAsync() => host.StopAsync();

    public async ValueTask DisposeAsync()
    {
        await host.StopAsync();
        if (host is IAsyncDisposable disposable)
            await disposable.DisposeAsync();
        foreach (ShardDatabase shard in shards)
            await shard.DisposeAsync();
    }

    internal static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
