using System.Diagnostics;
using Metering.TestSupport;
using Xunit.Abstractions;

namespace Metering.Orleans.Tests.Cluster;

/// <summary>
/// The scenarios that share a server, told to two front ends of three silos, and those of billing to a cluster whose clock they move. Left
/// out are those that need a server of their own: one that begins at another time (<c>TimeZones</c>, <c>AnchorDays</c>), whose customers
/// are counted (<c>Admin</c>), that they stop (<c>Restart</c>, <c>Crash</c>, <c>KilledRun</c>), whose limits or gateway they set
/// (<c>RateLimits</c>, <c>Payments</c>).
/// </summary>
[Collection(OneCluster.Name)]
public sealed class ScenarioSuiteTests(SharedCluster shared, ITestOutputHelper output)
{
    private static readonly string[] told =
    [
        "Credits", "Duplicates", "Limits", "Overage", "Quantities", "Races", "Refusals", "Replay", "Wallets", "Webhooks",
    ];

    private static readonly string[] billing =
    [
        "ChargeModels.", "Coupons.", "CreditNotes.", "Currencies.", "Dashboard.", "Issuing.BySelf", "Issuing.SameTime", "KnownAnswers.",
        "LateEvents.", "Proration.", "Status.", "Taxes.",
    ];

    [LinuxFact]
    public async Task Known_answers_and_scenarios_hold_on_three_silos_and_two_front_ends()
    {
        await TellAsync(shared.Processes, told.Select(folder => $"FullyQualifiedName~Scenarios.{folder}."));
    }

    [WholeSuiteFact]
    public async Task Invoices_hold_on_three_silos_and_two_front_ends()
    {
        await using SiloCluster cluster = await SiloCluster.StartAsync(
            clock: new DateTimeOffset(2025, 1, 1, 0, 0, 0, TimeSpan.Zero), partitions: 4);
        await using var clock = new ClusterClock(cluster);
        await TellAsync(
            cluster, billing.Select(folder => $"FullyQualifiedName~Scenarios.Invoices.{folder}"),
            ("METERING_SCENARIO_CLOCK", $"{clock.Port}"));
    }

    private async Task TellAsync(SiloCluster cluster, IEnumerable<string> which, params (string Name, string Value)[] more)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        string folder = AppContext.BaseDirectory.Replace("Metering.Orleans.Tests", "Metering.Scenarios", StringComparison.Ordinal);
        string[] arguments =
        [
            "vstest", Path.Combine(folder, "Metering.Scenarios.dll"),
            "--TestCaseFilter:" + string.Join('|', which),
        ];
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        start.Environment["METERING_SCENARIO_SERVERS"] = string.Join(' ', cluster.Frontends.Select(front => front.Address));
        start.Environment["METERING_SCENARIO_KEY"] = cluster.Key;
        foreach ((string name, string value) in more)
            start.Environment[name] = value;
        using Process run = Process.Start(start)!;
        Task<string> errors = run.StandardError.ReadToEndAsync();
        string said = await run.StandardOutput.ReadToEndAsync() + await errors;
        await run.WaitForExitAsync();
        string[] counts = [.. said.Split('\n').Where(line => line.Contains("Passed:", StringComparison.Ordinal)
            || line.Contains("Total tests:", StringComparison.Ordinal) || line.Contains("Failed:", StringComparison.Ordinal))];
        output.WriteLine(string.Join('\n', counts));
        Console.WriteLine(string.Join('\n', counts));
        Assert.True(run.ExitCode == 0, said + cluster.Words());
        Assert.NotEmpty(counts);
    }
}
