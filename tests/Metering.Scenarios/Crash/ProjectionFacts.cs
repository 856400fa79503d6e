using System.Diagnostics;
using System.Text.Json;
using Npgsql;

namespace Metering.Scenarios.Crash;

/// <summary>A row of <c>usage_event</c>.</summary>
internal sealed record ProjectedEvent(
    int Partition, long Sequence, int Ordinal, string Customer, string Project, string Source, string Id, DateTime Time, DateTime At,
    decimal Credits)
{
    /// <summary>The row that a journaled event has to have.</summary>
    public static ProjectedEvent Of(JournaledEvent entry) => new(
        entry.Partition, entry.Sequence, entry.Ordinal, entry.Customer, entry.Project, entry.Source, entry.Id, entry.Time, entry.At,
        entry.Credits);
}

/// <summary>The key of a row of <c>usage_hourly</c>.</summary>
internal sealed record HourKey(string Customer, string Project, DateTime Start, string Meter, string Provider, string Model);

/// <summary>What a row of <c>usage_hourly</c> adds up.</summary>
internal sealed record ProjectedHour(decimal Sum, long Count, decimal Max, decimal Credits);

/// <summary>What the projections of all shards hold, read with SQL.</summary>
internal sealed class ProjectionFacts
{
    public List<ProjectedEvent> Events { get; } = [];

    public Dictionary<HourKey, ProjectedHour> Hours { get; } = [];

    public List<JournaledEntry> Ledger { get; } = [];

    /// <summary>Waits until every journal is contained in the tables.</summary>
    public static async Task CaughtUpAsync(IEnumerable<string> shards, TimeSpan within)
    {
        long started = Stopwatch.GetTimestamp();
        foreach (string shard in shards)
        {
            while (await BehindAsync(shard) is > 0 and long behind)
            {
                bool inTime = Stopwatch.GetElapsedTime(started) < within;
                Assert.True(inTime, $"Projections are {behind} groups or hourly changes behind after {within.TotalSeconds} s.");
                await Task.Delay(50);
            }
        }
    }

    public static async Task<ProjectionFacts> ReadAsync(IEnumerable<string> shards)
    {
        var facts = new ProjectionFacts();
        foreach (string shard in shards)
        {
            await using var connection = new NpgsqlConnection(shard);
            await connection.OpenAsync();
            await facts.ReadEventsAsync(connection);
            await facts.ReadHoursAsync(connection);
            await facts.ReadLedgerAsync(connection);
        }

        return facts;
    }

    private static async Task<long> BehindAsync(string shard)
    {
        await using var connection = new NpgsqlConnection(shard);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(
            """
            SELECT coalesce(sum(newest.seq - coalesce(cursor.seq, 0)), 0)::bigint + (SELECT count(*) FROM usage_hour_change)
            FROM (SELECT partition, max(seq) AS seq FROM journal JOIN lease USING (partition) WHERE moved_to IS NULL GROUP BY partition)
                newest
            LEFT JOIN projection_cursor cursor USING (partition)
            """,
            connection);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private async Task ReadEventsAsync(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand(
            "SELECT partition, seq, ordinal, customer_id, project_id, source, id, time, at, credits FROM usage_event", connection);
        await using NpgsqlDataReader row = await command.ExecuteReaderAsync();
        while (await row.ReadAsync())
        {
            Events.Add(new ProjectedEvent(
                row.GetInt32(0), row.GetInt64(1), row.GetInt32(2), row.GetString(3), row.GetString(4), row.GetString(5), row.GetString(6),
                row.GetDateTime(7), row.GetDateTime(8), row.GetDecimal(9)));
        }
    }

    private async Task ReadHoursAsync(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand(
            "SELECT customer_id, project_id, start, meter, dimensions, sum, count, max, credits FROM usage_hourly", connection);
        await using NpgsqlDataReader row = await command.ExecuteReaderAsync();
        while (await row.ReadAsync())
        {
            using JsonDocument dimensions = JsonDocument.Parse(row.GetString(4));
            var key = new HourKey(
                row.GetString(0), row.GetString(1), row.GetDateTime(2), row.GetString(3),
                dimensions.RootElement.GetProperty("provider").GetString()!, dimensions.RootElement.GetProperty("model").GetString()!);
            Assert.True(
                Hours.TryAdd(key, new ProjectedHour(row.GetDecimal(5), row.GetInt64(6), row.GetDecimal(7), row.GetDecimal(8))),
                $"usage_hourly has {key} twice.");
        }
    }

    private async Task ReadLedgerAsync(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand(
            """
            SELECT partition, seq, customer_id, entry, transaction_type, amount, balance_before, balance_after FROM ledger_entry
            """,
            connection);
        await using NpgsqlDataReader row = await command.ExecuteReaderAsync();
        while (await row.ReadAsync())
        {
            Ledger.Add(new JournaledEntry(
                row.GetInt32(0), row.GetInt64(1), row.GetString(2), row.GetInt64(3), row.GetString(4), row.GetDecimal(5), row.GetDecimal(6),
                row.GetDecimal(7)));
        }
    }
}
