using System.Text.Json;
using System.Text.RegularExpressions;

namespace Metering.Api.Tests.Deployment;

/// <summary>Prometheus, its alerts and Grafana's dashboard ask only for what is there.</summary>
public sealed partial class MonitoringTests
{
    // What PromQL has of its own, as far as it is used.
    private static readonly string[] words = ["sum", "max", "min", "rate", "increase", "histogram_quantile", "by", "and"];

    private static readonly Yaml services = Yaml.Load("cluster.yml")["services"];
    private static readonly Yaml prometheus = Yaml.Load("silo-config/prometheus.yml");

    [Fact]
    public void Prometheus_asks_every_process_and_reads_files_that_are_mounted()
    {
        string[] expected = [.. services.Names.Where(name => services[name]["image"].Text == "metering-silo:local")
            .Select(name => $"{name}:{services[name]["environment"]["METERING_PORT"].Text}")];
        Assert.Equal(
            expected,
            prometheus["scrape_configs"].Items.SelectMany(job => job["static_configs"].Items)
                .SelectMany(config => config["targets"].Texts));
        Assert.All(prometheus["scrape_configs"].Items, job => Assert.Equal("/metrics", job["metrics_path"].Text));
        string[] mounted = [.. services["prometheus"]["volumes"].Texts.Select(mount => mount.Split(':')[1])];
        string config = services["prometheus"]["command"].Texts.Single(text => text.StartsWith("--config.file=", StringComparison.Ordinal));
        Assert.Contains(config["--config.file=".Length..], mounted);
        foreach (string file in prometheus["rule_files"].Texts)
            Assert.Contains("/etc/prometheus/" + file, mounted);
    }

    [Fact]
    public void Alerts_tell_of_what_operators_are_to_be_woken_for()
    {
        Yaml[] rules = [.. Yaml.Load("silo-config/alerts.yml")["groups"].Items.SelectMany(group => group["rules"].Items)];
        string[] wanted =
        [
            "ProjectionLagEvents", "ProjectionLagSeconds", "Unavailable", "PartitionWithoutOwner", "PartitionAway", "Fenced", "ShardAway",
            "SiloDown", "NotReady",
        ];
        Assert.Equal(wanted, rules.Select(rule => rule["alert"].Text));
        Assert.All(rules, rule => AssertKnown(rule["expr"].Text));
        string operators = Files.Read("src/Metering.Silo/README.md");
        Assert.All(wanted, name => Assert.Contains($"`{name}`", operators, StringComparison.Ordinal));
    }

    [Fact]
    public void Dashboard_shows_what_it_should_with_series_that_exist()
    {
        using JsonDocument dashboard = JsonDocument.Parse(Files.Read("silo-config/grafana/dashboards/metering.json"));
        JsonElement[] panels = [.. dashboard.RootElement.GetProperty("panels").EnumerateArray()];
        string titles = string.Join('\n', panels.Select(panel => panel.GetProperty("title").GetString()));
        foreach (string shown in new[] { "Throughput", "Latency", "lag", "Partitions by silo", "Balances at risk" })
            Assert.Contains(shown, titles, StringComparison.Ordinal);
        string source = Yaml.Load("silo-config/grafana/provisioning/datasources/prometheus.yml")["datasources"].Items.Single()["uid"].Text;
        foreach (JsonElement target in panels.SelectMany(panel => panel.GetProperty("targets").EnumerateArray()))
        {
            AssertKnown(target.GetProperty("expr").GetString()!);
            Assert.Equal(source, target.GetProperty("datasource").GetProperty("uid").GetString());
        }

        Assert.Equal(panels.Length, panels.Select(panel => panel.GetProperty("id").GetInt32()).Distinct().Count());
    }

    [Fact]
    public void Grafana_finds_its_dashboards_and_Prometheus()
    {
        string folder = Yaml.Load("silo-config/grafana/provisioning/dashboards/metering.yml")["providers"].Items.Single()["options"]["path"]
            .Text;
        Assert.Contains($"./silo-config/grafana/dashboards:{folder}:ro", services["grafana"]["volumes"].Texts);
        Assert.Contains("./silo-config/grafana/provisioning:/etc/grafana/provisioning:ro", services["grafana"]["volumes"].Texts);
        string url = Yaml.Load("silo-config/grafana/provisioning/datasources/prometheus.yml")["datasources"].Items.Single()["url"].Text;
        Assert.Equal($"http://prometheus:{services["prometheus"]["expose"].Texts.Single()}", url);
    }

    [Theory]
    [InlineData("sum(metering_no_such_thing)")]
    [InlineData("sum by (nobody) (metering_partitions_owned)")]
    [InlineData("metering_partitions_owned{job=\"nobody\"}")]
    public void What_is_not_there_is_noticed(string expression) =>
        Assert.ThrowsAny<Xunit.Sdk.XunitException>(() => AssertKnown(expression));

    private static void AssertKnown(string expression)
    {
        string[] labels = ["job", "silo", .. Deployed.Series.Where(series => Names(expression).Contains(series.Key))
            .SelectMany(series => series.Value)];
        foreach (string name in Names(expression).Where(name => !words.Contains(name)))
            Assert.True(Deployed.Series.ContainsKey(name), $"{name} in {expression}");
        foreach (Match label in Matcher().Matches(expression))
            Assert.True(labels.Contains(label.Groups[1].Value), $"{label.Groups[1].Value} in {expression}");
        foreach (string label in Grouping().Matches(expression).SelectMany(group => group.Groups[1].Value.Split(',')))
            Assert.True(labels.Contains(label.Trim()), $"{label} in {expression}");
        string[] jobs = [.. prometheus["scrape_configs"].Items.Select(job => job["job_name"].Text)];
        foreach (string job in Job().Matches(expression).SelectMany(found => found.Groups[1].Value.Split('|')))
            Assert.True(jobs.Contains(job), $"job {job} in {expression}");
    }

    // Identifiers outside of braces, brackets and the labels behind "by".
    private static IEnumerable<string> Names(string expression) =>
        Identifier().Matches(Grouping().Replace(Quoted().Replace(expression, " "), " ")).Select(found => found.Value);

    [GeneratedRegex(@"\{[^}]*\}|\[[^\]]*\]")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"\bby \(([^)]*)\)")]
    private static partial Regex Grouping();

    [GeneratedRegex(@"[a-zA-Z_][a-zA-Z0-9_]*")]
    private static partial Regex Identifier();

    [GeneratedRegex(@"([a-z_]+)\s*(?:=~|=|!=)\s*""")]
    private static partial Regex Matcher();

    [GeneratedRegex(@"job=~?""([^""]*)""")]
    private static partial Regex Job();
}
