using System.Diagnostics;
using System.Globalization;
using Metering.Grid.Billing;
using Metering.Grid.Embedded;

namespace Metering.Benchmarks.Run.Cells;

/// <summary>
/// The invoices of all customers compiled, many at once, while events go on: as drafts, which are compiled like those that are issued and
/// journal nothing. In this process, on the engine and a PostgreSQL, without HTTP.
/// </summary>
internal static class MonthEnd
{
    private const int Shards = 4;
    private const int AtOnce = 64;
    private const int BatchSize = 1_000;
    private const int EventsAStep = 20_000;

    /// <summary>What it takes: customers and an event or more for most of them, the time alone, the compiling.</summary>
    public const double FixedSeconds = 60;

    public static async Task RunAsync(BenchReport report)
    {
        int customers = Bench.Customers;
        Bench.Say($"invoices: {customers:N0} customers with usage");
        await using var cluster = await BenchmarkCluster.StartAsync(customers, Shards);
        EmbeddedEngine engine = cluster.Engine();
        await engine.StartAsync(CancellationToken.None);
        int sent = 0;
        await SendAsync(customers);
        long began = Stopwatch.GetTimestamp();
        await SendAsync(EventsAStep);
        double alone = EventsAStep / Stopwatch.GetElapsedTime(began).TotalSeconds;

        using var stop = new CancellationTokenSource();
        int before = sent;
        Task ingesting = IngestAsync();
        began = Stopwatch.GetTimestamp();
        (long drafts, long lines) = await CompileAsync(cluster, engine, customers);
        double seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        double beside = (sent - before) / seconds;
        await stop.CancelAsync();
        await ingesting;
        await engine.StopAsync();
        var cell = new CellReport("invoices", Number($"invoices of {customers:N0} customers compiled while events go on"), Shards)
        {
            Right = drafts == customers && lines >= customers / 2,
        };
        cell.Facts["invoices a second"] = Number($"{drafts / seconds:N0}");
        cell.Facts["lines"] = Number($"{lines:N0}");
        cell.Facts["events a second meanwhile"] = Number($"{beside:N0}, {alone:N0} before");
        Bench.Say($"  {drafts / seconds:N0} invoices a second, {beside:N0} events a second meanwhile");
        report.Cells.Add(cell);

        async Task SendAsync(int events)
        {
            await LlmLoad.SendAsync(cluster.Directory, engine, events, BatchSize, customers, sent);
            sent += events;
        }

        async Task IngestAsync()
        {
            while (!stop.IsCancellationRequested)
                await SendAsync(EventsAStep);
        }
    }

    private static async Task<(long Drafts, long Lines)> CompileAsync(BenchmarkCluster cluster, EmbeddedEngine engine, int customers)
    {
        long drafts = 0;
        long lines = 0;
        await Parallel.ForAsync(0, customers, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (number, cancellation) =>
        {
            string id = LlmLoad.CustomerId(number);
            InvoiceResult result = await engine.Billing(cluster.Directory.Customer(id))
                .DraftAsync(cluster.Directory.Project(id), null, cancellation);
            if (result.Code != InvoiceCode.Draft)
                return;
            Interlocked.Increment(ref drafts);
            Interlocked.Add(ref lines, result.Invoice!.Lines.Count);
        });
        return (drafts, lines);
    }

    private static string Number(FormattableString number) => number.ToString(CultureInfo.InvariantCulture);
}
