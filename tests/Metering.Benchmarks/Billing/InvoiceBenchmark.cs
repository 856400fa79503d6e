using System.Diagnostics;
using System.Globalization;
using Metering.Benchmarks.Load;
using Metering.Grid.Embedded;
using Metering.Storage.Postgres.Projections;

namespace Metering.Benchmarks.Billing;

/// <summary>
/// How fast the end of a month is invoiced, into journals in PostgreSQL: all customers have used something in January; a process that
/// starts on the first of February closes the periods and issues the invoices, alone, or while events come in and everything is projected.
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
        await PrepareAsync(cluster, customers);

        ShiftedTime time = At(LastDay + TimeSpan.FromHours(14));
        EmbeddedEngine february = cluster.Engine(time);
        IReadOnlyList<Projector> projectors = ingest ? cluster.Projectors(february, time) : [];
        var clock = Stopwatch.StartNew();
        await february.StartAsync(CancellationToken.None);
        double started = clock.Elapsed.TotalSeconds;
        using var stop = new CancellationTokenSource();
        using var stopProjecting = new CancellationTokenSource();
        Task projecting = Task.WhenAll(projectors.Select(projector => projector.RunAsync(stopProjecting.Token)));
        var latencies = new Latencies();
        Task<long> load = ingest ? LoadAsync(cluster, february, customers, latencies, stop.Token) : Task.FromResult(0L);
        while (Volatile.Read(ref february.Status.InvoicesIssued) < customers && clock.Elapsed < TimeSpan.FromMinutes(2))
            await Task.Delay(10);
        double seconds = clock.Elapsed.TotalSeconds;
        await stop.CancelAsync();
        long events = await load;
        long issued = february.Status.InvoicesIssued;
        if (ingest)
            await ShowIngestAsync(cluster, issued, latencies, clock);
        await stopProjecting.CancelAsync();
        await projecting;
        await february.StopAsync();
        double rate = issued / seconds;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{issued:N0} invoices in {seconds:0.00} s from the start of the process (taking the partitions {started:0.00} s): "
            + $"{rate:N0} a second beside {events / seconds:N0} events a second (goal: {Goal:N0})"));
        Console.WriteLine(issued == customers && rate >= Goal ? "met" : "not met");
        return issued == customers && rate >= Goal ? 0 : 1;
    }

    private static async Task PrepareAsync(BenchmarkCluster cluster, int customers)
    {
        EmbeddedEngine january = cluster.Engine(At(LastDay));
        await january.StartAsync(CancellationToken.None);
        await Parallel.ForAsync(
            0, customers, new ParallelOptions { MaxDegreeOfParallelism = 512 },
            async (number, cancellation) =>
                await january.Project(cluster.Directory.Project(LlmLoad.CustomerId(number))).OpenAsync(cancellation));
        await LlmLoad.SendAsync(cluster.Directory, january, customers * 2, BatchSize, customers);
        await january.StopAsync();
    }

    private static async Task ShowIngestAsync(BenchmarkCluster cluster, long issued, Latencies latencies, Stopwatch clock)
    {
        LatencyFigures figures = latencies.Figures();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{latencies.Count:N0} batches of {BatchSize} events meanwhile, 8 at once: p50 {figures.P50:0.0} ms, p95 {figures.P95:0.0} ms, "
            + $"p99 {figures.P99:0.0} ms, longest {figures.Max:0.0} ms"));
        while (await cluster.CountInvoicesAsync() < issued && clock.Elapsed < TimeSpan.FromMinutes(3))
            await Task.Delay(100);
        long shown = await cluster.CountInvoicesAsync();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{shown:N0} of them in the tables for queries {clock.Elapsed.TotalSeconds:0.00} s after the start"));
    }

    private static ShiftedTime At(DateTimeOffset now) => new(now - DateTimeOffset.UtcNow);

    private static async Task<long> LoadAsync(
        BenchmarkCluster cluster, EmbeddedEngine engine, int customers, Latencies latencies, CancellationToken stop)
    {
        long events = 0;
        for (int round = 1; !stop.IsCancellationRequested; round++)
        {
            events += await LlmLoad.SendAsync(
                cluster.Directory, engine, 2_000, BatchSize, customers, round * 1_000_000, latencies);
        }

        return events;
    }
}
