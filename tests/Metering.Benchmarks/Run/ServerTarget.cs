using System.Diagnostics;
using System.Globalization;
using Metering.Benchmarks.Processes;
using Metering.TestSupport;
using Npgsql;

namespace Metering.Benchmarks.Run;

/// <summary>
/// The product as it is run: <c>serve</c> in a process of its own, on a control database and shards, with the settings and the runtime's
/// configuration that it ships with.
/// </summary>
internal sealed class ServerTarget : ITarget
{
    private const long QuietBytes = 64 * 1024;
    private const int StopsMax = 3;
    private static readonly TimeSpan _quietFor = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan _quietWithin = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan _savedWithin = TimeSpan.FromSeconds(60);
    private readonly ChildProcess process;
    private readonly HttpClient http = new(new SocketsHttpHandler { UseProxy = false });

    private ServerTarget(IReadOnlyList<string> shards, ChildProcess process)
    {
        Shards = shards;
        this.process = process;
        http.DefaultRequestHeaders.Authorization = new("Bearer", ServerProcess.OperatorKey);
    }

    /// <summary>The assembly that is started, beside its runtime configuration.</summary>
    public static string Program => Path.Combine(AppContext.BaseDirectory, "Metering.Server.dll");

    public string Name => "server";

    public int Port { get; private set; }

    public int ProcessId => process.Id;

    /// <summary>Connection strings of the shards.</summary>
    public IReadOnlyList<string> Shards { get; }

    /// <summary>Starts it on databases of its own.</summary>
    /// <param name="postgres">The PostgreSQL.</param>
    /// <param name="shards">How many shards.</param>
    /// <param name="customers">How many customers there are.</param>
    /// <param name="funded">How many of them, the first ones, have credits; a multiple of 2,000.</param>
    /// <param name="plan">Their plan.</param>
    /// <param name="credits">What each of those wallets holds.</param>
    /// <param name="fill">Fills more in before it starts; null for nothing.</param>
    /// <param name="settings">Settings other than the defaults.</param>
    public static async Task<ServerTarget> StartAsync(
        BenchPostgres postgres, int shards, int customers, int funded, string plan, long credits, Func<ITarget, Task>? fill,
        params (string Name, string Value)[] settings)
    {
        string control = await postgres.CreateDatabaseAsync("bench_control");
        var databases = new List<string>();
        for (int i = 0; i < shards; i++)
            databases.Add(await postgres.CreateDatabaseAsync("bench_shard"));
        await Preparation.RunAsync(control, databases, customers, funded, plan, credits, fill);
        ServerTarget server = await StartAsync(control, databases, settings);
        // A stop saves for a few seconds and leaves the rest to be replayed; what was left is saved by the next.
        for (int tries = 0; (await server.FiguresAsync())!.PartitionsUnsaved > 0 && tries < StopsMax; tries++)
        {
            await server.StopAsync();
            server = await StartAsync(control, databases, settings);
        }

        Bench.Say("  the server serves");
        return server;
    }

    private static async Task<ServerTarget> StartAsync(
        string control, IReadOnlyList<string> databases, IEnumerable<(string Name, string Value)> settings)
    {
        var server = new ServerTarget(databases, ChildProcess.Start(
            Program,
            ["serve", "--no-demo", "--port", "0", "--control", control,
                .. databases.SelectMany(shard => (string[])["--shard", shard])],
            [("METERING_OPERATOR_KEY", ServerProcess.OperatorKey), .. settings],
            mergeErrors: true));
        string serving = await server.process.ReadLineAsync("serving on http://");
        server.process.KeepReading();
        string address = serving[serving.IndexOf("http://", StringComparison.Ordinal)..].Split(',', ' ')[0];
        server.Port = new Uri(address).Port;
        server.http.BaseAddress = new Uri(address);
        return server;
    }

    /// <summary>
    /// Waits until the projections hold all of the journal and, for a while, until checkpoints have stopped writing.
    /// </summary>
    public async Task SettleAsync()
    {
        while ((await FiguresAsync())!.Backlog > 0 || await SumAsync("SELECT count(*) FROM usage_hour_change") > 0)
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

    /// <summary>Waits until nothing is left to save: changes are saved when they are 30 s old.</summary>
    /// <returns>Partitions that still have unsaved changes.</returns>
    public async Task<int> SavedAsync()
    {
        long began = Stopwatch.GetTimestamp();
        ServerFigures figures = (await FiguresAsync())!;
        while (figures.PartitionsUnsaved + figures.Backlog > 0 && Stopwatch.GetElapsedTime(began) < _savedWithin)
        {
            await Task.Delay(250);
            figures = (await FiguresAsync())!;
        }

        return (int)figures.PartitionsUnsaved;
    }

    /// <summary>Brings all customers into memory.</summary>
    public async Task WarmAsync()
    {
        using var content = new StringContent("{}", System.Text.Encoding.UTF8, "application/json");
        using HttpResponseMessage answer = await http.PostAsync(new Uri("/api/v1/cache/warm", UriKind.Relative), content);
        answer.EnsureSuccessStatusCode();
    }

    public void Pause(bool paused) => process.Pause(paused);

    public async Task<ServerFigures?> FiguresAsync() =>
        ServerFigures.Parse(await http.GetStringAsync(new Uri("/metrics", UriKind.Relative)));

    /// <summary>Groups that the projections do not hold yet, and hourly changes that are not settled, as the database says.</summary>
    public Task<long> GroupsBehindAsync() => SumAsync(
        """
        SELECT coalesce(sum(newest.seq - coalesce(cursor.seq, 0)), 0)::bigint + (SELECT count(*) FROM usage_hour_change)
        FROM (SELECT partition, max(seq) AS seq FROM journal GROUP BY partition) newest LEFT JOIN projection_cursor cursor USING (partition)
        """);

    /// <summary>Ends it in good order.</summary>
    private async Task StopAsync()
    {
        http.Dispose();
        await process.TerminateAsync();
    }

    /// <summary>Its databases are thrown away with it, so it is not asked to save anything.</summary>
    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        await process.KillAsync();
    }

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
