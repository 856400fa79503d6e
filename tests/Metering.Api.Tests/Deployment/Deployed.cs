using System.Text.Json;
using System.Text.RegularExpressions;
using Metering.Api.Telemetry;

namespace Metering.Api.Tests.Deployment;

/// <summary>What the code offers to a deployment: settings, metrics, images.</summary>
internal static partial class Deployed
{
    /// <summary>The names of all settings, as the readers of settings ask for them.</summary>
    public static IReadOnlySet<string> Settings { get; } = FindSettings();

    /// <summary>The names of Prometheus' series with their labels, from the approved list of instruments.</summary>
    public static IReadOnlyDictionary<string, string[]> Series { get; } = FindSeries();

    /// <summary>The members of a settings file.</summary>
    public static IReadOnlyDictionary<string, JsonElement> ReadSettings(string path)
    {
        var options = new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };
        using JsonDocument document = JsonDocument.Parse(Files.Read(path), options);
        return document.RootElement.EnumerateObject().ToDictionary(member => member.Name, member => member.Value.Clone());
    }

    private static HashSet<string> FindSettings()
    {
        string[] folders = ["src/Metering.Server/Settings", "src/Metering.Silo/Settings"];
        return
        [
            .. folders.SelectMany(folder => Directory.GetFiles(Files.Full(folder), "*.cs"))
                .SelectMany(file => Asked().Matches(File.ReadAllText(file))).Select(found => found.Groups[1].Value),
        ];
    }

    private static Dictionary<string, string[]> FindSeries()
    {
        var series = new Dictionary<string, string[]>(StringComparer.Ordinal) { ["up"] = [] };
        foreach (string line in File.ReadAllLines(Files.Full("tests/Metering.Api.Tests/Telemetry/instruments.txt")))
        {
            Match found = Instrument().Match(line);
            Assert.True(found.Success, line);
            string kind = found.Groups["kind"].Value;
            string unit = found.Groups["unit"].Value;
            bool isCounter = kind is "Counter" or "ObservableCounter";
            string name = PrometheusText.MetricName(
                found.Groups["name"].Value, unit == "-" ? null : unit, isCounter, kind is "ObservableGauge" or "Gauge");
            string[] labels = [.. found.Groups["tags"].Value.Split(' ', StringSplitOptions.RemoveEmptyEntries)
                .Select(tag => tag.Replace('.', '_'))];
            if (kind != "Histogram")
            {
                series.Add(name, labels);
                continue;
            }

            series.Add(name + "_bucket", [.. labels, "le"]);
            series.Add(name + "_sum", labels);
            series.Add(name + "_count", labels);
        }

        return series;
    }

    [GeneratedRegex("(?:Text|Number|Flag|List|Lines|Database|Word|Try|Address|Level)(?:<[A-Za-z]+>)?\\((?:values, )?\"([a-z][a-z0-9_]*)\"")]
    private static partial Regex Asked();

    [GeneratedRegex("^(?<meter>\\S+) (?<name>\\S+) (?<kind>\\S+) (?<unit>\\S+) \\[(?<tags>.*)\\]$")]
    private static partial Regex Instrument();
}
