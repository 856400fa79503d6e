using Metering.Orleans.Engine;
using Metering.Orleans.Hosting;
using Metering.TestSupport.Engine;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;

namespace Metering.Orleans.Tests.Support;

/// <summary>A front end in this process: a client of the cluster that hosts nothing.</summary>
internal sealed class TestClient : IAsyncDisposable
{
    private readonly IHost host;

    private TestClient(IHost host)
    {
        this.host = host;
        Engine = host.Services.GetRequiredService<OrleansEngine>();
        Grains = host.Services.GetRequiredService<IClusterClient>();
    }

    public OrleansEngine Engine { get; }

    public IClusterClient Grains { get; }

    public static async Task<TestClient> StartAsync(KitDatabases databases)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.UseOrleansClient(client => client
            .UseMeteringMembership(new ClusterMembership(databases.Control))
            .Configure<GatewayOptions>(options => options.GatewayListRefreshPeriod = TimeSpan.FromSeconds(1))
            .UseMeteringClient(new ClientInputs(KitCluster.NewDirectory(), null!, null!, null!, TimeProvider.System)));
        IHost host = builder.Build();
        await host.StartAsync();
        return new TestClient(host);
    }

    public async ValueTask DisposeAsync()
    {
        await host.StopAsync();
        if (host is IAsyncDisposable disposable)
            await disposable.DisposeAsync();
    }
}
