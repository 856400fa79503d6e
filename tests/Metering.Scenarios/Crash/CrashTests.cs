using System.Diagnostics;
using Metering.TestSupport;
using Npgsql;
using Xunit.Abstractions;

namespace Metering.Scenarios.Crash;

/// <summary>Kills of the real server and of its PostgreSQL under load; every judgement is over the clients' own log.</summary>
public sealed class CrashTests(ITestOutputHelper output)
{
    private const int Clients = 6;

    [LinuxFact]
    public async Task Kills_of_the_server_lose_nothing_and_double_nothing()
    {
        await using var run = new CrashRun(CrashCluster.WithOwnPostgres(), output);
        ServerProcess server = await run.OpenAsync();
        Load load = Load.Start(run.Client, run.Seed, Clients);
        for (int kill = 1; kill <= WholeSuite.Of(6, 20); kill++)
        {
            // Some die while they start.
            bool serving = kill == 1 || run.Dice.Next(4) > 0;
            string when = "before it served";
            if (serving)
            {
                TimeSpan took = kill == 1
                    ? await run.ServiceAsync(Stopwatch.GetTimestamp(), server)
                    : await run.RecoveryAsync(server.StartedAt, server);
                when = $"served after {took.TotalSeconds:F2} s";
            }

            await run.PauseAsync(20, 1200);
            await server.KillAsync();
            run.Say($"kill {kill}: {when}, {run.Log.Requests.Answered} requests answered so far");
            server = run.Cluster.Start();
        }

        await run.RecoveryAsync(server.StartedAt, server);
        await run.PauseAsync(500, 1000);
        await load.FinishAsync();
        await run.JudgeAsync();
        await run.StopAsync(server);
    }

    [LinuxFact]
    public async Task Kills_of_PostgreSQL_lose_nothing_and_the_server_serves_again_by_itself()
    {
        await using var run = new CrashRun(CrashCluster.WithOwnPostgres(), output);
        ServerProcess server = await run.OpenAsync();
        Load load = Load.Start(run.Client, run.Seed, Clients);
        await run.ServiceAsync(Stopwatch.GetTimestamp(), server);
        for (int kill = 1; kill <= WholeSuite.Of(2, 5); kill++)
        {
            await run.PauseAsync(300, 1500);
            long before = run.Log.Requests.Unavailable;
            long killed = Stopwatch.GetTimestamp();
            await run.Cluster.KillPostgresAsync(all: kill % 2 == 0);
            // Sessions of the dead server may still end what they were at: only answers after its restart count as service.
            await run.Cluster.PostgresAgainAsync(TimeSpan.FromSeconds(60));
            TimeSpan postgres = Stopwatch.GetElapsedTime(killed);
            TimeSpan took = await run.RecoveryAsync(killed, server);
            Assert.False(server.HasExited, $"The server ended with its PostgreSQL:\n{server.Output}");
            run.Say($"kill {kill} of PostgreSQL: it ran again after {postgres.TotalSeconds:F2} s, served after "
                + $"{took.TotalSeconds:F2} s, {run.Log.Requests.Unavailable - before} answers of 503 meanwhile");
            Assert.True(run.Log.Requests.Unavailable > before, "Nobody was told that PostgreSQL is away.");
        }

        await run.PauseAsync(500, 1000);
        await load.FinishAsync();
        await run.JudgeAsync();
        await run.StopAsync(server);
    }

    [LinuxFact]
    public async Task Stop_under_load_ends_in_good_order_with_everything_saved_and_released()
    {
        await using var run = new CrashRun(await CrashCluster.OnDatabasesAsync(), output);
        ServerProcess server = await run.OpenAsync();
        Load load = Load.Start(run.Client, run.Seed, Clients);
        for (int stop = 1; stop <= 2; stop++)
        {
            await run.ServiceAsync(server.StartedAt, server);
            await run.PauseAsync(500, 2000);
            await run.StopAsync(server);
            (long groups, long owned, long unsaved) = await LeftBehindAsync(run.Cluster.Shards);
            run.Say($"{groups} groups in the journals; {owned} partitions not released, {unsaved} not saved up to their newest group");
            Assert.Equal((0, 0), (owned, unsaved));
            server = run.Cluster.Start();
        }

        TimeSpan took = await run.RecoveryAsync(server.StartedAt, server);
        run.Say($"started again: served after {took.TotalSeconds:F2} s");
        await load.FinishAsync();
        await run.JudgeAsync();
        await run.StopAsync(server);
    }

    // Saved state holds the wallets up to the newest group. What a next start still reads of the journal are identities, few enough to be
    // no segment yet.
    private static async Task<(long Groups, long Owned, long Unsaved)> LeftBehindAsync(IEnumerable<string> shards)
    {
        (long groups, long owned, long unsaved) = (0, 0, 0);
        foreach (string shard in shards)
        {
            await using var connection = new NpgsqlConnection(shard);
            await connection.OpenAsync();
            await using var command = new NpgsqlCommand(
                """
                SELECT (SELECT count(*) FROM journal),
                    (SELECT count(*) FROM lease WHERE owner IS NOT NULL),
                    (SELECT count(*) FROM (SELECT partition, max(seq) AS seq FROM journal GROUP BY partition) newest
                     LEFT JOIN (SELECT partition, max(seq) AS seq FROM checkpoint GROUP BY partition) saved USING (partition)
                     WHERE saved.seq IS DISTINCT FROM newest.seq)
                """,
                connection);
            await using NpgsqlDataReader row = await command.ExecuteReaderAsync();
            await row.ReadAsync();
            (groups, owned, unsaved) = (groups + row.GetInt64(0), owned + row.GetInt64(1), unsaved + row.GetInt64(2));
        }

        return (groups, owned, unsaved);
    }
}
