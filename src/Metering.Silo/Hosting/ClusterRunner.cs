using Metering.Grid;
using Metering.Grid.Directory;
using Metering.Grid.History;
using Metering.Grid.Partitions;
using Metering.Grid.Storage;
using Metering.Orleans.Engine;
using Metering.Orleans.Hosting;
using Metering.Orleans.Ownership;
using Metering.Server.Hosting;
using Metering.Silo.Settings;

namespace Metering.Silo.Hosting;

/// <summary>The engine of a cluster in this process: a member that owns partitions, or a client of those that do.</summary>
internal sealed class ClusterRunner : IEngineRunner
{
    private static readonly TimeSpan stopWithin = TimeSpan.FromSeconds(10);

    private readonly IHost host;
    private readonly SiloPartitions? partitions;
    private readonly FatalErrors fatal;
    private readonly ClusterWatch watch;

    public ClusterRunner(EngineInputs inputs, SiloSettings settings)
    {
        fatal = new FatalErrors(inputs.Logs);
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddSingleton<ILoggerFactory>(new SharedLogs(inputs.Logs));
        builder.Services.AddLogging();
        var cluster = new ClusterMembership(settings.Server.Control!, settings.ClusterId);
        var client = new ClientInputs(inputs.Directory, inputs.DirectoryStore, inputs.History, inputs.Invoices, inputs.Time)
        {
            Calls = new CallOptions { Timeout = TimeSpan.FromMilliseconds(settings.CallTimeoutMilliseconds) },
        };
        if (settings.Role.HasFlag(SiloRole.Silo))
            builder.UseOrleans(silo => SiloEndpoints.Configure(silo, settings, fatal).UseMeteringMembership(cluster)
                .UseMeteringSilo(new SiloInputs(client, inputs.Shards, inputs.Map, inputs.Options)));
        else
            builder.UseOrleansClient(front => SiloEndpoints.Configure(front, settings).UseMeteringMembership(cluster)
                .UseMeteringClient(client));
        host = builder.Build();
        Engine = host.Services.GetRequiredService<OrleansEngine>();
        partitions = host.Services.GetService<SiloPartitions>();
        watch = new ClusterWatch(
            host.Services.GetRequiredService<IGrainFactory>(), Engine, partitions, inputs.Directory.Cluster.Partitions,
            TimeSpan.FromSeconds(settings.CutOffSeconds), inputs.Logs.CreateLogger("Metering.Cluster"), inputs.Time);
    }

    public event Action<GridNotice>? Noticed
    {
        add
        {
            if (partitions is not null)
                partitions.Noticed += value;
        }

        remove
        {
            if (partitions is not null)
                partitions.Noticed -= value;
        }
    }

    public event Action<string>? FencedByAnother
    {
        add
        {
            fatal.Ended += value;
            watch.CutOff += value;
        }

        remove
        {
            fatal.Ended -= value;
            watch.CutOff -= value;
        }
    }

    // A front end owns nothing, and has nothing to follow: the silos do.
    public event Action<string>? UnknownShard
    {
        add
        {
            if (partitions is not null)
                partitions.UnknownShard += value;
        }

        remove
        {
            if (partitions is not null)
                partitions.UnknownShard -= value;
        }
    }

    public IMeteringEngine Engine { get; }

    public IOwnedPartitions? Owned => partitions;

    public void AddShard(IShardStore store) => partitions?.AddShard(store);

    public void FollowMap(IReadOnlyList<ShardAssignment> map) => partitions?.FollowMap(map);

    public void UseLag(IProjectionLag lag) => partitions?.UseLag(lag);

    public async Task StartAsync(CancellationToken cancellation)
    {
        await host.StartAsync(cancellation);
        await watch.StartAsync(cancellation);
    }

    public async Task StopAsync()
    {
        await watch.StopAsync();
        using var patience = new CancellationTokenSource(stopWithin);
        try
        {
            // A silo that is dead to the others, or cut off, may wait for what does not come any more.
            await host.StopAsync(patience.Token).WaitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            return;
        }

        host.Dispose();
    }

    /// <summary>The process's own log; whoever made it disposes it.</summary>
    private sealed class SharedLogs(ILoggerFactory logs) : ILoggerFactory
    {
        public ILogger CreateLogger(string categoryName) => logs.CreateLogger(categoryName);

        public void AddProvider(ILoggerProvider provider) => logs.AddProvider(provider);

        public void Dispose()
        {
        }
    }
}
