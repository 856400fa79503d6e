using System.Diagnostics;
using System.Globalization;
using Xunit.Abstractions;

namespace Metering.Scenarios.Crash;

/// <summary>What all crash tests share: a seed, the log, a client, waiting for service.</summary>
internal sealed class CrashRun : IAsyncDisposable
{
    private static readonly TimeSpan serviceWithin = TimeSpan.FromSeconds(60);
    private readonly ITestOutputHelper output;
    private readonly long began = Stopwatch.GetTimestamp();
    private readonly List<TimeSpan> recoveries = [];

    public CrashRun(CrashCluster cluster, ITestOutputHelper output)
    {
        this.output = output;
        Cluster = cluster;
        Seed = Environment.GetEnvironmentVariable("METERING_CRASH_SEED") is { Length: > 0 } given
            ? int.Parse(given, CultureInfo.InvariantCulture)
            : Random.Shared.Next();
        Dice = new Random(Seed);
        Client = new LoggingClient(cluster.Address, cluster.Key, Log);
        Say($"seed {Seed} (METERING_CRASH_SEED repeats the clients' choices and the pauses, not the timing of the machine)");
    }

    public CrashCluster Cluster { get; }

    public int Seed { get; }

    public Random Dice { get; }

    public ClientLog Log { get; } = new();

    public LoggingClient Client { get; }

    public void Say(string what) => output.WriteLine($"{Stopwatch.GetElapsedTime(began).TotalSeconds,6:F1} s  {what}");

    /// <summary>Starts the first server and makes the customers.</summary>
    public async Task<ServerProcess> OpenAsync()
    {
        ServerProcess server = Cluster.Start();
        TimeSpan ready = await CrashCluster.ReadyAsync(server, Cluster.Address);
        await Load.OpenAsync(Client);
        Say($"first start, with everything made: ready after {ready.TotalSeconds:F2} s; {Load.Customers.Count} customers");
        return server;
    }

    /// <summary>A pause of random length: the random moment of a fault.</summary>
    public Task PauseAsync(int leastMilliseconds, int mostMilliseconds) => Task.Delay(Dice.Next(leastMilliseconds, mostMilliseconds));

    /// <summary>Waits for the next answer with success and counts the time as one of a recovery.</summary>
    public async Task<TimeSpan> RecoveryAsync(long since, ServerProcess server)
    {
        TimeSpan took = await ServiceAsync(since, server);
        recoveries.Add(took);
        return took;
    }

    /// <summary>Waits for the next answer with success.</summary>
    /// <param name="since">Timestamp from which the recovery counts.</param>
    /// <param name="server">The server, for its words when that takes too long.</param>
    public async Task<TimeSpan> ServiceAsync(long since, ServerProcess server)
    {
        Task success = Log.NextSuccessAsync();
        Task first = await Task.WhenAny(success, Task.Delay(serviceWithin));
        Assert.True(first == success, $"No success within {serviceWithin.TotalSeconds} s. The server said:\n{server.Output}");
        return Stopwatch.GetElapsedTime(since);
    }

    /// <summary>Judges everything and says what there was.</summary>
    public async Task JudgeAsync()
    {
        await new Judge(Log).RunAsync(Client, Cluster.Shards);
        (long answered, long broken, long unavailable) = Log.Requests;
        int acknowledged = Log.Events.Count(one => one.Acknowledged);
        Say($"{answered} requests answered, {broken} broken and {unavailable} unavailable tries sent again");
        Say($"{Log.Events.Count} events sent, {acknowledged} counted, {Log.Duplicates} duplicates answered, "
            + $"{Log.Events.Count(one => !one.Acknowledged)} refused; {Log.Readings.Count} wallets read: no fault");
        if (recoveries.Count > 0)
        {
            TimeSpan[] sorted = [.. recoveries.Order()];
            Say($"{sorted.Length} recoveries: median {sorted[sorted.Length / 2].TotalSeconds:F2} s, "
                + $"longest {sorted[^1].TotalSeconds:F2} s");
        }
    }

    /// <summary>Asks the server to stop and expects it to, in good order.</summary>
    public async Task StopAsync(ServerProcess server)
    {
        long asked = Stopwatch.GetTimestamp();
        server.Send(Signal.Terminate);
        int code = await server.ExitAsync(TimeSpan.FromSeconds(15));
        TimeSpan took = Stopwatch.GetElapsedTime(asked);
        Say($"SIGTERM: exit code {code} after {took.TotalSeconds:F2} s");
        Assert.True(code == 0, $"Exit code {code}:\n{server.Output}");
        Assert.True(took < TimeSpan.FromSeconds(10), $"It took {took.TotalSeconds:F1} s to stop:\n{server.Output}");
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Cluster.DisposeAsync();
    }
}
