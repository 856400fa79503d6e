using System.Security.Cryptography;
using Metering.Storage.Postgres.Connections;
using Metering.Storage.Postgres.Directories;

namespace Metering.Storage.Postgres.Shards;

/// <summary>A database that is not the shard it was taken for.</summary>
public sealed class WrongShardException(string message) : Exception(message);

/// <summary>
/// What a shard's database says of itself: its cluster, as the SHA-256 of the cluster's identity key, and its name there. So a shard of
/// another cluster, two that were mixed up, and one that was replaced by an empty database are found out before anything is written.
/// </summary>
public static class ShardIdentity
{
    /// <summary>Gives a database its identity, once, or recognises it.</summary>
    /// <exception cref="WrongShardException">It is another shard, or of another cluster, or has lost its identity.</exception>
    public static async Task EnsureAsync(ControlDatabase control, ShardDatabase shard, CancellationToken cancellation)
    {
        var cluster = SHA256.HashData((await new DirectoryStore(control).ReadClusterAsync(cancellation)).IdentityKey);
        await using var find = control.Source.CreateCommand("SELECT identified FROM shard WHERE name = $1");
        find.Parameters.Text(shard.Name);
        var wasTold = await find.ExecuteScalarAsync(cancellation) is true;
        var told = await ReadAsync(shard, cancellation);
        if (told is null && !wasTold)
        {
            await using var tell = shard.Queries.CreateCommand(
                "INSERT INTO shard_identity (cluster, name) VALUES ($1, $2) ON CONFLICT DO NOTHING");
            tell.Parameters.Bytes(cluster).Text(shard.Name);
            await tell.ExecuteNonQueryAsync(cancellation);
            told = await ReadAsync(shard, cancellation);
        }

        Judge(shard.Name, told, cluster);
        if (wasTold)
            return;
        await using var note = control.Source.CreateCommand("UPDATE shard SET identified = true WHERE name = $1");
        note.Parameters.Text(shard.Name);
        await note.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>Refuses a database that belongs to a cluster already, for one that is to be added.</summary>
    /// <returns>The name it has in this cluster; null where it belongs to none.</returns>
    /// <exception cref="WrongShardException">It is of another cluster.</exception>
    public static async Task<string?> FindAsync(ControlDatabase control, ShardDatabase shard, CancellationToken cancellation)
    {
        var cluster = SHA256.HashData((await new DirectoryStore(control).ReadClusterAsync(cancellation)).IdentityKey);
        var told = await ReadAsync(shard, cancellation);
        if (told is not null)
            Judge(told.Name, told, cluster);
        return told?.Name;
    }

    private static void Judge(string name, Told? told, byte[] cluster)
    {
        if (told is null)
            throw new WrongShardException(
                $"The database given for shard '{name}' is not that shard: it carries no identity, and the shard was given one.");
        if (!told.Cluster.AsSpan().SequenceEqual(cluster))
            throw new WrongShardException($"The database given for shard '{name}' belongs to another cluster.");
        if (told.Name != name)
            throw new WrongShardException($"The database given for shard '{name}' is shard '{told.Name}'.");
    }

    private static async Task<Told?> ReadAsync(ShardDatabase shard, CancellationToken cancellation)
    {
        await using var command = shard.Queries.CreateCommand("SELECT cluster, name FROM shard_identity");
        return await command.FirstAsync(row => new Told(row.GetFieldValue<byte[]>(0), row.GetString(1)), cancellation);
    }

    private sealed record Told(byte[] Cluster, string Name);
}
