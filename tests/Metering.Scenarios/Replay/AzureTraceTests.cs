using Metering.Scenarios.Support;
using Metering.Server.Client;
using Metering.Server.Replay;
using Spectre.Console;

namespace Metering.Scenarios.Replay;

/// <summary>The trace is not part of the project; where it is not beside it, the test is reported as skipped.</summary>
[Collection(SharedServer.Name)]
public sealed class AzureTraceTests(ScenarioServer server)
{
    [TraceFact]
    public async Task The_trace_burns_183058_70_credits_and_replayed_again_is_all_duplicates()
    {
        using var client = new MeteringClient(server.Address, server.Key, TimeProvider.System);
        IAnsiConsole silent = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(TextWriter.Null) });
        var plan = new ReplayPlan { File = TraceFactAttribute.File!, Customer = "azure-trace" };

        Tally first = await new ReplayRun(client, silent, TimeProvider.System, plan).RunAsync(CancellationToken.None);
        Assert.Equal((8_819, 0, 0), (first.Accepted, first.Duplicates, first.RefusedTotal));
        Assert.Equal("183058.7", first.Credits.ToString());
        Assert.Equal("816941.3", await server.AvailableAsync("azure-trace"));

        Tally again = await new ReplayRun(client, silent, TimeProvider.System, plan).RunAsync(CancellationToken.None);
        Assert.Equal((0, 8_819, 0), (again.Accepted, again.Duplicates, again.RefusedTotal));
        Assert.Equal("183058.7", again.DuplicateCredits.ToString());
        Assert.Equal("816941.3", await server.AvailableAsync("azure-trace"));
    }

    [TraceFact]
    public async Task With_its_own_times_of_2023_every_row_is_too_old()
    {
        using var client = new MeteringClient(server.Address, server.Key, TimeProvider.System);
        IAnsiConsole silent = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(TextWriter.Null) });
        var plan = new ReplayPlan { File = TraceFactAttribute.File!, Customer = "azure-trace-2023", KeepTimes = true };
        Tally tally = await new ReplayRun(client, silent, TimeProvider.System, plan).RunAsync(CancellationToken.None);
        Assert.Equal(8_819, Assert.Single(tally.Refused, refusal => refusal.Key == "too_old").Value);
        Assert.Equal(0, tally.Accepted);
    }
}
