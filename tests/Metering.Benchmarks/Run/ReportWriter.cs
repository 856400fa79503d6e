using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Metering.Benchmarks.Load;
using Metering.TestSupport;

namespace Metering.Benchmarks.Run;

/// <summary>Writes a report as JSON and as Markdown, beside the benchmarks' source.</summary>
internal static class ReportWriter
{
    private static readonly JsonSerializerOptions _options = new()
    {
        WriteIndented = true,
        IncludeFields = true,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Writes both files.</summary>
    /// <returns>The Markdown file.</returns>
    public static string Write(BenchReport report, string name)
    {
        string folder = Path.Combine(Repository.Root, "tests", "Metering.Benchmarks", "report");
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, name + ".json"), JsonSerializer.Serialize(report, _options) + "\n");
        string file = Path.Combine(folder, name + ".md");
        File.WriteAllText(file, Markdown(report));
        return file;
    }

    public static string Markdown(BenchReport report)
    {
        var text = new StringBuilder();
        Line(text, $"# Benchmark report");
        Line(text, $"");
        Line(text, $"Made by `{report.CommandLine}` at {report.At} from {report.Commit}, in {report.Minutes:0.0} minutes.");
        Line(text, $"An event counts when its client has the acknowledgement, which the server gives after the commit. All targets share");
        Line(text, $"one PostgreSQL and the machine with the load generator, and take turns. Microseconds are processor time");
        Line(text, $"an event (a request, where nothing is sent) of each process. WAL includes projections and checkpoints.");
        Line(text, $"");
        foreach ((string key, string value) in report.Machine)
            Line(text, $"- {key}: {value}");
        foreach ((string key, string value) in report.Postgres)
            Line(text, $"- PostgreSQL {key}: {value}");
        foreach ((string peer, string why) in report.Missing)
            Line(text, $"- {peer} was not measured: {why}");
        foreach (IGrouping<int, CellReport> group in report.Cells.GroupBy(cell => cell.Shards))
        {
            Line(text, $"");
            Line(text, $"## {group.Key} {(group.Key == 1 ? "shard" : "shards")}");
            Line(text, $"");
            WriteRows(text, group);
            WriteFacts(text, group);
        }

        Line(text, $"");
        Line(text, $"## Independent check");
        Line(text, $"");
        foreach (CheckReport check in report.Checks)
        {
            Line(text, $"- {check.Target}, {check.Shards} shards: {check.Events:N0} events acknowledged, {check.Differences} differences");
            foreach (string example in check.Examples)
                Line(text, $"  - {example}");
        }

        return text.ToString();
    }

    private static void WriteRows(StringBuilder text, IEnumerable<CellReport> cells)
    {
        text.Append("| cell | target | a second | range | to probe | to best peer | p50 ms | p95 | p99 | p99.9 ")
            .Append("| server us | PostgreSQL us | client us | journal B | WAL B |\n");
        Line(text, $"|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
        foreach (CellReport cell in cells.Where(cell => cell.Rows.Count > 0))
        {
            foreach (Measurement row in cell.Rows)
            {
                bool isOurs = row.Target == "server";
                string toProbe = isOurs && cell.RatioTo("limit probe") is { } ratio ? Number($"{ratio:P0}") : "";
                string toPeer = isOurs && cell.BestPeer is { } peer ? Number($"{row.PerSecond / peer.PerSecond:0.0}x") : "";
                (double low, double high) = cell.Range[row.Target];
                LatencyFigures latency = row.Load.Latency;
                string journal = row.JournalBytes > 0 ? Number($"{row.JournalBytes:0.0}") : "";
                text.Append(Number($"| {(isOurs ? cell.Title : "")} | {row.Target} | {row.PerSecond:N0} | {low:N0}-{high:N0} "))
                    .Append(Number($"| {toProbe} | {toPeer} "))
                    .Append(Number($"| {latency.P50:0.0} | {latency.P95:0.0} | {latency.P99:0.0} | {latency.P999:0.0} "))
                    .Append(Number($"| {row.ServerMicroseconds:0.00} | {row.PostgresMicroseconds:0.00} | {row.ClientMicroseconds:0.00} "))
                    .Append(Number($"| {journal} | {row.WalBytes:0} |\n"));
            }
        }
    }

    private static void WriteFacts(StringBuilder text, IEnumerable<CellReport> cells)
    {
        foreach (CellReport cell in cells.Where(cell => cell.Facts.Count > 0 || cell.Right is not null))
        {
            string right = cell.Right switch
            {
                true => " **right**",
                false => " **WRONG**",
                _ => "",
            };
            Line(text, $"");
            Line(text, $"{cell.Title}:{right} {string.Join("; ", cell.Facts.Select(fact => $"{fact.Key} {fact.Value}"))}");
        }
    }

    private static void Line(StringBuilder text, FormattableString line) => text.Append(Number(line)).Append('\n');

    private static string Number(FormattableString number) => FormattableString.Invariant(number);
}
