using Metering.Storage.Postgres.Connections;
using Npgsql;

namespace Metering.Storage.Postgres.Schema;

/// <summary>Makes databases that are missing.</summary>
public static class DatabaseCreator
{
    /// <summary>Makes the database that a connection string names, over a connection to another database of the same server.</summary>
    /// <param name="maintenanceConnectionString">A database that exists, usually <c>postgres</c>, with a role that may create
    /// databases.</param>
    /// <param name="name">The database to make.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>True if it was made now, false if it was there.</returns>
    public static async Task<bool> EnsureAsync(string maintenanceConnectionString, string name, CancellationToken cancellation)
    {
        await using var source = DataSources.Unpooled(maintenanceConnectionString);
        await using var connection = await source.OpenConnectionAsync(cancellation);
        await using var find = new NpgsqlCommand("SELECT 1 FROM pg_database WHERE datname = $1", connection);
        find.Parameters.Text(name);
        if (await find.ExecuteScalarAsync(cancellation) is not null)
            return false;

        // The statement takes no parameters; a quoted identifier doubles its quotes. UTF-8 always: ids and names may hold any character.
        var quoted = $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
        await using var create = new NpgsqlCommand($"CREATE DATABASE {quoted} ENCODING 'UTF8' TEMPLATE template0", connection);
        create.CommandTimeout = 0;
        try
        {
            await create.ExecuteNonQueryAsync(cancellation);
            return true;
        }
        catch (PostgresException e) when (e.SqlState is SqlStates.DuplicateDatabase or SqlStates.UniqueViolation)
        {
            // Another process made it in between; the catalogue's own unique index answers where both were at it in the same instant.
            return false;
        }
    }
}
