using System.Globalization;
using Metering.Benchmarks.Recovery;

namespace Metering.Benchmarks.Run.Cells;

/// <summary>A new owner replays a million events that nobody has checkpointed.</summary>
internal static class Recoveries
{
    private const int Events = 1_000_000;

    /// <summary>What it takes, mostly to write the journal.</summary>
    public const double FixedSeconds = 50;

    public static async Task RunAsync(BenchReport report)
    {
        Bench.Say($"recovery: journaling {Events:N0} events");
        RecoveryResult result = await RecoveryBenchmark.MeasureAsync(Events);
        var cell = new CellReport("recovery", string.Create(CultureInfo.InvariantCulture,
            $"recovery of {Events:N0} events from the journal alone"), 4)
        {
            Right = result.IsComplete,
        };
        cell.Facts["ready after"] = string.Create(CultureInfo.InvariantCulture, $"{result.Seconds:0.00} s");
        cell.Facts["goal"] = $"under 5 s: {(result.IsInTime ? "met" : "not met")}";
        cell.Facts["customers"] = result.Customers.ToString("N0", CultureInfo.InvariantCulture);
        cell.Facts["identities"] = result.Identities.ToString("N0", CultureInfo.InvariantCulture);
        Bench.Say($"  ready after {result.Seconds:0.00} s");
        report.Cells.Add(cell);
    }
}
