using System.Text;
using Metering.Benchmarks.Load;

namespace Metering.Benchmarks.Run;

/// <summary>The tables of the Markdown report.</summary>
internal static class ReportTables
{
    /// <summary>The goals, met or not.</summary>
    public static void WriteGoals(StringBuilder text, IReadOnlyList<GoalReport> goals)
    {
        text.Append("| goal (design 13) | this run | |\n|---|---|---|\n");
        foreach (GoalReport goal in goals)
        {
            string met = goal.IsMet switch
            {
                true => "met",
                false => "**not met**",
                _ => "",
            };
            text.Append($"| {goal.Goal} | {goal.Figure} | {met} |\n");
        }
    }

    /// <summary>How much, how that compares, how long it took.</summary>
    public static void WriteRates(StringBuilder text, IEnumerable<CellReport> cells)
    {
        text.Append("| cell | target | a second | range | to probe | range | to best peer | p50 ms | p95 | p99 | p99.9 | max |\n")
            .Append("|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n");
        foreach ((CellReport cell, Measurement row) in Rows(cells))
        {
            bool isOurs = row == cell.Server;
            string toProbe = isOurs && cell.RatioToProbe is { } ratio ? Number($"{ratio:P0}") : "";
            string toProbeRange = toProbe.Length > 0 ? Number($"{cell.RatiosToProbe[0]:P0}-{cell.RatiosToProbe[^1]:P0}") : "";
            string toPeer = isOurs && cell.BestPeer is { } peer ? Number($"{row.PerSecond / peer.PerSecond:0.0}x") : "";
            (double low, double high) = cell.Range[row.Target];
            LatencyFigures latency = row.Load.Latency;
            text.Append(Number($"| {Title(cell, row)} | {row.Target} | {row.PerSecond:N0} | {low:N0}-{high:N0} "))
                .Append($"| {toProbe} | {toProbeRange} | {toPeer} ")
                .Append(Number($"| {latency.P50:0.0} | {latency.P95:0.0} | {latency.P99:0.0} "))
                .Append(Number($"| {latency.P999:0.0} | {latency.Max:0.0} |\n"));
        }
    }

    /// <summary>What it cost, and what was left to do at the end.</summary>
    public static void WriteCosts(StringBuilder text, IEnumerable<CellReport> cells)
    {
        text.Append("| cell | target | server us | PostgreSQL us | client us | cores | journal B | WAL B ")
            .Append("| writing transactions/s | commits/s | allocated B | GC 0/1/2 | GC pause | checkpoints | lag s | backlog |\n")
            .Append("|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n");
        foreach ((CellReport cell, Measurement row) in Rows(cells))
        {
            text.Append(Number($"| {Title(cell, row)} | {row.Target} | {row.ServerMicroseconds:0.00} | {row.PostgresMicroseconds:0.00} "))
                .Append(Number($"| {row.ClientMicroseconds:0.00} | {row.Cores:0.00} | {row.JournalBytes:0.0} | {row.WalBytes:0} "))
                .Append(Number($"| {row.Transactions:N0} "));
            if (row.Costs is { } costs)
            {
                text.Append(Number($"| {costs.Rounds:N0} | {costs.AllocatedBytes:N0} | {string.Join('/', costs.Collections)} "))
                    .Append(Number($"| {costs.PauseShare:P1} | {costs.CheckpointShare:P1} "))
                    .Append(Number($"| {costs.LagSeconds:0.0} | {costs.Backlog:N0} |\n"));
            }
            else
            {
                text.Append("| | | | | | | |\n");
            }
        }
    }

    private static IEnumerable<(CellReport Cell, Measurement Row)> Rows(IEnumerable<CellReport> cells) =>
        cells.SelectMany(cell => cell.Rows.Select(row => (cell, row)));

    private static string Title(CellReport cell, Measurement row) => row == cell.Rows[0] ? cell.Title : "";

    private static string Number(FormattableString number) => FormattableString.Invariant(number);
}
