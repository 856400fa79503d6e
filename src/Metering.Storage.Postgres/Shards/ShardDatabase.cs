using Metering.Storage.Postgres.Connections;
using Npgsql;
using NpgsqlTypes;

namespace Metering.Storage.Postgres.Shards;

/// <summary>The connection pools of one shard, shared by its store, its projector and its history. Owned by whoever made it.</summary>
public sealed class ShardDatabase : IAsyncDisposable
{
    /// <param name="name">The shard's name in the shard map.</param>
    /// <param name="options">How it is reached.</param>
    public ShardDatabase(string name, PostgresOptions options)
    {
        Name = name;
        CommandTimeoutSeconds = options.CommandTimeoutSeconds;
        Journal = DataSources.ForJournal(options);
        Queries = DataSources.ForQueries(options);
    }

    /// <summary>The shard's name in the shard map.</summary>
    public string Name { get; }

    internal int CommandTimeoutSeconds { get; }

    /// <summary>Prepared statements of the write path.</summary>
    internal NpgsqlDataSource Journal { get; }

    /// <summary>Projections and history; a pool of its own, so that no query keeps a write waiting for a connection.</summary>
    internal NpgsqlDataSource Queries { get; }

    /// <summary>
    /// Gives partitions to this shard: a lease row at epoch 0 for each that has none. Partitions that live here, or that were moved away,
    /// stay as they are.
    /// </summary>
    public async Task AddPartitionsAsync(IReadOnlyCollection<int> partitions, CancellationToken cancellation)
    {
        await using var command = Queries.CreateCommand("""
            WITH given AS (SELECT unnest($1) AS partition),
                 leases AS (INSERT INTO lease (partition, epoch) SELECT partition, 0 FROM given ORDER BY partition ON CONFLICT DO NOTHING)
            INSERT INTO projection_cursor (partition, seq) SELECT partition, 0 FROM given ORDER BY partition ON CONFLICT DO NOTHING
            """);
        command.Parameters.Array(partitions.ToArray(), NpgsqlDbType.Integer);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>How many bytes the database takes on disk.</summary>
    public async Task<long> ReadSizeAsync(CancellationToken cancellation)
    {
        await using var command = Queries.CreateCommand("SELECT pg_database_size(current_database())");
        return (long)(await command.ExecuteScalarAsync(cancellation))!;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await Journal.DisposeAsync();
        await Queries.DisposeAsync();
    }
}
