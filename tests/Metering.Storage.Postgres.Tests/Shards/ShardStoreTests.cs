using Metering.Grid.Storage;
using Metering.TestSupport;

namespace Metering.Storage.Postgres.Tests.Shards;

/// <summary>The kit, against a real server.</summary>
public sealed class ShardStoreTests : ShardStoreKit, IAsyncLifetime
{
    private readonly List<TestShard> _opened = [];

    protected override async ValueTask<IShardStore> OpenAsync(int partitions)
    {
        var shard = await TestShard.CreateAsync(partitions);
        _opened.Add(shard);
        return shard.Store;
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var shard in _opened)
            await shard.DisposeAsync();
    }
}
