using Metering.Grid.History;

namespace Metering.Storage.Postgres.Projections;

/// <summary>The lag of the projectors of several shards as one: the worst age, all events.</summary>
/// <param name="shards">The projectors by the names of their shards.</param>
public sealed class CombinedLag(IReadOnlyDictionary<string, IProjectionLag> shards) : IProjectionLag
{
    /// <inheritdoc />
    public double Seconds => shards.Count == 0 ? 0 : shards.Values.Max(lag => lag.Seconds);

    /// <inheritdoc />
    public long Events => shards.Values.Sum(lag => lag.Events);

    /// <inheritdoc />
    public double SecondsOf(string shard) => shards.TryGetValue(shard, out var lag) ? lag.Seconds : 0;
}
