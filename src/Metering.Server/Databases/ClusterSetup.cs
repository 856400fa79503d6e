using System.Security.Cryptography;
using Metering.Grid.Directory;
using Metering.Server.CommandLine;
using Metering.Storage.Postgres.Connections;
using Metering.Storage.Postgres.Directories;
using Metering.Storage.Postgres.Shards;

namespace Metering.Server.Databases;

/// <summary>Makes the cluster at the first start, and refuses databases that do not belong together at later ones.</summary>
internal static class ClusterSetup
{
    /// <summary>Makes the cluster where there is none; otherwise brings the addresses of the shards given up to date. Every shard is
    /// recognised by its identity, or given one, once.</summary>
    /// <param name="control">The control database.</param>
    /// <param name="shards">The shards given; empty takes those the control database names.</param>
    /// <param name="partitions">How many partitions a new cluster gets.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>All shards, in the order of their names.</returns>
    /// <exception cref="CommandFailedException">The shards are not those of the cluster.</exception>
    public static async Task<IReadOnlyList<ShardTarget>> EnsureAsync(
        ControlDatabase control, IReadOnlyList<ShardTarget> shards, int partitions, CancellationToken cancellation)
    {
        IReadOnlyList<ShardAddress> known = await control.ReadShardsAsync(cancellation);
        if (known.Count == 0)
        {
            if (shards.Count == 0)
                throw new CommandFailedException("The control database is new and names no shards: give every one with --shard.");
            // The leases come first: were it the other way round, a crash in between would leave a map to shards that have none.
            for (int index = 0; index < shards.Count; index++)
            {
                int[] own = [.. Enumerable.Range(0, partitions).Where(partition => partition % shards.Count == index)];
                await AddPartitionsAsync(shards[index], own, cancellation);
            }

            await EnsureAsync(control, partitions, shards, cancellation);
        }
        else if (shards.Count > 0)
        {
            await RefuseStrangersAsync(control, known, shards, cancellation);
            ClusterRecord cluster = await new DirectoryStore(control).ReadClusterAsync(cancellation);
            await EnsureAsync(control, cluster.Partitions, shards, cancellation);
        }

        // What this process was given is how it reaches a shard, whatever others have been given since.
        Dictionary<string, string> given = shards.ToDictionary(shard => shard.Name, shard => shard.ConnectionString);
        ShardTarget[] targets =
        [
            .. (await control.ReadShardsAsync(cancellation))
                .Select(shard => new ShardTarget(shard.Name, given.GetValueOrDefault(shard.Name, shard.ConnectionString))),
        ];
        foreach (ShardTarget target in targets)
        {
            await using ShardDatabase database = Open(target.Name, target.ConnectionString);
            await IdentifyAsync(() => ShardIdentity.EnsureAsync(control, database, cancellation));
        }

        return targets;
    }

    private static Task EnsureAsync(
        ControlDatabase control, int partitions, IReadOnlyList<ShardTarget> shards, CancellationToken cancellation)
    {
        ShardAddress[] addresses = [.. shards.Select(shard => new ShardAddress(shard.Name, shard.ConnectionString))];
        return control.EnsureClusterAsync(partitions, RandomNumberGenerator.GetBytes(16), addresses, cancellation);
    }

    private static async Task AddPartitionsAsync(ShardTarget shard, int[] partitions, CancellationToken cancellation)
    {
        await using ShardDatabase database = Open(shard.Name, shard.ConnectionString);
        await database.AddPartitionsAsync(partitions, cancellation);
    }

    // Before an address is changed: one that leads to another shard must not replace the right one. Shards that were added by command need
    // not be given: the control database names them.
    private static async Task RefuseStrangersAsync(
        ControlDatabase control, IReadOnlyList<ShardAddress> known, IReadOnlyList<ShardTarget> given, CancellationToken cancellation)
    {
        foreach (ShardTarget shard in given.Where(shard => known.Any(one => one.Name == shard.Name)))
        {
            await using ShardDatabase database = Open(shard.Name, shard.ConnectionString);
            await IdentifyAsync(() => ShardIdentity.EnsureAsync(control, database, cancellation));
        }
    }

    private static async Task IdentifyAsync(Func<Task> identify)
    {
        try
        {
            await identify();
        }
        catch (WrongShardException wrong)
        {
            throw new CommandFailedException(wrong.Message);
        }
    }

    private static ShardDatabase Open(string name, string connectionString) =>
        new(name, new PostgresOptions { ConnectionString = connectionString, MaxConnections = 3 });
}
