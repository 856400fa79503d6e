using System.Diagnostics;
using System.Globalization;
using Metering.Grid.Directory;
using Metering.Grid.Embedded;

namespace Metering.Benchmarks.Billing;

/// <summary>
/// How fast the end of a month is invoiced, into journals in PostgreSQL: all customers have used something in January; a process that
/// starts on the first of February closes the periods and issues the invoices, alone and while events come in.
/// </summary>
internal static class InvoiceBenchmark
{
    private const int BatchSize = 100;
    private const double Goal = 2_000;
    private static readonly DateTimeOffset LastDay = new(2025, 1, 31, 12, 0, 0, TimeSpan.Zero);

    public static async Task<int> RunAsync(string[] args)
    {
        int customers = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 20_000;
        bool ingest = args.Length > 1 && args[1] == "ingest";
        await using var cluster = await BenchmarkCluster.StartAsync(customers, shards: 4);
        EmbeddedEngine january = cluster.Engine(At(LastDay));
        await january.StartAsync(CancellationToken.None);
        for (int i = 0; i < customers; i++)
        {
            ProjectEntry project = cluster.Directory.Project(LlmLoad.CustomerId(i));
            await january.Project(project).OpenAsync(CancellationToken.None);
        }

        await LlmLoad.SendAsync(cluster.Directory, january, customers * 2, BatchSize, customers);
        await january.StopAsync();

        EmbeddedEngine february = cluster.Engine(At(LastDay + TimeSpan.FromHours(14)));
        var clock = Stopwatch.StartNew();
        await february.StartAsync(CancellationToken.None);
        double started = clock.Elapsed.TotalSeconds;
        using var stop = new CancellationTokenSource();
        Task<long> load = ingest ? LoadAsync(cluster, february, customers, stop.Token) : Task.FromResult(0L);
        while (Volatile.Read(ref february.Status.InvoicesIssued) < customers && clock.Elapsed < TimeSpan.FromMinutes(2))
            await Task.Delay(10);
        double seconds = clock.Elapsed.TotalSeconds;
        await stop.CancelAsync();
        long events = await load;
        long issued = february.Status.InvoicesIssued;
        await february.StopAsync();
        double rate = issued / seconds;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{issued:N0} invoices in {seconds:0.00} s from the start of the process (taking the partitions {started:0.00} s): "
            + $"{rate:N0} a second beside {events / seconds:N0} events a second (goal: {Goal:N0})"));
        Console.WriteLine(issued == customers && rate >= Goal ? "met" : "not met");
        return issued == customers && rate >= Goal ? 0 : 1;
    }

    private static ShiftedTime At(DateTimeOffset now) => new(now - DateTimeOffset.UtcNow);

    private static async Task<long> LoadAsync(
        BenchmarkCluster cluster, EmbeddedEngine engine, int customers, CancellationToken stop)
    {
        long events = 0;
        for (int round = 1; !stop.IsCancellationRequested; round++)
            events += await LlmLoad.SendAsync(cluster.Directory, engine, 2_000, BatchSize, customers, round * 1_000_000);
        return events;
    }
}
