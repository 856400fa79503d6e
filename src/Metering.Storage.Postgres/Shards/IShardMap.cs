namespace Metering.Storage.Postgres.Shards;

/// <summary>Which shards there are and where each partition lives, as this process knows it.</summary>
public interface IShardMap
{
    /// <summary>As it is now; replaced whole, so that what is asked of all shards counts a partition once.</summary>
    ShardHomes Now { get; }

    /// <summary>Makes a change of which this process has just learned visible here at once.</summary>
    ValueTask RefreshAsync(CancellationToken cancellation);
}

/// <summary>A moment's shard map.</summary>
/// <param name="shards">Every shard, by name.</param>
/// <param name="shardOf">The shard of a partition.</param>
/// <param name="partitionsOf">The partitions of a shard; null where a shard holds rows of no others.</param>
public sealed class ShardHomes(
    IReadOnlyList<ShardDatabase> shards, Func<int, ShardDatabase> shardOf, Func<ShardDatabase, int[]?> partitionsOf)
{
    /// <summary>Every shard, by name.</summary>
    public IReadOnlyList<ShardDatabase> Shards => shards;

    /// <summary>The shard of a partition.</summary>
    public ShardDatabase Of(int partition) => shardOf(partition);

    /// <summary>
    /// The partitions whose rows count on a shard. A shard may hold rows of others, that are on their way or were moved away. Null means
    /// that it holds none of others.
    /// </summary>
    public int[]? PartitionsOf(ShardDatabase shard) => partitionsOf(shard);

    /// <summary>A shard by its name.</summary>
    /// <exception cref="ArgumentException">There is none of that name.</exception>
    public ShardDatabase Find(string name) =>
        shards.FirstOrDefault(shard => shard.Name == name) ?? throw new ArgumentException($"There is no shard '{name}'.", nameof(name));
}

/// <summary>Shards among which nothing moves.</summary>
public sealed class FixedShardMap(IReadOnlyList<ShardDatabase> shards, Func<int, ShardDatabase> shardOf) : IShardMap
{
    /// <inheritdoc />
    public ShardHomes Now { get; } = new(shards, shardOf, static _ => null);

    /// <inheritdoc />
    public ValueTask RefreshAsync(CancellationToken cancellation) => ValueTask.CompletedTask;
}
