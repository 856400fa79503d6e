using System.Collections.Concurrent;
using Metering.Grid.History;

namespace Metering.Storage.Postgres.Projections;

/// <summary>The lag of the projectors of several shards as one: the worst age, all events. Safe for concurrent callers.</summary>
public sealed class CombinedLag : IProjectionLag
{
    private readonly ConcurrentDictionary<string, IProjectionLag> shards = new(StringComparer.Ordinal);

    /// <inheritdoc />
    public double Seconds => shards.Values.Select(lag => lag.Seconds).DefaultIfEmpty(0).Max();

    /// <inheritdoc />
    public long Events => shards.Values.Sum(lag => lag.Events);

    /// <summary>Names the projector of a shard.</summary>
    public void Add(string shard, IProjectionLag lag) => shards[shard] = lag;

    /// <inheritdoc />
    public double SecondsOf(string shard) => shards.TryGetValue(shard, out var lag) ? lag.Seconds : 0;
}
