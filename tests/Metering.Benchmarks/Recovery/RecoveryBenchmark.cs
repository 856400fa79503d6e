using System.Diagnostics;
using System.Globalization;
using Metering.Grid.Embedded;
using Metering.TestSupport;

namespace Metering.Benchmarks.Recovery;

/// <summary>
/// How long a new owner takes until all partitions answer again when nothing but the journal is there: no checkpoint,
/// no dedup segment since the first event.
/// </summary>
internal static class RecoveryBenchmark
{
    private const int Customers = 100_000;
    private const int BatchSize = 1_000;
    private const double GoalSeconds = 5;

    public static async Task<int> RunAsync(string[] args)
    {
        int events = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 1_000_000;
        await using var cluster = await BenchmarkCluster.StartAsync(Customers, shards: 4);

        EmbeddedEngine writer = cluster.Engine();
        await writer.StartAsync(CancellationToken.None);
        var clock = Stopwatch.StartNew();
        long accepted = await LlmLoad.SendAsync(cluster.Directory, writer, events, BatchSize, Customers);
        double written = clock.Elapsed.TotalSeconds;
        long bytes = writer.Status.JournalBytes;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"journaled {accepted:N0} events of {Customers:N0} customers in {written:0.0} s, {(double)bytes / accepted:0.0} bytes each"));

        // The writer is abandoned as it is: nothing was checkpointed. The next owner fences it and replays everything.
        EmbeddedEngine next = cluster.Engine();
        clock.Restart();
        await next.StartAsync(CancellationToken.None);
        double recovered = clock.Elapsed.TotalSeconds;
        long customers = next.Status.CustomersInMemory;
        long identities = next.Status.DedupEntries;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"recovered in {recovered:0.00} s: {accepted / recovered:N0} events/s, {customers:N0} customers, "
            + $"{identities:N0} identities (goal: 1,000,000 in {GoalSeconds:0} s)"));
        bool complete = identities == accepted && next.Status.Ready;
        bool inTime = recovered * 1_000_000 / accepted < GoalSeconds;
        Console.WriteLine(complete ? inTime ? "met" : "not met" : "incomplete: not everything came back");
        await next.StopAsync();
        return complete && inTime ? 0 : 1;
    }
}
