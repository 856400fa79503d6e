using System.Data;
using Metering.Storage.Postgres.Connections;
using Npgsql;
using NpgsqlTypes;

namespace Metering.Storage.Postgres.Directories;

/// <summary>A shard and how it is reached.</summary>
public sealed record ShardAddress(string Name, string ConnectionString);

/// <summary>The connection pool of the control database, and what is done to the cluster itself. Owned by whoever made it.</summary>
public sealed class ControlDatabase : IAsyncDisposable
{
    /// <param name="options">How it is reached.</param>
    public ControlDatabase(PostgresOptions options) => Source = DataSources.ForDirectory(options);

    internal NpgsqlDataSource Source { get; }

    /// <summary>
    /// Makes the cluster where there is none: its number of partitions, its identity key, its shards, and the partitions dealt out over
    /// the shards in turn. Where there is one, only the shards' addresses are brought up to date and shards that are new are added,
    /// without partitions.
    /// </summary>
    /// <param name="partitions">How many partitions.</param>
    /// <param name="identityKey">16 random bytes, used only where the cluster is made now.</param>
    /// <param name="shards">Every shard.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="InvalidOperationException">There is a cluster with another number of partitions, or no shard was given for a new
    /// one.</exception>
    public async Task EnsureClusterAsync(
        int partitions, ReadOnlyMemory<byte> identityKey, IReadOnlyList<ShardAddress> shards, CancellationToken cancellation)
    {
        await ChangeAsync(async (connection, version) =>
        {
            var made = await ExecuteAsync(
                connection, "INSERT INTO cluster (partitions, identity_key) VALUES ($1, $2) ON CONFLICT DO NOTHING",
                parameters => parameters.Int(partitions).Bytes(identityKey.ToArray()), cancellation) == 1;
            await RefuseOtherPartitionsAsync(connection, partitions, cancellation);
            var changed = await ExecuteAsync(connection, """
                INSERT INTO shard (name, connection_string) SELECT * FROM unnest($1, $2) ON CONFLICT (name) DO UPDATE
                SET connection_string = excluded.connection_string WHERE shard.connection_string <> excluded.connection_string
                """, parameters => parameters
                    .Array(shards.Select(shard => shard.Name).ToArray(), NpgsqlDbType.Text)
                    .Array(shards.Select(shard => shard.ConnectionString).ToArray(), NpgsqlDbType.Text), cancellation) > 0;
            if (made)
                await DealOutAsync(connection, partitions, shards, cancellation);
            if (!made && !changed)
                return false;
            await ExecuteAsync(
                connection, "UPDATE directory_version SET shard_map = $1", parameters => parameters.Long(version), cancellation);
            return true;
        }, cancellation);
    }

    /// <summary>Every shard and how it is reached, by name.</summary>
    public async Task<IReadOnlyList<ShardAddress>> ReadShardsAsync(CancellationToken cancellation)
    {
        await using var command = Source.CreateCommand("SELECT name, connection_string FROM shard ORDER BY name");
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var shards = new List<ShardAddress>();
        while (await reader.ReadAsync(cancellation))
            shards.Add(new ShardAddress(reader.GetString(0), reader.GetString(1)));
        return shards;
    }

    private static async Task RefuseOtherPartitionsAsync(NpgsqlConnection connection, int partitions, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("SELECT partitions FROM cluster", connection);
        var existing = (int)(await command.ExecuteScalarAsync(cancellation))!;
        if (existing != partitions)
            throw new InvalidOperationException($"The cluster has {existing} partitions for good; {partitions} were asked for.");
    }

    private static async Task DealOutAsync(
        NpgsqlConnection connection, int partitions, IReadOnlyList<ShardAddress> shards, CancellationToken cancellation)
    {
        if (shards.Count == 0)
            throw new InvalidOperationException("A new cluster needs at least one shard.");
        var homes = Enumerable.Range(0, partitions).Select(partition => shards[partition % shards.Count].Name).ToArray();
        await ExecuteAsync(
            connection,
            "INSERT INTO shard_map (partition, shard) SELECT number - 1, name FROM unnest($1) WITH ORDINALITY AS home (name, number)",
            parameters => parameters.Array(homes, NpgsqlDbType.Text), cancellation);
    }

    /// <summary>
    /// Runs a change in a database transaction that first raises the version, whose row lock puts all changes in one order. A change that
    /// answers false, or throws, is rolled back with the version.
    /// </summary>
    internal async Task ChangeAsync(Func<NpgsqlConnection, long, Task<bool>> change, CancellationToken cancellation)
    {
        await using var connection = await Source.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellation);
        await using var raise = new NpgsqlCommand("UPDATE directory_version SET version = version + 1 RETURNING version", connection);
        var version = (long)(await raise.ExecuteScalarAsync(cancellation))!;
        if (await change(connection, version))
            await transaction.CommitAsync(cancellation);
        else
            await transaction.RollbackAsync(cancellation);
    }

    internal static async Task<int> ExecuteAsync(
        NpgsqlConnection connection, string sql, Action<NpgsqlParameterCollection> fill, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        fill(command.Parameters);
        return await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => Source.DisposeAsync();
}
