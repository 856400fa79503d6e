using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace Metering.Storage.Postgres.Connections;

/// <summary>Makes connection pools whose every session is durable.</summary>
/// <remarks>
/// <c>synchronous_commit</c> is sent with the start of the session, so that neither the server's nor the role's default applies. A server
/// that runs with <c>fsync = off</c> is refused at each new connection: it may have been restarted with another configuration.
/// </remarks>
internal static class DataSources
{
    /// <summary>For the fixed, small set of statements of the write path: prepared at first use, one plan for all values.</summary>
    /// <remarks>
    /// The plans of those statements do not depend on their values, so planning them again would only cost time. Groups pass through
    /// <c>unnest</c>, whose store spills to a file past <c>work_mem</c>.
    /// </remarks>
    public static NpgsqlDataSource ForJournal(PostgresOptions options) =>
        Build(options, "journal", "-c plan_cache_mode=force_generic_plan -c work_mem=64MB", autoPrepare: 64);

    /// <summary>For queries whose plan depends on their values, and for bulk work.</summary>
    public static NpgsqlDataSource ForQueries(PostgresOptions options) =>
        Build(options, "query", "-c work_mem=32MB", autoPrepare: 0);

    /// <summary>For the control database: few statements, planned by their values at first and prepared once they come again.</summary>
    public static NpgsqlDataSource ForDirectory(PostgresOptions options) => Build(options, "directory", "", autoPrepare: 32);

    /// <summary>For setting a database up: no connection stays open behind it.</summary>
    public static NpgsqlDataSource Unpooled(string connectionString)
    {
        var builder = new NpgsqlDataSourceBuilder(connectionString);
        builder.ConnectionStringBuilder.Pooling = false;
        builder.Name = NameOf("setup", builder.ConnectionStringBuilder);
        return builder.Build();
    }

    /// <summary>
    /// What metrics call a pool: without a name of its own it is the connection string, with hosts and roles that are nobody's business who
    /// may read metrics. Databases of the same name on several servers are told apart by a digest of the server.
    /// </summary>
    internal static string NameOf(string use, NpgsqlConnectionStringBuilder text)
    {
        byte[] server = SHA256.HashData(Encoding.UTF8.GetBytes($"{text.Host}:{text.Port}"));
        return $"{use} {text.Database} {Convert.ToHexStringLower(server.AsSpan(0, 3))}";
    }

    private static NpgsqlDataSource Build(PostgresOptions options, string use, string settings, int autoPrepare)
    {
        options.Validate();
        var builder = new NpgsqlDataSourceBuilder(options.ConnectionString);
        var text = builder.ConnectionStringBuilder;
        builder.Name = NameOf(use, text);
        text.Options = $"{text.Options} -c synchronous_commit=on -c TimeZone=UTC {settings}".Trim();
        text.ApplicationName ??= $"metering {use}";
        text.CommandTimeout = options.CommandTimeoutSeconds;
        // Making a connection is never slow work, whatever the commands on it are.
        text.Timeout = Math.Min(options.CommandTimeoutSeconds, 30);
        text.MaxPoolSize = options.MaxConnections;
        text.MaxAutoPrepare = autoPrepare;
        text.AutoPrepareMinUsages = 1;
        text.WriteBufferSize = 64 * 1024;
        text.ReadBufferSize = 64 * 1024;
        text.TcpKeepAlive = true;
        text.TcpKeepAliveTime = 10;
        text.TcpKeepAliveInterval = 5;
        // No statement here leaves state in a session, so resetting it would be a wasted statement.
        text.NoResetOnClose = true;
        text.Enlist = false;
        text.IncludeErrorDetail = false;
        builder.UsePhysicalConnectionInitializer(RefuseUnsafe, RefuseUnsafeAsync);
        return builder.Build();
    }

    private const string Durability = "SELECT current_setting('fsync'), current_setting('synchronous_commit')";

    private static void RefuseUnsafe(NpgsqlConnection connection)
    {
        using var command = new NpgsqlCommand(Durability, connection);
        using var reader = command.ExecuteReader();
        reader.Read();
        Judge(reader.GetString(0), reader.GetString(1), connection);
    }

    private static async Task RefuseUnsafeAsync(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand(Durability, connection);
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        Judge(reader.GetString(0), reader.GetString(1), connection);
    }

    private static void Judge(string fsync, string synchronousCommit, NpgsqlConnection connection)
    {
        if (fsync != "on")
            throw new UnsafeServerException(
                $"PostgreSQL at {connection.Host}:{connection.Port} runs with fsync = {fsync}; acknowledged events could be lost.");
        if (synchronousCommit != "on")
            throw new UnsafeServerException(
                $"The session at {connection.Host}:{connection.Port} has synchronous_commit = {synchronousCommit}.");
    }
}
