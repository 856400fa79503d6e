using System.Diagnostics;
using System.Globalization;
using Metering.TestSupport;
using Npgsql;

namespace Metering.Benchmarks.Run;

/// <summary>The product as it is run: <c>serve</c> in a process of its own, on a control database and shards.</summary>
internal sealed class ServerTarget : ITarget
{
    private const long QuietBytes = 64 * 1024;
    private static readonly TimeSpan _quietFor = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan _quietWithin = TimeSpan.FromSeconds(10);
    private readonly ServerProcess process;

    private ServerTarget(IReadOnlyList<string> shards, ServerProcess process)
    {
        Shards = shards;
        this.process = process;
    }

    public string Name => "server";

    public int Port { get; private set; }

    public int ProcessId => process.ProcessId;

    /// <summary>Connection strings of the shards.</summary>
    public IReadOnlyList<string> Shards { get; }

    /// <summary>Starts it on databases of its own.</summary>
    /// <param name="postgres">The PostgreSQL.</param>
    /// <param name="shards">How many shards.</param>
    /// <param name="customers">How many customers there are.</param>
    /// <param name="funded">How many of them, the first ones, have credits; a multiple of 2,000.</param>
    /// <param name="plan">Their plan.</param>
    /// <param name="credits">What each of those wallets holds.</param>
    /// <param name="settings">Settings other than the defaults.</param>
    public static async Task<ServerTarget> StartAsync(
        BenchPostgres postgres, int shards, int customers, int funded, string plan, long credits, params (string Name,
            string Value)[] settings)
    {
        string control = await postgres.CreateDatabaseAsync("bench_control");
        var databases = new List<string>();
        for (int i = 0; i < shards; i++)
            databases.Add(await postgres.CreateDatabaseAsync("bench_shard"));
        await Preparation.RunAsync(control, databases, customers, funded, plan, credits);
        var server = new ServerTarget(databases, Start(control, databases, settings));
        server.Port = (await server.process.ServingAsync()).Port;
        return server;
    }

    /// <summary>
    /// Waits until the projections hold all of the journal and, for a while, until checkpoints have stopped writing.
    /// </summary>
    public async Task SettleAsync()
    {
        while (await GroupsBehindAsync() > 0)
            await Task.Delay(100);
        long began = Stopwatch.GetTimestamp();
        long before = await WalBytesAsync();
        while (Stopwatch.GetElapsedTime(began) < _quietWithin)
        {
            await Task.Delay(_quietFor);
            long after = await WalBytesAsync();
            if (after - before < QuietBytes)
                return;
            before = after;
        }
    }

    public async Task<long> JournalBytesAsync() => await SumAsync("SELECT coalesce(sum(octet_length(body)), 0)::bigint FROM journal");

    /// <summary>Groups that the projections do not hold yet, and hourly changes that are not settled.</summary>
    public Task<long> GroupsBehindAsync() => SumAsync(
        """
        SELECT coalesce(sum(newest.seq - coalesce(cursor.seq, 0)), 0)::bigint + (SELECT count(*) FROM usage_hour_change)
        FROM (SELECT partition, max(seq) AS seq FROM journal GROUP BY partition) newest LEFT JOIN projection_cursor cursor USING (partition)
        """);

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            await process.SignalAsync("TERM");
            await process.EndedAsync();
        }

        await process.DisposeAsync();
    }

    private static ServerProcess Start(string control, IEnumerable<string> shards, (string Name, string Value)[] settings) =>
        ServerProcess.Start(
        settings, ["serve", "--no-demo", "--port", "0", "--control", control, .. shards.SelectMany(shard => (string[])["--shard", shard])]);

    private async Task<long> WalBytesAsync()
    {
        await using var connection = new NpgsqlConnection(Shards[0]);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint", connection);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private async Task<long> SumAsync(string sql)
    {
        long sum = 0;
        foreach (string shard in Shards)
        {
            await using var connection = new NpgsqlConnection(shard);
            await connection.OpenAsync();
            await using var command = new NpgsqlCommand(sql, connection);
            sum += Convert.ToInt64(await command.ExecuteScalarAsync(), CultureInfo.InvariantCulture);
        }

        return sum;
    }
}
