using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Metering.Storage.Postgres.Private;
using Metering.TestSupport;
using Npgsql;

namespace Metering.Scenarios.Crash;

/// <summary>
/// Server processes on the same data, and what they leave behind: with a PostgreSQL of their own under <c>--data</c>, or on databases
/// that outlive them.
/// Disposing ends every process and deletes everything.
/// </summary>
internal sealed class CrashCluster : IAsyncDisposable
{
    private const int OwnShards = 4;
    private readonly Guardian guardian = new();
    private readonly List<ServerProcess> started = [];
    private readonly List<TestDatabase> databases = [];
    private readonly List<TestDatabase> later = [];
    private readonly string data;
    private string? maintenance;
    private DateTime postgresBefore;

    private CrashCluster(string? folder)
    {
        data = Path.Combine(folder ?? guardian.Path, "data");
        Port = TestPort.Free();
    }

    /// <summary>The operator's key.</summary>
    public string Key { get; } = "mk_test_" + RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyz0123456789", 32);

    /// <summary>Where servers serve unless another port is asked for.</summary>
    public int Port { get; }

    public Uri Address => AddressOf(Port);

    /// <summary>The folder of this cluster.</summary>
    public string Folder => guardian.Path;

    /// <summary>Connection strings of the shards.</summary>
    public IReadOnlyList<string> Shards => databases.Count > 0
        ? [.. databases.Skip(1).Concat(later).Select(database => database.ConnectionString)]
        : [.. Enumerable.Range(0, OwnShards).Select(number => PrivatePostgres.FindRunning(Postgres, $"metering_shard{number}")
            ?? throw new InvalidOperationException("The private PostgreSQL does not run."))];

    private string Postgres => Path.Combine(data, "postgres");

    public static Uri AddressOf(int port) => new($"http://127.0.0.1:{port}");

    /// <summary>A cluster with a PostgreSQL of its own, which its server starts.</summary>
    /// <param name="folder">Where the data goes; null for the folder of the cluster.</param>
    public static CrashCluster WithOwnPostgres(string? folder = null) => new(folder);

    /// <summary>A cluster on a control database and two shards of a PostgreSQL that no server owns.</summary>
    public static async Task<CrashCluster> OnDatabasesAsync()
    {
        var cluster = new CrashCluster(null);
        cluster.databases.Add(await PostgresServer.CreateControlAsync("crash_control"));
        for (int shard = 0; shard < 2; shard++)
            cluster.databases.Add(await PostgresServer.CreateShardAsync("crash_shard"));
        return cluster;
    }

    /// <summary>Starts a server; it serves some time later.</summary>
    public ServerProcess Start(int? port = null)
    {
        List<string> arguments = ["serve", "--port", (port ?? Port).ToString(CultureInfo.InvariantCulture), "--no-demo"];
        if (databases.Count == 0)
            arguments.AddRange(["--data", data]);
        for (int i = 0; i < databases.Count; i++)
            arguments.AddRange([i == 0 ? "--control" : "--shard", databases[i].ConnectionString]);
        var server = ServerProcess.Start(
            guardian, arguments,
            new Dictionary<string, string> { ["METERING_OPERATOR_KEY"] = Key, ["METERING_SHARD_COUNT"] = $"{OwnShards}" });
        started.Add(server);
        return server;
    }

    /// <summary>A database beside those the servers are given: one more of <see cref="Shards"/>, for a command to add.</summary>
    public async Task<string> MakeShardAsync()
    {
        TestDatabase made = await PostgresServer.CreateDatabaseAsync("crash_shard");
        later.Add(made);
        return made.ConnectionString;
    }

    /// <summary>Starts a command of the program on the control database.</summary>
    public ServerProcess StartCommand(params string[] arguments)
    {
        var command = ServerProcess.Start(
            guardian, [.. arguments, "--control", databases[0].ConnectionString], new Dictionary<string, string>());
        started.Add(command);
        return command;
    }

    /// <summary>Waits until a server says that it is ready.</summary>
    /// <returns>How long that took from its start.</returns>
    public static async Task<TimeSpan> ReadyAsync(ServerProcess server, Uri address)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        while (true)
        {
            try
            {
                using HttpResponseMessage answer = await http.GetAsync(new Uri(address, "/ready"));
                if (answer.IsSuccessStatusCode)
                    return Stopwatch.GetElapsedTime(server.StartedAt);
            }
            catch (HttpRequestException)
            {
                // It does not listen yet.
            }

            Assert.False(server.HasExited, $"The server ended while starting:\n{server.Output}");
            bool inTime = Stopwatch.GetElapsedTime(server.StartedAt) < TimeSpan.FromSeconds(60);
            Assert.True(inTime, $"The server is not ready after 60 s:\n{server.Output}");
            await Task.Delay(20);
        }
    }

    /// <summary>Kills the cluster's own PostgreSQL: the parent alone, by which the others end a moment later, or all at once.</summary>
    public async Task KillPostgresAsync(bool all)
    {
        string running = PrivatePostgres.FindRunning(Postgres, "postgres")
            ?? throw new InvalidOperationException("The private PostgreSQL does not run.");
        maintenance = new NpgsqlConnectionStringBuilder(running) { Pooling = false, Timeout = 5 }.ConnectionString;
        postgresBefore = await PostgresStartAsync();
        int parent = int.Parse(File.ReadLines(Path.Combine(Postgres, "postmaster.pid")).First(), CultureInfo.InvariantCulture);
        IReadOnlyList<int> workers = all ? ChildrenOf(parent) : [];
        Assert.True(Signals.Send(parent, Signal.Kill), $"There is no PostgreSQL {parent}.");
        foreach (int worker in workers)
            Signals.Send(worker, Signal.Kill);
    }

    /// <summary>Waits until the PostgreSQL that was killed has been started again by someone.</summary>
    public async Task PostgresAgainAsync(TimeSpan within)
    {
        long began = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                if (await PostgresStartAsync() > postgresBefore)
                    return;
            }
            catch (NpgsqlException)
            {
                // Not yet.
            }

            Assert.True(Stopwatch.GetElapsedTime(began) < within, $"PostgreSQL is not back after {within.TotalSeconds} s.");
            await Task.Delay(20);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (ServerProcess server in started)
            server.Dispose();
        await PrivatePostgres.DeleteAsync(Postgres);
        foreach (TestDatabase database in databases.Concat(later))
            await database.DisposeAsync();
        guardian.Dispose();
    }

    private async Task<DateTime> PostgresStartAsync()
    {
        await using var connection = new NpgsqlConnection(maintenance);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("SELECT pg_postmaster_start_time()", connection);
        return (DateTime)(await command.ExecuteScalarAsync())!;
    }

    private static List<int> ChildrenOf(int parent)
    {
        var children = new List<int>();
        foreach (string folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out int id))
                continue;
            try
            {
                // "pid (name) state parent ..."; the name may hold anything.
                string stat = File.ReadAllText(Path.Combine(folder, "stat"));
                if (stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1] == parent.ToString(CultureInfo.InvariantCulture))
                    children.Add(id);
            }
            catch (IOException)
            {
                // It has ended meanwhile.
            }
        }

        return children;
    }
}
