using System.Data;
using Metering.Storage.Postgres.Connections;
using Metering.Storage.Postgres.Directories;
using Npgsql;

namespace Metering.Storage.Postgres.Shards;

/// <summary>
/// The shard map of the control database and the pools of its shards. Refreshed when the directory tells of a change; a shard that was
/// added meanwhile gets its pools then. Owns the pools.
/// </summary>
/// <remarks>A changed address of a shard that is known takes effect with the next start.</remarks>
public sealed class LiveShardMap : IShardMap, IAsyncDisposable
{
    private readonly ControlDatabase control;
    private readonly Func<ShardAddress, ShardDatabase> open;
    private readonly SemaphoreSlim refreshing = new(1, 1);
    private readonly Dictionary<string, ShardDatabase> pools = new(StringComparer.Ordinal);
    private volatile ShardHomes now;

    private LiveShardMap(ControlDatabase control, Func<ShardAddress, ShardDatabase> open)
    {
        (this.control, this.open) = (control, open);
        now = new ShardHomes([], partition => throw Unknown(partition), static _ => []);
    }

    /// <summary>Called for every shard that comes to be known, before the map that may name it is shown.</summary>
    public event Action<ShardDatabase>? Added;

    /// <inheritdoc />
    public ShardHomes Now => now;

    /// <summary>Reads the map; <paramref name="open"/> makes the pools of a shard.</summary>
    public static async Task<LiveShardMap> OpenAsync(
        ControlDatabase control, Func<ShardAddress, ShardDatabase> open, CancellationToken cancellation)
    {
        var map = new LiveShardMap(control, open);
        await map.RefreshAsync(cancellation);
        return map;
    }

    /// <inheritdoc />
    public async ValueTask RefreshAsync(CancellationToken cancellation)
    {
        await refreshing.WaitAsync(cancellation);
        try
        {
            var (addresses, homes) = await ReadAsync(cancellation);
            foreach (var address in addresses.Where(address => !pools.ContainsKey(address.Name)))
            {
                var database = open(address);
                pools.Add(address.Name, database);
                Added?.Invoke(database);
            }

            now = Make(addresses, homes);
        }
        finally
        {
            refreshing.Release();
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        foreach (var database in pools.Values)
            await database.DisposeAsync();
        refreshing.Dispose();
    }

    private async Task<(List<ShardAddress> Shards, Dictionary<int, string> Homes)> ReadAsync(CancellationToken cancellation)
    {
        await using var connection = await control.Source.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellation);
        await using var batch = new NpgsqlBatch(connection, transaction);
        batch.BatchCommands.Add(new NpgsqlBatchCommand("SELECT name, connection_string FROM shard ORDER BY name"));
        batch.BatchCommands.Add(new NpgsqlBatchCommand("SELECT partition, shard FROM shard_map"));
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        var shards = await reader.RowsAsync(row => new ShardAddress(row.GetString(0), row.GetString(1)), cancellation);
        var homes = await reader.NextRowsAsync(row => (Partition: row.GetInt32(0), Shard: row.GetString(1)), cancellation);
        return (shards, homes.ToDictionary(home => home.Partition, home => home.Shard));
    }

    private ShardHomes Make(List<ShardAddress> addresses, Dictionary<int, string> homes)
    {
        ShardDatabase[] shards = [.. addresses.Select(address => pools[address.Name])];
        var byPartition = homes.ToDictionary(home => home.Key, home => pools[home.Value]);
        var byShard = homes.GroupBy(home => home.Value, StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => group.Select(home => home.Key).Order().ToArray(), StringComparer.Ordinal);
        return new ShardHomes(
            shards, partition => byPartition.TryGetValue(partition, out var shard) ? shard : throw Unknown(partition),
            shard => byShard.GetValueOrDefault(shard.Name) ?? []);
    }

    private static ArgumentException Unknown(int partition) => new($"The shard map names no shard for partition {partition}.");
}
