using Metering.Grid;
using Metering.Grid.Directory;
using Metering.Grid.Embedded;
using Metering.Grid.History;
using Metering.Grid.Partitions;
using Metering.Grid.Storage;

namespace Metering.Server.Hosting;

/// <summary>The embedded engine: all partitions in this process.</summary>
internal sealed class EmbeddedRunner(EngineInputs inputs) : IEngineRunner
{
    private readonly EmbeddedEngine engine = new(
        inputs.Directory, inputs.DirectoryStore, inputs.History, inputs.Invoices, inputs.Shards, inputs.Map, Guid.NewGuid(),
        inputs.Options, inputs.Time);

    public event Action<GridNotice>? Noticed
    {
        add => engine.Noticed += value;
        remove => engine.Noticed -= value;
    }

    public event Action<string>? FencedByAnother
    {
        add => engine.FencedByAnother += value;
        remove => engine.FencedByAnother -= value;
    }

    public event Action<string>? UnknownShard
    {
        add => engine.UnknownShard += value;
        remove => engine.UnknownShard -= value;
    }

    public IMeteringEngine Engine => engine;

    public IOwnedPartitions Owned => engine;

    public void AddShard(IShardStore store) => engine.AddShard(store);

    public void FollowMap(IReadOnlyList<ShardAssignment> map) => engine.FollowMap(map);

    public void UseLag(IProjectionLag lag) => engine.UseLag(lag);

    public Task StartAsync(CancellationToken cancellation) => engine.StartAsync(cancellation);

    public Task StopAsync() => engine.StopAsync();
}
