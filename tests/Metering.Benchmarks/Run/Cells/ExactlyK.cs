using System.Globalization;
using Metering.Benchmarks.Load;

namespace Metering.Benchmarks.Run.Cells;

/// <summary>Many callers against one wallet that covers exactly so many events: exactly so many may be granted.</summary>
internal static class ExactlyK
{
    private const int Granted = 2_000;
    private const int Tries = 4_000;
    private const double FixedSeconds = 4;

    public static IEnumerable<Cell> All(BenchOptions options)
    {
        int customer = Bench.Customers + Bench.FundedExtra;
        foreach (int callers in new[] { 64, 256 })
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"authorise-{callers}");
            int own = customer++;
            if (options.Wants(name))
                yield return new Cell(name, FixedSeconds, 0, (bench, _) => RunAsync(bench, name, own, callers));
        }
    }

    private static async Task RunAsync(Bench bench, string name, int customer, int callers)
    {
        // 400 tokens of gpt-4o at 0.0025 credits: one credit an event.
        await bench.GrantAsync(customer, 1, Granted);
        LoadSpec spec = bench.Runner.Spec(bench.Server) with
        {
            FirstCustomer = customer, Customers = 1, Skew = Skew.Hot, FixedTokens = 400, Connections = callers, RequestsMax = Tries,
                Seconds = 60,
        };
        Measurement measured = await bench.MeasureOnceAsync(bench.Server, spec);
        long granted = measured.Load.Statuses.GetValueOrDefault(204);
        long refused = measured.Load.Statuses.GetValueOrDefault(402);
        var cell = new CellReport(name, $"exactly {Granted:N0} of {Tries:N0} granted, {callers} callers", bench.Shards)
        {
            Right = granted == Granted && refused == Tries - Granted,
        };
        cell.Add(measured with { PerSecond = measured.Load.Requests / measured.Load.Seconds });
        cell.Facts["granted"] = granted.ToString(CultureInfo.InvariantCulture);
        cell.Facts["refused"] = refused.ToString(CultureInfo.InvariantCulture);
        Bench.Say($"  {cell.Title}: granted {granted}, refused {refused}, {cell.Rows[0].PerSecond:N0}/s");
        bench.Report.Cells.Add(cell);
    }
}
