using System.Globalization;
using System.Text;
using Metering.Benchmarks.Load;
using Metering.Core.Wallets;
using Metering.Grid.Journal;
using Npgsql;

namespace Metering.Benchmarks.Run;

/// <summary>
/// Recomputes every balance from what the clients were told and compares with what the API says, what the journals hold and what the
/// projections hold.
/// </summary>
internal sealed class IndependentCheck(ServerTarget server, LoadRunner runner, ClientLedger ledger)
{
    private const decimal NanosACredit = 1_000_000_000m;
    private readonly List<string> differences = [];
    private readonly Lock gate = new();
    private long count;

    /// <summary>Differences found; 0 in a run that counts.</summary>
    public long Differences => count;

    /// <summary>Bytes of all groups in the journals.</summary>
    public long JournalBytes { get; private set; }

    /// <summary>The first of them, in words.</summary>
    public IReadOnlyList<string> Examples => differences;

    public async Task RunAsync()
    {
        await server.SettleAsync();
        while (await server.GroupsBehindAsync() > 0)
            await Task.Delay(100);
        await Task.WhenAll(Task.Run(CheckBalancesAsync), Task.Run(CheckJournalAsync), Task.Run(CheckProjectionsAsync));
    }

    // Hourly changes of large batches are settled when it is quiet, which it is now.
    private async Task HoursSettledAsync()
    {
        foreach (string shard in server.Shards)
        {
            await using var connection = new NpgsqlConnection(shard);
            await connection.OpenAsync();
            await using var command = new NpgsqlCommand("SELECT count(*) FROM usage_hour_change", connection);
            var waited = System.Diagnostics.Stopwatch.StartNew();
            while ((long)(await command.ExecuteScalarAsync())! > 0 && waited.Elapsed < TimeSpan.FromMinutes(2))
                await Task.Delay(200);
        }
    }

    private async Task CheckBalancesAsync()
    {
        int first = ledger.Granted.Keys.Min();
        int customers = ledger.Granted.Keys.Max() - first + 1;
        string log = Path.GetTempFileName();
        await runner.RunAsync(
            server, runner.Spec(server, LoadKind.Balance) with { FirstCustomer = first, Customers = customers, LogFile = log }, null);
        (long[] available, long[] burned) = TallyFile.Read(log);
        File.Delete(log);
        foreach ((int customer, long granted) in ledger.Granted)
        {
            long nanos = ledger.Customers.GetValueOrDefault(customer).Nanos;
            Compare("API, burned", LlmLoad.CustomerId(customer), burned[customer - first], nanos);
            Compare("API, available", LlmLoad.CustomerId(customer), available[customer - first], (granted * (long)NanosACredit) - nanos);
        }
    }

    private async Task CheckJournalAsync()
    {
        var events = new Dictionary<string, (long Events, long Nanos)>();
        var burned = new Dictionary<string, long>();
        var ids = new HashSet<Guid>();
        var reader = new GroupReader();
        await ReadAsync("SELECT seq, body FROM journal ORDER BY partition, seq", row =>
        {
            byte[] body = row.GetFieldValue<byte[]>(1);
            JournalBytes += body.Length;
            reader.Open(row.GetInt64(0), body);
            while (reader.Read())
            {
                if (reader.Kind == EntryKind.Event)
                {
                    if (!ids.Add(Guid.Parse(Encoding.ASCII.GetString(reader.Id))))
                        Differ("journal: an event is there twice");
                    (long number, long nanos) = events.GetValueOrDefault(reader.CustomerId);
                    events[reader.CustomerId] = (number + 1, nanos + Nanos(reader.Credits.ToDecimal()));
                }
                else if (reader.Kind == EntryKind.Wallet && reader.Wallet is CreditsBurned burn)
                {
                    burned[reader.CustomerId] = burned.GetValueOrDefault(reader.CustomerId) + Nanos(burn.Total.ToDecimal());
                }
            }
        });
        CompareAll("journal, events", events.ToDictionary(pair => pair.Key, pair => pair.Value.Events), item => item.Events);
        CompareAll("journal, credits of events", events.ToDictionary(pair => pair.Key, pair => pair.Value.Nanos), item => item.Nanos);
        CompareAll("journal, burns", burned, item => item.Nanos);
    }

    private async Task CheckProjectionsAsync()
    {
        var events = new Dictionary<string, long>();
        var credits = new Dictionary<string, long>();
        await ReadAsync("SELECT customer_id, count(*), sum(credits) FROM usage_event GROUP BY customer_id", row =>
        {
            events[row.GetString(0)] = row.GetInt64(1);
            credits[row.GetString(0)] = Nanos(row.GetDecimal(2));
        });
        CompareAll("usage_event, events", events, item => item.Events);
        CompareAll("usage_event, credits", credits, item => item.Nanos);
        await HoursSettledAsync();
        await CompareSqlAsync("usage_hourly", "SELECT customer_id, sum(credits) FROM usage_hourly GROUP BY customer_id");
        await CompareSqlAsync(
            "ledger_entry", "SELECT customer_id, sum(amount) FROM ledger_entry WHERE transaction_type = 'BURN' GROUP BY customer_id");
    }

    private async Task CompareSqlAsync(string name, string sql)
    {
        var found = new Dictionary<string, long>();
        await ReadAsync(sql, row => found[row.GetString(0)] = Math.Abs(Nanos(row.GetDecimal(1))));
        CompareAll(name, found, item => item.Nanos);
    }

    private void CompareAll(string place, Dictionary<string, long> found, Func<(long Events, long Nanos), long> of)
    {
        foreach ((int customer, (long Events, long Nanos) told) in ledger.Customers)
        {
            string id = LlmLoad.CustomerId(customer);
            found.Remove(id, out long there);
            Compare(place, id, there, of(told));
        }

        foreach ((string customer, long there) in found)
            Compare(place, customer, there, 0);
    }

    private void Compare(string place, string customer, long found, long told)
    {
        if (found != told)
            Differ(string.Create(CultureInfo.InvariantCulture, $"{place}: {customer} has {found}, the client was told {told}"));
    }

    private void Differ(string difference)
    {
        lock (gate)
        {
            count++;
            if (differences.Count < 20)
                differences.Add(difference);
        }
    }

    private async Task ReadAsync(string sql, Action<NpgsqlDataReader> take)
    {
        foreach (string shard in server.Shards)
        {
            await using var connection = new NpgsqlConnection(shard);
            await connection.OpenAsync();
            await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 600 };
            await using NpgsqlDataReader row = await command.ExecuteReaderAsync();
            while (await row.ReadAsync())
                take(row);
        }
    }

    private static long Nanos(decimal credits) => (long)(credits * NanosACredit);
}
