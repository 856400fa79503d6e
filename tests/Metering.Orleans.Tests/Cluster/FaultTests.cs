using System.Globalization;
using System.Net;
using Metering.Scenarios.Crash;
using Metering.TestSupport;
using Npgsql;
using Xunit.Abstractions;

namespace Metering.Orleans.Tests.Cluster;

/// <summary>What can happen to a silo, done to real processes under load; after each, the judge over the clients' own log.</summary>
public sealed class FaultTests(ITestOutputHelper output)
{
    private const int Fenced = 3;

    // How long a silo is halted; METERING_PAUSE_SECONDS=60 for the whole minute. Longer than the others take to declare it dead.
    private static readonly TimeSpan pause = TimeSpan.FromSeconds(
        int.Parse(Environment.GetEnvironmentVariable("METERING_PAUSE_SECONDS") ?? "15", CultureInfo.InvariantCulture));

    [LinuxFact]
    [Trait("runs", "alone")]
    public async Task Silo_that_is_killed_loses_nothing_and_doubles_nothing()
    {
        await using ClusterRun run = await ClusterRun.StartAsync(output);
        await KillAsync(run);
    }

    [LinuxFact]
    [Trait("runs", "alone")]
    public async Task Silo_that_is_added_after_a_kill_loses_nothing_and_doubles_nothing()
    {
        await using ClusterRun run = await ClusterRun.StartAsync(output);
        await KillAsync(run);
        await run.UnderLoadAsync("a silo added", () => SiloCluster.ReadyAsync(run.Cluster.AddSilo("silo4")));
    }

    [LinuxFact]
    [Trait("runs", "alone")]
    public async Task Silo_that_is_drained_hands_its_partitions_over()
    {
        await using ClusterRun run = await ClusterRun.StartAsync(output);
        ClusterProcess leaving = run.Cluster.Silos[2];
        await run.UnderLoadAsync("SIGTERM to a silo", async () =>
        {
            leaving.Process.Send(Signal.Terminate);
            int code = await leaving.Process.ExitAsync(TimeSpan.FromSeconds(30));
            Assert.True(code == 0, $"Exit code {code}:\n{leaving.Process.Output}");
        }, goal: TimeSpan.FromSeconds(1));
    }

    [LinuxFact]
    public async Task Silo_that_is_paused_and_wakes_answers_nothing_any_more_and_ends()
    {
        await using ClusterRun run = await ClusterRun.StartAsync(output);
        ClusterProcess paused = run.Cluster.Silos[0];
        await run.UnderLoadAsync($"SIGSTOP of a silo, woken after {pause.TotalSeconds} s", async () =>
        {
            paused.Process.Send(Signal.Stop);
            await Task.Delay(pause);
            paused.Process.Send(Signal.Continue);
        });
        int code = await paused.Process.ExitAsync(TimeSpan.FromSeconds(30));
        run.Say($"the silo that woke ended with exit code {code}");
        Assert.True(code == Fenced, $"Exit code {code}:\n{paused.Process.Output}");
        run.Cluster.Forget(paused);
        await run.UnderLoadAsync("after it has ended", () => Task.CompletedTask);
    }

    [LinuxFact]
    public Task Silo_that_is_cut_off_from_PostgreSQL_leaves_its_partitions_to_the_others() => CutOffAsync(
        output, "a silo cut off from PostgreSQL", cable => cable.Cut(), goal: null);

    [LinuxFact]
    [Trait("runs", "alone")]
    public Task Silo_whose_network_to_PostgreSQL_goes_silent_leaves_its_partitions_to_the_others() => CutOffAsync(
        output, "a silo whose network to PostgreSQL goes silent", cable => cable.Silence(), goal: TimeSpan.FromSeconds(20));

    [LinuxFact]
    public async Task Silos_that_all_lose_every_database_stay_and_wait_for_them()
    {
        await using SiloCluster cluster = await SiloCluster.StartAsync(empty: true);
        var postgres = new NpgsqlConnectionStringBuilder(cluster.Control);
        using var cable = new TcpProxy(new IPEndPoint(IPAddress.Loopback, postgres.Port));
        for (int number = 1; number <= 2; number++)
        {
            await SiloCluster.ReadyAsync(cluster.AddSilo($"silo{number}", text =>
                new NpgsqlConnectionStringBuilder(text) { Host = "127.0.0.1", Port = cable.Port }.ConnectionString));
        }

        cable.Silence();
        // Longer than one that is cut off alone stays.
        await Task.Delay(TimeSpan.FromSeconds(18));

        Assert.All(cluster.Silos, silo => Assert.False(silo.Process.HasExited, silo.Process.Output));
        Assert.All(cluster.Silos, silo => Assert.DoesNotContain("this one ends", silo.Process.Output, StringComparison.Ordinal));
    }

    private static async Task CutOffAsync(ITestOutputHelper output, string what, Action<TcpProxy> cut, TimeSpan? goal)
    {
        await using ClusterRun run = await ClusterRun.StartAsync(output);
        var postgres = new NpgsqlConnectionStringBuilder(run.Cluster.Control);
        using var cable = new TcpProxy(new IPEndPoint(IPAddress.Loopback, postgres.Port));
        ClusterProcess far = run.Cluster.AddSilo(
            "silo4", text => new NpgsqlConnectionStringBuilder(text) { Host = "127.0.0.1", Port = cable.Port }.ConnectionString);
        await SiloCluster.ReadyAsync(far);
        await run.UnderLoadAsync(
            what,
            () =>
            {
                cut(cable);
                return Task.CompletedTask;
            },
            goal);
        int code = await far.Process.ExitAsync(TimeSpan.FromSeconds(60));
        run.Say($"the silo that was cut off ended with exit code {code}");
        Assert.True(code == Fenced, $"Exit code {code}:\n{far.Process.Output}");
    }

    private static async Task KillAsync(ClusterRun run)
    {
        ClusterProcess victim = run.Cluster.Silos[1];
        await run.UnderLoadAsync("kill -9 of a silo", () => victim.Process.KillAsync(), goal: TimeSpan.FromSeconds(10));
        run.Cluster.Forget(victim);
    }
}
