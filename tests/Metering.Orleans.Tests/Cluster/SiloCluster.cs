using System.Diagnostics;
using System.Security.Cryptography;
using Metering.Scenarios.Crash;
using Metering.TestSupport;
using ServerProcess = Metering.Scenarios.Crash.ServerProcess;

namespace Metering.Orleans.Tests.Cluster;

/// <summary>A process of the cluster, and where it answers over HTTP.</summary>
internal sealed record ClusterProcess(string Name, ServerProcess Process, Uri Address);

/// <summary>
/// Silos and front ends as processes of their own, on a control database and four shards of a real PostgreSQL. Disposing ends them all.
/// </summary>
internal sealed class SiloCluster : IAsyncDisposable
{
    /// <summary>Partitions of the cluster.</summary>
    public const int Partitions = 16;

    private const int ShardCount = 4;
    private static readonly TimeSpan startWithin = TimeSpan.FromSeconds(120);
    private readonly DateTimeOffset? clock;
    private readonly int partitions;
    private readonly Guardian guardian = new();
    private readonly List<TestDatabase> databases = [];
    private readonly List<ClusterProcess> processes = [];

    private SiloCluster(DateTimeOffset? clock, int partitions) => (this.clock, this.partitions) = (clock, partitions);

    /// <summary>The operator's key.</summary>
    public string Key { get; } = "mk_test_" + RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyz0123456789", 32);

    /// <summary>The front ends.</summary>
    public IReadOnlyList<ClusterProcess> Frontends => [.. processes.Where(one => one.Name.StartsWith("front", StringComparison.Ordinal))];

    /// <summary>Silos that were started and have not been taken off the list.</summary>
    public IReadOnlyList<ClusterProcess> Silos => [.. processes.Where(one => one.Name.StartsWith("silo", StringComparison.Ordinal))];

    /// <summary>Connection strings of the shards.</summary>
    public IReadOnlyList<string> Shards => [.. databases.Skip(1).Select(database => database.ConnectionString)];

    /// <summary>Connection string of the control database.</summary>
    public string Control => databases[0].ConnectionString;

    /// <summary>Starts three silos and two front ends and waits until all are ready.</summary>
    /// <param name="clock">Where given: their wall clocks begin at it, stand still, and are moved by a <see cref="ClusterClock"/>.</param>
    /// <param name="partitions">How many partitions there are.</param>
    /// <param name="empty">Whether to start no process yet.</param>
    public static async Task<SiloCluster> StartAsync(DateTimeOffset? clock = null, int partitions = Partitions, bool empty = false)
    {
        int silos = empty ? 0 : 3;
        int frontends = empty ? 0 : 2;
        var cluster = new SiloCluster(clock, partitions);
        try
        {
            cluster.databases.Add(await PostgresServer.CreateControlAsync("cluster_control"));
            for (int shard = 0; shard < ShardCount; shard++)
                cluster.databases.Add(await PostgresServer.CreateShardAsync("cluster_shard"));
            for (int silo = 1; silo <= silos; silo++)
                cluster.AddSilo($"silo{silo}");
            for (int front = 1; front <= frontends; front++)
                cluster.Add($"front{front}", ["--role", "frontend"], text => text);
            await Task.WhenAll(cluster.processes.Select(ReadyAsync));
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts one more silo.</summary>
    /// <param name="name">Its name; begins with <c>silo</c>.</param>
    /// <param name="through">Where given: changes the databases' connection strings for this silo alone.</param>
    public ClusterProcess AddSilo(string name, Func<string, string>? through = null) => Add(
        name, ["--role", "silo", "--silo-port", $"{TestPort.Free()}", "--gateway-port", $"{TestPort.Free()}"], through ?? (text => text));

    /// <summary>Waits until a process says that it is ready.</summary>
    public static async Task ReadyAsync(ClusterProcess one)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        string last = "no answer";
        while (true)
        {
            try
            {
                using HttpResponseMessage answer = await http.GetAsync(new Uri(one.Address, "/ready"));
                last = await answer.Content.ReadAsStringAsync();
                if (answer.IsSuccessStatusCode)
                    return;
            }
            catch (HttpRequestException)
            {
                // It does not listen yet.
            }

            Assert.False(one.Process.HasExited, $"{one.Name} ended while starting:\n{one.Process.Output}");
            bool inTime = Stopwatch.GetElapsedTime(one.Process.StartedAt) < startWithin;
            Assert.True(inTime, $"{one.Name} is not ready after {startWithin.TotalSeconds} s: {last}\n{one.Process.Output}");
            await Task.Delay(50);
        }
    }

    /// <summary>Runs a command of the server's program on the control database, which has to succeed.</summary>
    /// <returns>What it said.</returns>
    public async Task<string> CommandAsync(params string[] arguments)
    {
        using var command = ServerProcess.Start(
            guardian, [.. arguments, "--control", Control], new Dictionary<string, string>());
        int code = await command.ExitAsync(TimeSpan.FromSeconds(120));
        Assert.True(code == 0, $"'{string.Join(' ', arguments)}' ended with {code}:\n{command.Output}");
        return command.Output;
    }

    /// <summary>Takes a process that has ended off the list.</summary>
    public void Forget(ClusterProcess one) => processes.Remove(one);

    /// <summary>What every process said lately, for a failure's message.</summary>
    public string Words() => string.Join('\n', processes.Select(one => $"--- {one.Name}\n{one.Process.Output}"));

    public async ValueTask DisposeAsync()
    {
        foreach (ClusterProcess one in processes)
            one.Process.Dispose();
        foreach (TestDatabase database in databases)
            await database.DisposeAsync();
        guardian.Dispose();
    }

    private ClusterProcess Add(string name, string[] role, Func<string, string> through)
    {
        int port = TestPort.Free();
        var environment = new Dictionary<string, string>
        {
            ["METERING_CONTROL"] = through(Control),
            ["METERING_SHARDS"] = string.Join('\n', Shards.Select(through)),
            ["METERING_OPERATOR_KEY"] = Key,
            ["METERING_PARTITIONS"] = $"{partitions}",
            ["METERING_STATUS_SECONDS"] = "0",
            ["METERING_ADDRESS_REQUESTS_PER_MINUTE"] = "1000000",
            ["METERING_WEBHOOK_PRIVATE_ADDRESSES"] = "true",
            ["DOTNET_gcServer"] = "0",
        };
        string[] arguments = ["run", .. role, "--name", name, "--port", $"{port}"];
        ServerProcess process = clock is { } start
            ? ServerProcess.Start(guardian, ClockedProcess.Program, [start.ToString("O"), .. arguments], environment)
            : ServerProcess.Start(guardian, "Metering.Silo.dll", arguments, environment);
        var one = new ClusterProcess(name, process, CrashCluster.AddressOf(port));
        processes.Add(one);
        return one;
    }
}
