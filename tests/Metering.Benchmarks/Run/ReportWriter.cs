using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
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
        Line(text, $"");
        ReportTables.WriteGoals(text, report.Goals);
        foreach (string sentence in report.Shards)
        {
            Line(text, $"");
            Line(text, $"{sentence}");
        }

        WriteCutsAndChecks(text, report);
        foreach (IGrouping<int, CellReport> group in report.Cells.GroupBy(cell => cell.Shards))
        {
            Line(text, $"");
            Line(text, $"## {group.Key} {(group.Key == 1 ? "shard" : "shards")}");
            Line(text, $"");
            ReportTables.WriteRates(text, group);
            Line(text, $"");
            ReportTables.WriteCosts(text, group);
            WriteFacts(text, group);
        }

        WriteMachine(text, report);
        return text.ToString();
    }

    private static void WriteCutsAndChecks(StringBuilder text, BenchReport report)
    {
        Line(text, $"");
        Line(text, $"Independent check, every balance recomputed from what the clients were told:");
        Line(text, $"");
        foreach (CheckReport check in report.Checks)
        {
            string journal = check.JournalBytesAnEvent > 0
                ? Number($", {check.JournalBytesAnEvent:0.0} journal bytes an event over all")
                : "";
            string shards = check.Shards == 1 ? "1 shard" : Number($"{check.Shards} shards");
            Line(text, $"- {check.Target}, {shards}: {check.Events:N0} events, {check.Differences} differences{journal}");
            foreach (string example in check.Examples)
                Line(text, $"  - {example}");
        }

        if (report.Checks.Count == 0)
            Line(text, $"- **not made**");
        foreach ((string what, string why) in report.Missing)
            Line(text, $"- {what} was not measured: {why}");
        foreach (string cut in report.Cuts)
            Line(text, $"- time: {cut}");
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

    private static void WriteMachine(StringBuilder text, BenchReport report)
    {
        Line(text, $"");
        Line(text, $"## What the figures mean");
        Line(text, $"");
        Line(text, $"An event counts when its client has the acknowledgement, which the server gives after the commit. All targets share");
        Line(text, $"one PostgreSQL, its settings and the machine with the load generator, and take turns: probe, server, probe, server;");
        Line(text, $"while one has its turn the server stands still. The ratio to the probe is the median of neighbouring turns.");
        Line(text, $"Microseconds are processor time of each process by events (requests, where nothing is sent). WAL and writing");
        Line(text, $"transactions are all of PostgreSQL's: of the server's those of projections and checkpoints too. Histograms are in");
        Line(text, $"the JSON file.");
        Line(text, $"");
        foreach ((string key, string value) in report.Machine)
            Line(text, $"- {key}: {value}");
        foreach ((string key, string value) in report.Postgres)
            Line(text, $"- PostgreSQL {key}: {value}");
    }

    private static void Line(StringBuilder text, FormattableString line) => text.Append(Number(line)).Append('\n');

    private static string Number(FormattableString number) => FormattableString.Invariant(number);
}
