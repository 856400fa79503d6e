using System.Data;
using Metering.Grid.Directory;
using Metering.Storage.Postgres.Connections;
using Npgsql;

namespace Metering.Storage.Postgres.Directories;

/// <summary>The directory in PostgreSQL. Safe for concurrent callers; changes are made one after the other, in the order of their
/// versions.</summary>
public sealed partial class DirectoryStore(ControlDatabase database) : IDirectoryStore
{
    /// <inheritdoc />
    /// <exception cref="InvalidOperationException">No cluster has been made in this database.</exception>
    public async ValueTask<ClusterRecord> ReadClusterAsync(CancellationToken cancellation)
    {
        await using var command = database.Source.CreateCommand("SELECT partitions, identity_key FROM cluster");
        return await command.FirstAsync(row => new ClusterRecord(row.GetInt32(0), row.GetFieldValue<byte[]>(1)), cancellation)
            ?? throw new InvalidOperationException("No cluster has been made in this control database.");
    }

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<ShardAssignment>> ReadShardMapAsync(CancellationToken cancellation)
    {
        await using var command = database.Source.CreateCommand("SELECT partition, shard FROM shard_map ORDER BY partition");
        return await command.ListAsync(row => new ShardAssignment(row.GetInt32(0), row.GetString(1)), cancellation);
    }

    /// <inheritdoc />
    public async ValueTask<long> ReadVersionAsync(CancellationToken cancellation)
    {
        await using var command = database.Source.CreateCommand("SELECT version FROM directory_version");
        return (long)(await command.ExecuteScalarAsync(cancellation))!;
    }

    /// <inheritdoc />
    public async ValueTask<DirectoryChanges> ReadChangesAsync(long afterVersion, CancellationToken cancellation)
    {
        // One snapshot for all four reads; each change commits its version and its rows together, so the snapshot holds all or none of it.
        await using var connection = await database.Source.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellation);
        await using var batch = new NpgsqlBatch(connection, transaction);
        batch.BatchCommands.Add(new NpgsqlBatchCommand("SELECT version, catalog, shard_map FROM directory_version"));
        foreach (var (columns, table) in new[] { (CustomerColumns, "customer"), (ProjectColumns, "project"), (KeyColumns, "api_key") })
        {
            var command = new NpgsqlBatchCommand($"SELECT {columns} FROM {table} WHERE version > $1 ORDER BY version, id");
            command.Parameters.Long(afterVersion);
            batch.BatchCommands.Add(command);
        }

        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        await reader.ReadAsync(cancellation);
        var (version, catalog, shardMap) = (reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2));
        var customers = await reader.NextRowsAsync(row => ReadCustomer(row), cancellation);
        var projects = await reader.NextRowsAsync(ReadProject, cancellation);
        var keys = await reader.NextRowsAsync(ReadKey, cancellation);
        return new DirectoryChanges(version, catalog > afterVersion, shardMap > afterVersion, customers, projects, keys);
    }
}
