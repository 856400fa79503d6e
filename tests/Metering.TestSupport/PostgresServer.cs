using System.Diagnostics;
using Metering.Storage.Postgres.Private;
using Metering.Storage.Postgres.Schema;
using Npgsql;

namespace Metering.TestSupport;

/// <summary>
/// The PostgreSQL that all tests of a process share: started when the first test asks, stopped when the process has ended, and deleted then
/// with all its databases. Tests that stop or kill a server start their own <see cref="PrivatePostgres"/> in a <see cref="TestFolder"/>.
/// </summary>
public static class PostgresServer
{
    private static readonly Lazy<Task<string>> _maintenance = new(StartAsync);
    private static readonly Lazy<Task<string>> _controlTemplate = new(() => MakeTemplateAsync("control", Migrator.MigrateControlAsync));
    private static readonly Lazy<Task<string>> _shardTemplate = new(() => MakeTemplateAsync("shard", Migrator.MigrateShardAsync));

    /// <summary>The server's page cache in MiB; set before anything asks for the server.</summary>
    public static int SharedBuffersMegabytes { get; set; } = 128;

    /// <summary>The connection string of the maintenance database.</summary>
    public static Task<string> MaintenanceAsync() => _maintenance.Value;

    /// <summary>Makes an empty database with a name of its own.</summary>
    /// <param name="prefix">What the name begins with: lower case letters, digits and <c>_</c>, at most 30.</param>
    public static Task<TestDatabase> CreateDatabaseAsync(string prefix = "test") => CreateAsync(prefix, "template1");

    /// <summary>Makes a control database with its schema and nothing in it, as a copy of one that was migrated.</summary>
    /// <inheritdoc cref="CreateDatabaseAsync" path="/param"/>
    public static async Task<TestDatabase> CreateControlAsync(string prefix = "control") =>
        await CreateAsync(prefix, await _controlTemplate.Value);

    /// <summary>Makes a shard with its schema and nothing in it, as a copy of one that was migrated.</summary>
    /// <inheritdoc cref="CreateDatabaseAsync" path="/param"/>
    public static async Task<TestDatabase> CreateShardAsync(string prefix = "shard") =>
        await CreateAsync(prefix, await _shardTemplate.Value);

    private static async Task<TestDatabase> CreateAsync(string prefix, string template)
    {
        if (prefix.Length is 0 or > 30 || prefix.AsSpan().ContainsAnyExcept("abcdefghijklmnopqrstuvwxyz0123456789_"))
        {
            throw new ArgumentException("At most 30 lower case letters, digits and '_'.", nameof(prefix));
        }

        var maintenance = await MaintenanceAsync();
        var name = $"{prefix}_{Guid.NewGuid():N}";
        await TestDatabase.ExecuteAsync(maintenance, $"CREATE DATABASE \"{name}\" TEMPLATE \"{template}\"");
        return new TestDatabase(maintenance, name);
    }

    private static async Task<string> MakeTemplateAsync(string prefix, Func<string, CancellationToken, Task> migrate)
    {
        var made = await CreateDatabaseAsync(prefix + "_template");
        await migrate(made.ConnectionString, CancellationToken.None);
        return made.Name;
    }

    private static async Task<string> StartAsync()
    {
        var folder = new TestFolder("postgres");
        var server = await PrivatePostgres.StartAsync(new PrivatePostgresOptions
        {
            DataFolder = Path.Combine(folder.Path, "data"),
            SharedBuffersMegabytes = SharedBuffersMegabytes,
            MaxConnections = 400,
        });
        StopAfterThisProcess(server, folder);
        return new NpgsqlConnectionStringBuilder(server.ConnectionString()) { Pooling = false }.ConnectionString;
    }

    // A test host is killed as soon as its last test is through, so nothing of its own can be relied on to stop the server. A shell
    // outlives it, also a crash and Ctrl-C, and stops the server then. The data is of no more use: no checkpoint is waited for.
    private static void StopAfterThisProcess(PrivatePostgres server, TestFolder folder)
    {
        const string script = """
            trap '' INT TERM HUP
            while kill -0 "$1" 2>/dev/null; do sleep 0.3; done
            sockets=$(sed -n 5p "$3/data/postmaster.pid")
            kill -QUIT "$2"
            tries=0
            while kill -0 "$2" 2>/dev/null && [ $tries -lt 50 ]; do sleep 0.1; tries=$((tries + 1)); done
            rm -rf "$3"
            case "$sockets" in */mpg-*) rm -rf "$sockets" ;; esac
            """;
        var start = new ProcessStartInfo("/bin/sh")
        {
            ArgumentList = { "-c", script, "sh", $"{Environment.ProcessId}", $"{server.ProcessId}", folder.Path },
            WorkingDirectory = "/",
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        Process.Start(start)!.Dispose();
    }
}
