using Metering.TestSupport;
using Npgsql;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace Metering.Scenarios.Crash;

/// <summary>The judge of the crash tests has to notice: each of these is a fault that a crash could have left.</summary>
public sealed class JudgeTests(ITestOutputHelper output)
{
    /// <summary>A change of a table that undoes itself: what is done, how it is undone, what the judge must say.</summary>
    private static readonly (string Break, string Mend, string Says)[] breaks =
    [
        ("CREATE TABLE kept AS SELECT * FROM usage_event LIMIT 1; DELETE FROM usage_event USING kept WHERE usage_event.id = kept.id",
            "INSERT INTO usage_event SELECT * FROM kept; DROP TABLE kept", "usage_event lacks"),
        ("CREATE TABLE kept AS SELECT * FROM usage_event LIMIT 1; INSERT INTO usage_event SELECT * FROM kept",
            """
            DELETE FROM usage_event USING kept WHERE usage_event.id = kept.id;
            INSERT INTO usage_event SELECT * FROM kept; DROP TABLE kept
            """,
            "twice"),
        ("UPDATE usage_hourly SET sum = sum + 1", "UPDATE usage_hourly SET sum = sum - 1", "usage_hourly"),
        ("UPDATE ledger_entry SET balance_after = balance_after + 1", "UPDATE ledger_entry SET balance_after = balance_after - 1",
            "ledger_entry"),
        // The largest group of all written again at the end of its journal: everything in it happened twice.
        ("""
         CREATE TABLE kept AS SELECT partition, (SELECT max(seq) + 1 FROM journal newest WHERE newest.partition = largest.partition) AS seq,
            (SELECT max(epoch) FROM journal newest WHERE newest.partition = largest.partition) AS epoch, at, body
            FROM journal largest ORDER BY length(body) DESC LIMIT 1;
         INSERT INTO journal SELECT partition, seq, epoch, at, body FROM kept;
         UPDATE projection_cursor SET seq = kept.seq FROM kept WHERE kept.partition = projection_cursor.partition
         """,
            """
            DELETE FROM journal USING kept WHERE journal.partition = kept.partition AND journal.seq = kept.seq;
            UPDATE projection_cursor SET seq = kept.seq - 1 FROM kept WHERE kept.partition = projection_cursor.partition; DROP TABLE kept
            """,
            "is in the journal twice"),
    ];

    [LinuxFact]
    public async Task Judge_notices_what_is_lost_doubled_or_made_up()
    {
        await using var run = new CrashRun(await CrashCluster.OnDatabasesAsync(), output);
        ServerProcess server = await run.OpenAsync();
        var load = Load.Start(run.Client, run.Seed, 4);
        while (run.Log.Requests.Answered < 600)
        {
            Assert.False(server.HasExited, server.Output);
            await Task.Delay(20);
        }

        await load.FinishAsync();
        await run.JudgeAsync();
        foreach ((string wrong, string mend, string says) in breaks)
        {
            await RunAsync(run, wrong);
            await CondemnsAsync(run, says);
            await RunAsync(run, mend);
        }

        await run.JudgeAsync();
        SentEvent lost = new(Guid.NewGuid().ToString(), Load.Prepaid[0], ModelPrice.All[0], 1, 1, null);
        run.Log.Sending(lost);
        run.Log.Counted(lost, run.Log.Now(), first: true, lost.Credits, "2025-01-01T00:00:00Z");
        await CondemnsAsync(run, "is not in the journal");
        await run.StopAsync(server);
    }

    private static async Task CondemnsAsync(CrashRun run, string says)
    {
        XunitException fault = await Assert.ThrowsAnyAsync<XunitException>(
            () => new Judge(run.Log).RunAsync(run.Client, run.Cluster.Shards));
        Assert.Contains(says, fault.Message, StringComparison.Ordinal);
    }

    private static async Task RunAsync(CrashRun run, string sql)
    {
        await using var connection = new NpgsqlConnection(run.Cluster.Shards[0]);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
