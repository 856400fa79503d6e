using System.Globalization;
using Metering.Benchmarks.Run.Cells;

namespace Metering.Benchmarks.Run;

/// <summary>The table of design 13: each goal, what this run found, and whether that reaches it.</summary>
internal static class Goals
{
    private const double LagSeconds = 5;
    private const double OpenMilliseconds = 65;
    private const double JournalBytes = 80;
    private const double CheckpointShare = 0.2;
    private const double HotToSpread = 0.9;
    private const double ChecksToProbe = 25_000.0 / 32_000;
    private const string NotMeasured = "not measured in this run";

    /// <summary>Judges a report by the cells of its first number of shards.</summary>
    public static IEnumerable<GoalReport> Of(BenchReport report)
    {
        CellReport[] cells = [.. report.Cells.Where(cell => cell.Shards == report.Cells[0].Shards)];
        yield return ToProbe(cells, "1-spread", "one event a request, spread", 0.6);
        yield return ToPeer(cells, "1-spread", "one event a request, spread", 2, "per-event SQL peer",
            static peer => peer is "pg-statements" or "pg-function");
        yield return ToProbe(cells, "100-spread", "100 events a request, spread", 0.6);
        yield return ToPeer(cells, "100-spread", "100 events a request, spread", 5, "peer", static _ => true);
        yield return ToProbe(cells, "1000-spread", "1,000 events a request, spread", 0.7);
        yield return ToPeer(cells, "1000-spread", "1,000 events a request, spread", 2.5, "peer", static _ => true);
        foreach (int size in new[] { 1, 100, 1_000 })
            yield return Hot(cells, size);
        yield return Lag(cells);
        yield return Sustained(cells);
        yield return OpenLoop(cells);
        yield return Journal(cells);
        yield return Checkpoints(cells);
        yield return Checks(cells);
        yield return Recovery(report.Cells);
    }

    private static GoalReport ToProbe(CellReport[] cells, string name, string title, double share) => Judge(
        Text($"{title}: at least {share:P0} of the probe"), Find(cells, name)?.RatioToProbe, share, value => Text($"{value:P0}"));

    private static GoalReport ToPeer(
        CellReport[] cells, string name, string title, double times, string kind, Func<string, bool> which)
    {
        CellReport? cell = Find(cells, name);
        Measurement? peer = cell?.BestOf(which);
        return Judge(
            Text($"{title}: at least {times:0.#} times the best {kind}"), cell?.Server?.PerSecond / peer?.PerSecond, times,
            value => Text($"{value:0.0} times {peer!.Target}"));
    }

    private static GoalReport Hot(CellReport[] cells, int size) => Judge(
        Text($"one hot customer against spread, {size:N0} a request: at least {HotToSpread}"),
        Find(cells, Text($"{size}-hot"))?.Server?.PerSecond / Find(cells, Text($"{size}-spread"))?.Server?.PerSecond, HotToSpread,
        value => Text($"{value:0.00}"));

    private static GoalReport Lag(CellReport[] cells)
    {
        CellReport? cell = Find(cells, "sustained");
        double? highest = cell?.Samples.Max(sample => sample.LagSeconds);
        return new GoalReport(
            Text($"sustained, rows projected: lag under {LagSeconds} s"),
            highest is { } seconds ? Text($"at most {seconds:0.0} s in {cell!.Server!.Load.Seconds:0} s") : NotMeasured,
            highest is null ? null : highest < LagSeconds);
    }

    private static GoalReport Sustained(CellReport[] cells)
    {
        CellReport? cell = Find(cells, "sustained");
        Measurement? peer = cell?.BestOf(static name => name == Cells.Sustained.Peer);
        return Judge(
            "sustained, rows projected: ahead of batched SQL, which keeps rows too", cell?.Server?.PerSecond / peer?.PerSecond, 1,
            value => Text($"{value:0.00} times {peer!.Target} ({cell!.Server!.PerSecond:N0} to {peer.PerSecond:N0} events a second)"));
    }

    private static GoalReport OpenLoop(CellReport[] cells)
    {
        Measurement? row = Find(cells, "open-loop")?.Server;
        return new GoalReport(
            Text($"open loop, 10,000 single events a second: p95 under {OpenMilliseconds} ms"),
            row is null ? NotMeasured : Text($"{row.Load.Latency.P95:0.0} ms, {row.PerSecond:N0} answered a second"),
            row is null ? null : row.Load.Latency.P95 < OpenMilliseconds);
    }

    private static GoalReport Journal(CellReport[] cells)
    {
        double[] bytes = [.. new[] { "100-spread", "1000-spread", "sustained" }.Select(name => Find(cells, name)?.Server?.JournalBytes ?? 0)
            .Where(value => value > 0)];
        return new GoalReport(
            Text($"journal bytes an event, batches of 100 and more: at most {JournalBytes}"),
            bytes.Length == 0 ? NotMeasured : Text($"{bytes.Max():0.0}"), bytes.Length == 0 ? null : bytes.Max() <= JournalBytes);
    }

    private static GoalReport Checkpoints(CellReport[] cells)
    {
        ServerCosts? costs = Find(cells, "sustained")?.Server?.Costs;
        return new GoalReport(
            Text($"checkpoint processor time an event at 100,000 active customers: under {CheckpointShare:P0} of the whole"),
            costs is null
                ? NotMeasured
                : Text($"{costs.CheckpointMicroseconds:0.00} us, {costs.CheckpointShare:P1} of the server")
                    + Text($" ({costs.CheckpointBuckets:N0} buckets saved)"),
            costs is null || costs.CheckpointBuckets == 0 ? null : costs.CheckpointShare < CheckpointShare);
    }

    private static GoalReport Checks(CellReport[] cells)
    {
        CellReport? cell = Find(cells, "checks");
        return Judge(
            "limit checks: at least 25,000 a second where the probe makes 32,000 (78 %)", cell?.RatioToProbe, ChecksToProbe,
            value => Text($"{cell!.Server!.PerSecond:N0} a second, {value:P0} of the probe"));
    }

    private static GoalReport Recovery(IEnumerable<CellReport> cells)
    {
        CellReport? cell = Find(cells, "recovery");
        return new GoalReport(
            "recovery of 1,000,000 events within 5 s (design 4)", cell is null ? NotMeasured : cell.Facts["ready after"],
            cell is null ? null : cell.Facts["goal"].EndsWith(": met", StringComparison.Ordinal));
    }

    private static GoalReport Judge(string goal, double? value, double least, Func<double, string> figure) =>
        new(goal, value is { } known ? figure(known) : NotMeasured, value is null ? null : value >= least);

    private static CellReport? Find(IEnumerable<CellReport> cells, string name) => cells.FirstOrDefault(cell => cell.Name == name);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
