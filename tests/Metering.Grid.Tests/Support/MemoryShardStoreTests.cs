using Metering.Grid.Storage;
using Metering.TestSupport;
using Metering.TestSupport.Memory;

namespace Metering.Grid.Tests.Support;

/// <summary>The shard in memory keeps to the same contract as the one in PostgreSQL.</summary>
public sealed class MemoryShardStoreTests : ShardStoreKit
{
    protected override ValueTask<IShardStore> OpenAsync(int partitions) =>
        new(new MemoryShardStore(new MemoryShard("memory"), TimeProvider.System));
}
