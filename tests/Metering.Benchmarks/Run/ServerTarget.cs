using System.Globalization;
using Metering.Benchmarks.Load;
using Metering.Core.Time;
using Metering.Grid.Directory;
using Metering.Storage.Postgres.Connections;
using Metering.Storage.Postgres.Directories;
using Metering.TestSupport;
using Npgsql;

namespace Metering.Benchmarks.Run;

/// <summary>The product as it is run: <c>serve</c> in a process of its own, on a control database and shards.</summary>
internal sealed class ServerTarget : ITarget
{
    private const int CustomersAtOnce = 10_000;
    private readonly string control;
    private readonly ServerProcess process;

    private ServerTarget(string control, IReadOnlyList<string> shards, ServerProcess process)
    {
        this.control = control;
        Shards = shards;
        this.process = process;
    }

    public string Name => "server";

    public int Port { get; private set; }

    public int ProcessId => process.ProcessId;

    /// <summary>Connection strings of the shards.</summary>
    public IReadOnlyList<string> Shards { get; }

    /// <summary>Starts it on empty databases.</summary>
    /// <param name="postgres">The PostgreSQL.</param>
    /// <param name="shards">How many shards.</param>
    /// <param name="settings">Settings other than the defaults.</param>
    public static async Task<ServerTarget> StartAsync(BenchPostgres postgres, int shards, params (string Name, string Value)[] settings)
    {
        string control = await postgres.CreateDatabaseAsync("bench_control");
        var databases = new List<string>();
        for (int i = 0; i < shards; i++)
            databases.Add(await postgres.CreateDatabaseAsync("bench_shard"));
        var server = new ServerTarget(control, databases, Start(control, databases, settings));
        server.Port = (await server.process.ServingAsync()).Port;
        return server;
    }

    /// <summary>Adds customers on the prepaid plan, without credits.</summary>
    public async Task AddCustomersAsync(int first, int count, string plan = ModelPrices.Plan)
    {
        await using var database = new ControlDatabase(new PostgresOptions { ConnectionString = control });
        var store = new DirectoryStore(database);
        var created = Instant.FromDateTimeOffset(DateTimeOffset.UtcNow);
        for (int at = first; at < first + count; at += CustomersAtOnce)
        {
            CustomerRecord[] customers = [.. Enumerable.Range(at, Math.Min(CustomersAtOnce, first + count - at)).Select(number =>
            {
                string id = LlmLoad.CustomerId(number);
                return new CustomerRecord(
                    id, id, $"{id}@example.com", plan, 1, "USD", "Etc/UTC", null, CustomerStatus.Active, created, 0);
            })];
            await store.AddCustomersAsync(customers, CancellationToken.None);
        }
    }

    /// <summary>Waits until the projections hold all of the journal.</summary>
    public async Task SettleAsync()
    {
        while (await GroupsBehindAsync() > 0)
            await Task.Delay(100);
    }

    public async Task<long> JournalBytesAsync() => await SumAsync("SELECT coalesce(sum(octet_length(body)), 0)::bigint FROM journal");

    /// <summary>Groups that the projections do not hold yet.</summary>
    public Task<long> GroupsBehindAsync() => SumAsync(
        """
        SELECT coalesce(sum(newest.seq - coalesce(cursor.seq, 0)), 0)::bigint
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

    private static ServerProcess Start(string control, IEnumerable<string> shards, (string Name, string Value)[] settings) => ServerProcess.Start(
        settings, ["serve", "--no-demo", "--port", "0", "--control", control, .. shards.SelectMany(shard => (string[])["--shard", shard])]);

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
