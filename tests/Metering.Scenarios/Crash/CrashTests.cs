using System.Diagnostics;
using Metering.TestSupport;
using Npgsql;
using Xunit.Abstractions;

namespace Metering.Scenarios.Crash;

/// <summary>One at a time, after the others: these tests measure times, and load the machine.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Crashes
{
    public const string Name = "crashes";
}

/// <summary>Kills of the real server and of its PostgreSQL under load; every judgement is over the clients' own log.</summary>
[Collection(Crashes.Name)]
public sealed class CrashTests(ITestOutputHelper output)
{
    private const int Clients = 6;

    [LinuxFact]
    public async Task Twenty_kills_of_the_server_lose_nothing_and_double_nothing()
    {
        await using var run = new CrashRun(CrashCluster.WithOwnPostgres(), output);
        ServerProcess server = await run.OpenAsync();
        Load load = Load.Start(run.Client, run.Seed, Clients);
        for (int kill = 1; kill <= 20; kill++)
        {
            // Some die while they start.
            bool serving = kill == 1 || run.Dice.Next(4) > 0;
            string when = "before it served";
            if (serving)
            {
                TimeSpan took = await run.ServiceAsync(server.StartedAt, server);
                when = $"served after {took.TotalSeconds:F2} s";
            }

            await run.PauseAsync(20, 1200);
            await server.KillAsync();
            run.Say($"kill {kill}: {when}, {run.Log.Requests.Answered} requests answered so far");
            server = run.Cluster.Start();
        }

        await run.ServiceAsync(server.StartedAt, server);
        await run.PauseAsync(500, 1000);
        await load.FinishAsync();
        await run.JudgeAsync();
        await run.StopAsync(server);
    }

    [LinuxFact]
    public async Task Five_kills_of_PostgreSQL_lose_nothing_and_the_server_serves_again_by_itself()
    {
        await using var run = new CrashRun(CrashCluster.WithOwnPostgres(), output);
        ServerProcess server = await run.OpenAsync();
        Load load = Load.Start(run.Client, run.Seed, Clients);
        await run.ServiceAsync(Stopwatch.GetTimestamp(), server);
        for (int kill = 1; kill <= 5; kill++)
        {
            await run.PauseAsync(300, 1500);
            long before = run.Log.Requests.Unavailable;
            run.Cluster.KillPostgres(all: kill % 2 == 0);
            long killed = Stopwatch.GetTimestamp();
            // What was decided before the kill may still be answered: service counts from the first refusal.
            while (run.Log.Requests.Unavailable == before)
            {
                Assert.True(Stopwatch.GetElapsedTime(killed) < TimeSpan.FromSeconds(30), $"Nobody noticed that PostgreSQL is gone:\n{server.Output}");
                await Task.Delay(5);
            }

            TimeSpan took = await run.ServiceAsync(killed, server);
            Assert.False(server.HasExited, $"The server ended with its PostgreSQL:\n{server.Output}");
            run.Say($"kill {kill} of PostgreSQL: served again after {took.TotalSeconds:F2} s");
        }

        await run.PauseAsync(500, 1000);
        await load.FinishAsync();
        await run.JudgeAsync();
        await run.StopAsync(server);
    }

    [LinuxFact]
    public async Task Stop_under_load_ends_in_good_order_and_leaves_nothing_to_replay()
    {
        await using var run = new CrashRun(await CrashCluster.OnDatabasesAsync(), output);
        ServerProcess server = await run.OpenAsync();
        Load load = Load.Start(run.Client, run.Seed, Clients);
        for (int stop = 1; stop <= 2; stop++)
        {
            await run.ServiceAsync(server.StartedAt, server);
            await run.PauseAsync(500, 2000);
            await run.StopAsync(server);
            (long groups, long toReplay) = await JournalAsync(run.Cluster.Shards);
            run.Say($"{groups} groups in the journals, {toReplay} of them to replay");
            Assert.Equal(0, toReplay);
            server = run.Cluster.Start();
        }

        TimeSpan took = await run.ServiceAsync(server.StartedAt, server);
        run.Say($"started again: served after {took.TotalSeconds:F2} s");
        await load.FinishAsync();
        await run.JudgeAsync();
        await run.StopAsync(server);
    }

    private static async Task<(long Groups, long ToReplay)> JournalAsync(IEnumerable<string> shards)
    {
        (long groups, long toReplay) = (0, 0);
        foreach (string shard in shards)
        {
            await using var connection = new NpgsqlConnection(shard);
            await connection.OpenAsync();
            await using var command = new NpgsqlCommand(
                "SELECT count(*), count(*) FILTER (WHERE seq > coalesce(replay_after, 0)) FROM journal LEFT JOIN partition_record USING (partition)",
                connection);
            await using NpgsqlDataReader row = await command.ExecuteReaderAsync();
            await row.ReadAsync();
            (groups, toReplay) = (groups + row.GetInt64(0), toReplay + row.GetInt64(1));
        }

        return (groups, toReplay);
    }
}
