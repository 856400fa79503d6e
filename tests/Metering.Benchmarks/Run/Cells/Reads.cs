using System.Globalization;
using Metering.Benchmarks.Load;

namespace Metering.Benchmarks.Run.Cells;

/// <summary>Checks of limits, alone and with events between them, and how soon an acknowledged event is seen.</summary>
internal static class Reads
{
    private const int FreshCustomers = 1_000;
    private const int Connections = 128;

    /// <summary>Nothing but checks has run before these.</summary>
    private const double ChecksWarmup = 2;

    /// <summary>What is measured before anything is written, so that nothing is left to save and nothing is projected meanwhile.</summary>
    public static IEnumerable<Cell> First(BenchOptions options, bool isFirst)
    {
        if (!options.Wants("checks"))
            yield break;
        var turns = new Turns(
            "checks", "limit checks", spec => spec with { Kind = LoadKind.Check, Connections = Connections, WarmupSeconds = ChecksWarmup })
        {
            Seconds = options.Seconds,
            Repeats = options.Only.Count > 0 ? options.Repeats : isFirst ? Math.Max(2, options.Repeats) : Math.Min(2, options.Repeats),
        };
        yield return new Cell(turns.Name, turns.FixedSeconds + (2 * turns.Repeats * ChecksWarmup), turns.MeasuredSeconds, (bench, factor) =>
            ChecksAsync(bench, turns with { Seconds = turns.Seconds * factor }));
    }

    /// <summary>The others.</summary>
    public static IEnumerable<Cell> All(BenchOptions options)
    {
        if (options.Wants("checks-and-events"))
        {
            yield return Cell.Of(new Turns(
                "checks-and-events", "nine checks to one event", spec => spec with { Kind = LoadKind.Mixed, Connections = Connections })
            {
                Seconds = options.Seconds, Repeats = options.Quick ? 1 : Math.Min(2, options.Repeats), SettlingASecond = 0.1,
            });
        }

        if (options.Wants("freshness"))
        {
            yield return new Cell("freshness", 3, options.Seconds, (bench, factor) => FreshnessAsync(bench, options.Seconds * factor));
        }
    }

    private static async Task ChecksAsync(Bench bench, Turns turns)
    {
        int unsaved = await bench.Server.SavedAsync();
        CellReport cell = await bench.MeasureAsync(turns);
        ServerCosts costs = cell.Server!.Costs!;
        cell.Facts["partitions with something left to save at the begin"] = Number($"{unsaved}");
        cell.Facts["buckets saved meanwhile"] = Number($"{costs.CheckpointBuckets:0}");
        cell.Facts["commits a second on the path of the answer"] = Number($"{costs.Rounds:0}");
    }

    private static async Task FreshnessAsync(Bench bench, double seconds)
    {
        LoadSpec spec = bench.Runner.Spec(bench.Server, LoadKind.Freshness) with
        {
            FirstCustomer = Bench.Customers + 100, Customers = FreshCustomers, Connections = 32, Seconds = seconds, WarmupSeconds = 0.5,
        };
        Measurement measured = await bench.MeasureOnceAsync(bench.Server, spec);
        LatencyFigures seen = measured.Load.ReadLatency!;
        var cell = new CellReport("freshness", "acknowledged, then read", bench.Shards) { Right = measured.Load.Stale == 0 };
        cell.Add(measured);
        cell.Facts["reads that did not show it"] = Number($"{measured.Load.Stale}");
        cell.Facts["acknowledgement to read answered, p50 / p99 ms"] = Number($"{seen.P50:0.0} / {seen.P99:0.0}");
        Bench.Say($"  {cell.Title}: {measured.Load.Stale} stale, p99 {seen.P99:0.0} ms");
        bench.Report.Cells.Add(cell);
    }

    private static string Number(FormattableString number) => number.ToString(CultureInfo.InvariantCulture);
}
