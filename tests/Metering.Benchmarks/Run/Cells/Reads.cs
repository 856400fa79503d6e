using System.Globalization;
using Metering.Benchmarks.Load;

namespace Metering.Benchmarks.Run.Cells;

/// <summary>Checks of limits, alone and with events between them, and how soon an acknowledged event is seen.</summary>
internal static class Reads
{
    private const int FreshCustomers = 1_000;

    public static async Task RunAsync(Bench bench)
    {
        if (bench.Options.Wants("checks"))
            await bench.MeasureAsync("checks", "limit checks", spec => spec with { Kind = LoadKind.Check, Connections = 128 });
        if (bench.Options.Wants("checks-and-events"))
        {
            await bench.MeasureAsync(
                "checks-and-events", "nine checks to one event", spec => spec with { Kind = LoadKind.Mixed, Connections = 128 });
        }

        if (bench.Options.Wants("freshness"))
            await FreshnessAsync(bench);
    }

    private static async Task FreshnessAsync(Bench bench)
    {
        int first = Bench.Customers + 100;
        LoadSpec spec = bench.Runner.Spec(bench.Server, LoadKind.Freshness) with
        {
            FirstCustomer = first, Customers = FreshCustomers, Connections = 32, Seconds = bench.Options.Seconds, WarmupSeconds = 0.5,
        };
        Measurement measured = await bench.MeasureOnceAsync(bench.Server, spec);
        LatencyFigures seen = measured.Load.ReadLatency!;
        var cell = new CellReport("freshness", "acknowledged, then read", bench.Shards) { Right = measured.Load.Stale == 0 };
        cell.Rows.Add(measured);
        cell.Range[measured.Target] = (measured.PerSecond, measured.PerSecond);
        cell.Facts["reads that did not show it"] = Number($"{measured.Load.Stale}");
        cell.Facts["acknowledgement to read answered, p50 / p99 ms"] = Number($"{seen.P50:0.0} / {seen.P99:0.0}");
        Bench.Say($"  {cell.Title}: {measured.Load.Stale} stale, p99 {seen.P99:0.0} ms");
        bench.Report.Cells.Add(cell);
    }

    private static string Number(FormattableString number) => number.ToString(CultureInfo.InvariantCulture);
}
