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
        RecoveryResult result = await MeasureAsync(events);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"journaled {result.Events:N0} events of {Customers:N0} customers in {result.WrittenSeconds:0.0} s, "
            + $"{result.JournalBytes:0.0} bytes each"));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"recovered in {result.Seconds:0.00} s: {result.Events / result.Seconds:N0} events/s, {result.Customers:N0} customers, "
            + $"{result.Identities:N0} identities "
            + $"(goal: 1,000,000 in {GoalSeconds:0} s)"));
        Console.WriteLine(result.IsComplete ? result.IsInTime ? "met" : "not met" : "incomplete: not everything came back");
        return result.IsComplete && result.IsInTime ? 0 : 1;
    }

    /// <summary>Journals, abandons and recovers.</summary>
    public static async Task<RecoveryResult> MeasureAsync(int events)
    {
        await using var cluster = await BenchmarkCluster.StartAsync(Customers, shards: 4);
        EmbeddedEngine writer = cluster.Engine();
        await writer.StartAsync(CancellationToken.None);
        var clock = Stopwatch.StartNew();
        long accepted = await LlmLoad.SendAsync(cluster.Directory, writer, events, BatchSize, Customers);
        double written = clock.Elapsed.TotalSeconds;
        double bytes = (double)writer.Status.JournalBytes / accepted;

        // The writer is abandoned as it is: nothing was checkpointed. The next owner fences it and replays everything.
        EmbeddedEngine next = cluster.Engine();
        clock.Restart();
        await next.StartAsync(CancellationToken.None);
        double recovered = clock.Elapsed.TotalSeconds;
        long identities = next.Status.DedupEntries;
        bool complete = identities == accepted && next.Status.Ready;
        bool inTime = recovered * 1_000_000 / accepted < GoalSeconds;
        long customers = next.Status.CustomersInMemory;
        await next.StopAsync();
        return new RecoveryResult(accepted, bytes, written, recovered, customers, identities, complete, inTime);
    }
}

/// <summary>What a recovery took and brought back.</summary>
internal sealed record RecoveryResult(
    long Events, double JournalBytes, double WrittenSeconds, double Seconds, long Customers, long Identities, bool IsComplete,
        bool IsInTime);
