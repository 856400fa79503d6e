using System.Diagnostics;
using Metering.Scenarios.Crash;
using Xunit.Abstractions;

namespace Metering.Orleans.Tests.Cluster;

/// <summary>A cluster under load from every front end, and the judge over what the clients were told.</summary>
internal sealed class ClusterRun : IAsyncDisposable
{
    private const int ClientsEach = 3;
    private readonly ITestOutputHelper output;
    private readonly long began = Stopwatch.GetTimestamp();
    private readonly ClientLog log = new();
    private readonly LoggingClient[] clients;
    private readonly int seed = Random.Shared.Next(1_000_000);
    private int loads;

    private ClusterRun(SiloCluster cluster, ITestOutputHelper output)
    {
        (Cluster, this.output) = (cluster, output);
        clients = [.. cluster.Frontends.Select(front => new LoggingClient(front.Address, cluster.Key, log))];
    }

    public SiloCluster Cluster { get; }

    public IReadOnlyList<LoggingClient> Clients => clients;

    /// <summary>For how long partitions do not answer.</summary>
    public PartitionGaps Gaps { get; private set; } = null!;

    public static async Task<ClusterRun> StartAsync(ITestOutputHelper output)
    {
        var run = new ClusterRun(await SiloCluster.StartAsync(), output);
        try
        {
            run.Say($"3 silos and 2 front ends are ready; seed {run.seed}");
            await Load.OpenAsync(run.clients[0]);
            run.Gaps = await PartitionGaps.StartAsync(run.Cluster, run.clients[0]);
            return run;
        }
        catch
        {
            await run.DisposeAsync();
            throw;
        }
    }

    /// <summary>Tells the person at the terminal, now, and the report.</summary>
    public void Say(string what)
    {
        string line = $"{Stopwatch.GetElapsedTime(began).TotalSeconds,6:F1} s  {what}";
        output.WriteLine(line);
        Console.WriteLine(line);
    }

    /// <summary>
    /// Does something to the cluster under load, waits until every partition answers again, lets the load end, and judges: every
    /// acknowledged event is there once, and no wallet went below what it may.
    /// </summary>
    /// <param name="what">What is done.</param>
    /// <param name="doing">Does it.</param>
    /// <param name="goal">The longest that a partition may be without an answer, where a test demands one.</param>
    public async Task UnderLoadAsync(string what, Func<Task> doing, TimeSpan? goal = null)
    {
        Load[] load = [.. clients.Select((client, number) => Load.Start(client, seed + 100 * ++loads + number, ClientsEach))];
        await Task.WhenAll(log.NextSuccessAsync());
        await Task.Delay(TimeSpan.FromSeconds(1));
        long unavailable = log.Requests.Unavailable;
        TimeSpan gap;
        try
        {
            gap = await Gaps.LongestAsync(doing);
            await Task.WhenAll(load.Select(one => one.FinishAsync()));
            await new Judge(log).RunAsync(clients[0], Cluster.Shards);
        }
        catch (Exception failure)
        {
            Say($"{what}: {failure.Message}\n{Cluster.Words()}");
            throw;
        }

        int counted = log.Events.Count(one => one.Acknowledged);
        Say($"{what}: longest time without an answer of a partition {gap.TotalSeconds:F2} s, {log.Requests.Unavailable - unavailable} "
            + $"answers of 503; so far {log.Events.Count} events, {counted} counted, none lost, none twice, no overdraft");
        if (goal is { } most)
        {
            Assert.True(
                gap < most, $"{what}: {gap.TotalSeconds:F2} s without an answer, {most.TotalSeconds} s at most.\n{Cluster.Words()}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Gaps is not null)
            await Gaps.DisposeAsync();
        foreach (LoggingClient client in clients)
            client.Dispose();
        await Cluster.DisposeAsync();
    }
}
