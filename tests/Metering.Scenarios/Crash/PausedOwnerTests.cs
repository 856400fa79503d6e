using System.Diagnostics;
using Metering.TestSupport;
using Xunit.Abstractions;

namespace Metering.Scenarios.Crash;

/// <summary>Two real processes on the same databases: one is halted, the other takes over, the first one wakes.</summary>
public sealed class PausedOwnerTests(ITestOutputHelper output)
{
    private const int Clients = 6;
    private const int Fenced = 3;

    [LinuxFact]
    public async Task Owner_that_wakes_after_a_takeover_writes_nothing_answers_nothing_and_ends()
    {
        await using var run = new CrashRun(await CrashCluster.OnDatabasesAsync(), output);
        ServerProcess first = await run.OpenAsync();
        Load load = Load.Start(run.Client, run.Seed, Clients);
        await run.ServiceAsync(first.StartedAt, first);
        await run.PauseAsync(500, 1500);
        first.Send(Signal.Stop);
        run.Say($"SIGSTOP to process {first.ProcessId}, {run.Log.Requests.Answered} requests answered");

        int port = TestPort.Free();
        ServerProcess second = run.Cluster.Start(port);
        using var others = new LoggingClient(CrashCluster.AddressOf(port), run.Cluster.Key, run.Log);
        Load more = Load.Start(others, run.Seed + 1, Clients);
        TimeSpan took = await run.RecoveryAsync(second.StartedAt, second);
        run.Say($"process {second.ProcessId} took over: served after {took.TotalSeconds:F2} s");
        await run.PauseAsync(500, 1500);

        // What the first one's clients wait for comes now, or breaks; their next tries go to the second.
        run.Client.Server = others.Server;
        long woken = Stopwatch.GetTimestamp();
        first.Send(Signal.Continue);
        (int refused, int broken) = await ProbeAsync(run, first);
        int code = await first.ExitAsync(TimeSpan.FromSeconds(10));
        run.Say($"SIGCONT: exit code {code} after {Stopwatch.GetElapsedTime(woken).TotalSeconds:F2} s; "
            + $"asked meanwhile: {refused} answers of 503, {broken} broken");
        Assert.True(code == Fenced, $"Exit code {code}:\n{first.Output}");

        await run.PauseAsync(300, 600);
        await load.FinishAsync();
        await more.FinishAsync();
        await run.JudgeAsync();
        await run.StopAsync(second);
    }

    // Writes and reads sent to the woken one until it is gone. None may succeed. No client sends these events anywhere else: where one is
    // found in the journal, the judge calls it an event that was never sent.
    private static async Task<(int Refused, int Broken)> ProbeAsync(CrashRun run, ServerProcess first)
    {
        (int refused, int broken) = (0, 0);
        var log = new ClientLog();
        using var client = new LoggingClient(run.Cluster.Address, run.Cluster.Key, log);
        long started = Stopwatch.GetTimestamp();
        while (!first.HasExited && Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(10))
        {
            var probe = new SentEvent(Guid.NewGuid().ToString(), Load.Prepaid[0], ModelPrice.All[0], 1, 1, null);
            await AskAsync(HttpMethod.Post, "/v1/events", probe.ToJson().ToJsonString());
            await AskAsync(HttpMethod.Get, $"/v1/wallets/{Load.Prepaid[1]}", null);
        }

        return (refused, broken);

        async Task AskAsync(HttpMethod method, string path, string? body)
        {
            FinalAnswer? answer = await client.TryAsync(method, path, body, "application/cloudevents+json", null);
            if (answer is { Status: < 500 })
                run.Log.Fault($"{method} {path}, sent to the owner that was replaced, was answered {answer.Status} {answer.Text}");
            else if (answer is not null || log.Requests.Unavailable > refused)
                refused++;
            else
                broken++;
        }
    }
}
