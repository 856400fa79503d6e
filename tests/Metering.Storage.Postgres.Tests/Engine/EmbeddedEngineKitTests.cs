using Metering.Grid;
using Metering.Grid.Embedded;
using Metering.Storage.Postgres.Shards;
using Metering.TestSupport.Engine;

namespace Metering.Storage.Postgres.Tests.Engine;

/// <summary>The embedded engine on real databases does what every engine must.</summary>
public sealed class EmbeddedEngineKitTests(EmbeddedEngineKitTests.Opener opener)
    : EngineKit(opener), IClassFixture<EmbeddedEngineKitTests.Opener>
{
    public sealed class Opener : KitOpener
    {
        public override async Task<KitCluster> OpenAsync()
        {
            var cluster = new Cluster(await KitDatabases.CreateAsync());
            await cluster.StartAsync(TimeSpan.Zero);
            return cluster;
        }
    }

    private sealed class Cluster(KitDatabases databases) : KitCluster
    {
        private EmbeddedEngine? engine;
        private IReadOnlyList<ShardDatabase> shards = [];

        public override IMeteringEngine Engine => engine!;

        public async Task StartAsync(TimeSpan ahead)
        {
            var time = new AheadTime(ahead);
            shards = databases.OpenShards();
            engine = new EmbeddedEngine(
                Directory, null!, null!, null!, KitDatabases.Stores(shards, time), KitDatabases.Map, Guid.NewGuid(), KitDatabases.Options,
                time);
            await engine.StartAsync(default);
        }

        public override async Task RestartAsync(TimeSpan ahead)
        {
            await StopAsync();
            await StartAsync(ahead);
        }

        public override async ValueTask DisposeAsync()
        {
            await StopAsync();
            await databases.DisposeAsync();
        }

        private async Task StopAsync()
        {
            await engine!.StopAsync();
            foreach (var shard in shards)
                await shard.DisposeAsync();
        }
    }
}
