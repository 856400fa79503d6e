using System.Globalization;
using Metering.Storage.Postgres.Connections;
using Metering.Storage.Postgres.Directories;
using Metering.Storage.Postgres.Schema;
using Npgsql;

namespace Metering.Storage.Postgres.Shards;

/// <summary>The shards of a cluster, as an operator adds to them.</summary>
public static class ShardRegistry
{
    private const string Prefix = "shard";

    /// <summary>
    /// Adds an empty database as a shard without partitions: brings its schema up to date, names it to the control database, from
    /// where every process learns of it within a second, and gives it its identity. Running it again for the same database finishes
    /// what was begun.
    /// </summary>
    /// <param name="control">The control database.</param>
    /// <param name="connectionString">How every process of the cluster reaches it. It is kept as it is, a password included, in the control
    /// database.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>The shard's name, and whether it is new.</returns>
    /// <exception cref="WrongShardException">It belongs to another cluster, holds something else, or is another shard already.</exception>
    public static async Task<(string Name, bool IsNew)> AddAsync(
        ControlDatabase control, string connectionString, CancellationToken cancellation)
    {
        // A probe: its name is not known yet.
        await using (var probe = Open("new", connectionString))
        {
            var named = (await control.ReadShardsAsync(cancellation)).Select(shard => shard.Name).ToHashSet(StringComparer.Ordinal);
            if (named.Count == 0)
                throw new WrongShardException("There is no cluster in this control database: a server makes it at its first start.");
            var was = await LookAsync(control, probe, cancellation);
            if (was is not null && named.Contains(was))
                return (was, false);
        }

        await Migrator.MigrateShardAsync(connectionString, cancellation);
        var (name, isNew) = await NameAsync(control, connectionString, cancellation);
        await using var shard = Open(name, connectionString);
        await ShardIdentity.EnsureAsync(control, shard, cancellation);
        return (name, isNew);
    }

    private static ShardDatabase Open(string name, string connectionString) =>
        new(name, new PostgresOptions { ConnectionString = connectionString, MaxConnections = 3 });

    private static async Task<string?> LookAsync(ControlDatabase control, ShardDatabase shard, CancellationToken cancellation)
    {
        await using var command = shard.Queries.CreateCommand("""
            SELECT relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
            WHERE nspname = 'public' AND relkind IN ('r', 'p', 'v', 'm')
            """);
        var tables = (await command.ListAsync(row => row.GetString(0), cancellation)).ToHashSet(StringComparer.Ordinal);
        if (tables.Count == 0)
            return null;
        if (!tables.Contains("schema_migration") || tables.Contains("cluster"))
            throw new WrongShardException(
                tables.Contains("cluster")
                    ? "The database is a control database: a shard needs one of its own."
                    : "The database is not empty, and what it holds is no shard.");
        if (tables.Contains("shard_identity") && await ShardIdentity.FindAsync(control, shard, cancellation) is { } name)
            return name;
        if (!tables.Contains("lease"))
            return null;
        await using var leases = shard.Queries.CreateCommand("SELECT count(*) FROM lease");
        return (long)(await leases.ExecuteScalarAsync(cancellation))! == 0
            ? null
            : throw new WrongShardException("The database holds partitions already, and says not of which cluster: it is not added.");
    }

    private static async Task<(string Name, bool IsNew)> NameAsync(
        ControlDatabase control, string connectionString, CancellationToken cancellation)
    {
        var (name, isNew) = ("", false);
        await control.ChangeAsync(async (connection, version) =>
        {
            await using var find = new NpgsqlCommand("SELECT name, connection_string FROM shard ORDER BY name", connection);
            var shards = await find.ListAsync(row => new ShardAddress(row.GetString(0), row.GetString(1)), cancellation);
            if (shards.Find(shard => IsSame(shard.ConnectionString, connectionString)) is { } known)
            {
                name = known.Name;
                return false;
            }

            (name, isNew) = ($"{Prefix}{shards.Max(shard => Number(shard.Name)) + 1}", true);
            await ControlDatabase.ExecuteAsync(
                connection, "INSERT INTO shard (name, connection_string) VALUES ($1, $2)",
                parameters => parameters.Text(name).Text(connectionString), cancellation);
            await ControlDatabase.ExecuteAsync(
                connection, "UPDATE directory_version SET shard_map = $1", parameters => parameters.Long(version), cancellation);
            return true;
        }, cancellation);
        return (name, isNew);
    }

    // The names of a server's settings are shard0, shard1 and so on, by place: one that is added can be given there later.
    private static int Number(string name) =>
        name.StartsWith(Prefix, StringComparison.Ordinal)
        && int.TryParse(name.AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1;

    private static bool IsSame(string left, string right)
    {
        var (one, other) = (new NpgsqlConnectionStringBuilder(left), new NpgsqlConnectionStringBuilder(right));
        return (one.Host, one.Port, one.Database) == (other.Host, other.Port, other.Database);
    }
}
