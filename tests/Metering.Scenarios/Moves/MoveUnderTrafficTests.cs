using System.Globalization;
using System.Text;
using Metering.Grid.Directory;
using Metering.Scenarios.Crash;
using Metering.TestSupport;
using Npgsql;
using Xunit.Abstractions;
using ServerProcess = Metering.Scenarios.Crash.ServerProcess;

namespace Metering.Scenarios.Moves;

/// <summary>The real commands against the real server, with clients at work; judged over the clients' own log.</summary>
public sealed class MoveUnderTrafficTests(ITestOutputHelper output)
{
    private const int Partitions = 64;
    private const int Clients = 4;
    private static readonly TimeSpan pauseMax = TimeSpan.FromSeconds(2);

    // The customer whose partition is moved about; others of the load are moved with it or stay.
    private static readonly string customer = Load.Prepaid[0];
    private static readonly int partition = Placement.PartitionOf(Encoding.UTF8.GetBytes(customer), Partitions);

    [LinuxFact]
    [Trait("runs", "alone")]
    public async Task Partition_moves_to_another_shard_to_a_new_one_and_back_while_clients_send()
    {
        await using var run = new CrashRun(await CrashCluster.OnDatabasesAsync(), output);
        ServerProcess server = await run.OpenAsync();
        (string home, string other) = partition % 2 == 0 ? ("shard0", "shard1") : ("shard1", "shard0");
        var early = new SentEvent(Guid.NewGuid().ToString(), customer, ModelPrice.All[0], 100, 50, null);
        run.Log.Sending(early);
        await run.Client.IngestAsync([early], detailed: true);
        Load load = Load.Start(run.Client, run.Seed, Clients);
        Pulse pulse = Pulse.Start(run.Client, customer);
        await run.PauseAsync(2000, 2500);
        run.Say($"without a move: longest {pulse.TakeLongest().TotalMilliseconds:F0} ms between two answers of {customer}");

        var pauses = new List<TimeSpan> { await MoveAsync(run, pulse, other) };
        Assert.Contains(
            "shard2 was added", await CommandAsync(run, "shards", "add", await run.Cluster.MakeShardAsync()), StringComparison.Ordinal);
        pauses.Add(await MoveAsync(run, pulse, "shard2"));
        pauses.Add(await MoveAsync(run, pulse, home));
        Assert.Contains("shard2", await CommandAsync(run, "shards", "list"), StringComparison.Ordinal);
        await run.Client.IngestAsync([early], detailed: true);
        run.Say($"longest pause of partition {partition} over {pauses.Count} moves: {pauses.Max().TotalMilliseconds:F0} ms");

        await load.FinishAsync();
        await pulse.FinishAsync();
        Assert.Equal(1L, await LiveLeasesAsync(run.Cluster.Shards));
        await run.JudgeAsync();
        await run.StopAsync(server);
        Assert.True(pauses.Max() < pauseMax, $"The longest pause was {pauses.Max().TotalSeconds:F2} s.");
    }

    [LinuxFact]
    public async Task Kills_of_the_mover_and_of_the_server_in_the_middle_lose_nothing()
    {
        await using var run = new CrashRun(await CrashCluster.OnDatabasesAsync(), output);
        ServerProcess server = await run.OpenAsync();
        (string home, string other) = partition % 2 == 0 ? ("shard0", "shard1") : ("shard1", "shard0");
        Load load = Load.Start(run.Client, run.Seed, Clients);
        Pulse pulse = Pulse.Start(run.Client, customer);
        await run.PauseAsync(1500, 2000);
        for (int round = 0; round < 2; round++)
        {
            string to = round % 2 == 0 ? other : home;
            for (int kill = 0; kill < 2; kill++)
            {
                // Its start takes about half a second; the kill falls anywhere from before its first step to the clearing.
                ServerProcess mover = run.Cluster.StartCommand("shards", "move", Text(partition), "--to", to);
                await run.PauseAsync(300, 2500);
                await mover.KillAsync();
                run.Say($"mover to {to} killed; it had said: {mover.Output.Trim().Split('\n')[^1]}");
            }

            if (round == 1)
            {
                ServerProcess mover = run.Cluster.StartCommand("shards", "move", Text(partition), "--to", to);
                await run.PauseAsync(300, 2000);
                await server.KillAsync();
                server = run.Cluster.Start();
                TimeSpan took = await run.ServiceAsync(server.StartedAt, server);
                run.Say($"server killed beside the mover; served after {took.TotalSeconds:F2} s");
                int code = await mover.ExitAsync(TimeSpan.FromSeconds(60));
                Assert.True(code == 0, mover.Output);
            }

            await CommandAsync(run, "shards", "move", Text(partition), "--to", to);
            await pulse.AgainAsync(TimeSpan.FromSeconds(30));
        }

        await load.FinishAsync();
        await pulse.FinishAsync();
        Assert.Equal(1L, await LiveLeasesAsync(run.Cluster.Shards));
        await run.JudgeAsync();
        await run.StopAsync(server);
    }

    private static async Task<TimeSpan> MoveAsync(CrashRun run, Pulse pulse, string to)
    {
        pulse.TakeLongest();
        string said = await CommandAsync(run, "shards", "move", Text(partition), "--to", to);
        foreach (string line in said.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            run.Say($"   {line}");
        await pulse.AgainAsync(TimeSpan.FromSeconds(30));
        TimeSpan longest = pulse.TakeLongest();
        run.Say($"moved to {to}: longest {longest.TotalMilliseconds:F0} ms between two answers of {customer}");
        return longest;
    }

    private static async Task<string> CommandAsync(CrashRun run, params string[] arguments)
    {
        ServerProcess command = run.Cluster.StartCommand(arguments);
        int code = await command.ExitAsync(TimeSpan.FromSeconds(120));
        Assert.True(code == 0, $"'{string.Join(' ', arguments)}' ended with {code}:\n{command.Output}");
        return command.Output;
    }

    private static async Task<long> LiveLeasesAsync(IEnumerable<string> shards)
    {
        long live = 0;
        foreach (string shard in shards)
        {
            await using var connection = new NpgsqlConnection(shard);
            await connection.OpenAsync();
            await using var command = new NpgsqlCommand(
                $"SELECT count(*) FROM lease WHERE partition = {partition} AND moved_to IS NULL", connection);
            live += (long)(await command.ExecuteScalarAsync())!;
        }

        return live;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
