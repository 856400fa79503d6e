using System.Diagnostics;
using Metering.TestSupport;
using Xunit.Abstractions;

namespace Metering.Orleans.Tests.Cluster;

/// <summary>
/// The scenarios that share a server, told to two front ends of three silos. Left out are those that need a server of their own: one whose
/// clock they move (<c>Invoices</c>), that they stop (<c>Restart</c>, <c>Crash</c>), whose limits or gateway they set (<c>RateLimits</c>,
/// <c>Payments</c>).
/// </summary>
[Collection(OneCluster.Name)]
public sealed class ScenarioSuiteTests(SharedCluster shared, ITestOutputHelper output)
{
    private static readonly string[] told =
    [
        "Credits", "Duplicates", "Limits", "Overage", "Quantities", "Races", "Refusals", "Replay", "Wallets", "Webhooks",
    ];

    [LinuxFact]
    public async Task Known_answers_and_scenarios_hold_on_three_silos_and_two_front_ends()
    {
        SiloCluster cluster = shared.Processes;
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        string folder = AppContext.BaseDirectory.Replace("Metering.Orleans.Tests", "Metering.Scenarios", StringComparison.Ordinal);
        string[] arguments =
        [
            "vstest", Path.Combine(folder, "Metering.Scenarios.dll"),
            "--TestCaseFilter:" + string.Join('|', told.Select(folder => $"FullyQualifiedName~Scenarios.{folder}.")),
        ];
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        start.Environment["METERING_SCENARIO_SERVERS"] = string.Join(' ', cluster.Frontends.Select(front => front.Address));
        start.Environment["METERING_SCENARIO_KEY"] = cluster.Key;
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
