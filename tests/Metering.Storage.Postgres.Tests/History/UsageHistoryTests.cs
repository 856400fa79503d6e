using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Grid.History;
using Metering.Storage.Postgres.History;
using Metering.Storage.Postgres.Tests.Projections;

namespace Metering.Storage.Postgres.Tests.History;

public sealed class UsageHistoryTests
{
    private static readonly Instant Noon = JournalMaker.Start;

    [Fact]
    public async Task Events_page_by_cursor_and_by_offset_newest_first_without_gaps_or_repeats()
    {
        await using var bench = await FilledAsync(21);
        var history = new UsageHistory(_ => bench.Shard.Database);
        var all = await ReadAllAsync(history, new EventQuery(0, "c0-1", "c0-1/app", null, null, null, 1000, 0, null));
        Assert.True(all.Count > 50);
        Assert.Equal(
            all.OrderByDescending(row => (row.Time, row.Sequence, row.Ordinal)).Select(row => (row.Sequence, row.Ordinal)),
            all.Select(row => (row.Sequence, row.Ordinal)));
        Assert.Equal(all.Count, all.Select(row => (row.Sequence, row.Ordinal)).Distinct().Count());
        Assert.Equal((long)all.Count, await bench.Shard.ScalarAsync("SELECT count(*) FROM usage_event WHERE project_id = 'c0-1/app'"));

        Assert.Equal(all, await ReadAllAsync(history, new EventQuery(0, "c0-1", "c0-1/app", null, null, null, 7, 0, null)));
        for (var offset = 0; offset < all.Count + 10; offset += 9)
        {
            var page = await history.ReadEventsAsync(new EventQuery(0, "c0-1", "c0-1/app", null, null, null, 5, offset, null), default);
            Assert.Equal(all.Skip(offset).Take(5), page.Rows);
        }
    }

    [Fact]
    public async Task Events_are_found_by_time_and_type_with_an_exclusive_end()
    {
        await using var bench = await FilledAsync(22);
        var history = new UsageHistory(_ => bench.Shard.Database);
        var all = await ReadAllAsync(history, new EventQuery(0, "c0-0", "c0-0", null, null, null, 1000, 0, null));
        var (start, end) = (all[^10].Time, all[10].Time);
        var some = await ReadAllAsync(history, new EventQuery(0, "c0-0", "c0-0", start, end, "llm.call", 6, 0, null));
        Assert.Equal(all.Where(row => row.Time >= start && row.Time < end), some);
        Assert.Empty(await ReadAllAsync(history, new EventQuery(0, "c0-0", "c0-0", null, null, "other", 6, 0, null)));
        Assert.Empty(await ReadAllAsync(history, new EventQuery(0, "c0-0", "nobody", null, null, null, 6, 0, null)));
    }

    [Fact]
    public async Task Hours_of_a_customer_are_those_of_all_its_projects()
    {
        await using var bench = await FilledAsync(23);
        var history = new UsageHistory(_ => bench.Shard.Database);
        var (start, end) = (Noon - TimeSpan.FromDays(3), Noon + TimeSpan.FromDays(3));
        var both = await history.ReadHoursAsync(new HourQuery(0, "c0-0", null, start, end, null), default);
        var own = await history.ReadHoursAsync(new HourQuery(0, "c0-0", "c0-0", start, end, null), default);
        var app = await history.ReadHoursAsync(new HourQuery(0, "c0-0", "c0-0/app", start, end, null), default);
        Assert.Equal(own.Concat(app).ToHashSet(), both.ToHashSet());
        Assert.Equal(
            both.OrderBy(row => row.Start).ThenBy(row => row.Meter, StringComparer.Ordinal).ThenBy(row => row.Dimensions,
                StringComparer.Ordinal)
                .ThenBy(row => row.ProjectId, StringComparer.Ordinal), both);
        Assert.Equal(["calls", "level", "peak", "tokens"], both.Select(row => row.Meter).Distinct().Order(StringComparer.Ordinal));
        Assert.Contains(both, row => row.Dimensions == """{"provider":"(other)","model":"(other)"}"""
            || row.Dimensions.Contains("(other)", StringComparison.Ordinal));
        var middle = await history.ReadHoursAsync(new HourQuery(0, "c0-0", "c0-0", own[3].Start, own[^3].Start, ["tokens", "peak"]),
            default);
        Assert.Equal(own.Where(row => row.Meter is "tokens" or "peak" && row.Start >= own[3].Start && row.Start < own[^3].Start), middle);
    }

    [Fact]
    public async Task Ledger_and_alerts_page_newest_first()
    {
        await using var bench = await FilledAsync(24);
        var history = new UsageHistory(_ => bench.Shard.Database);
        var first = await history.ReadLedgerAsync(new LedgerQuery(0, "c0-2", 25, null), default);
        var second = await history.ReadLedgerAsync(new LedgerQuery(0, "c0-2", 25, first.NextCursor), default);
        Assert.Null(second.NextCursor);
        var entries = first.Rows.Concat(second.Rows).ToList();
        Assert.Equal(Enumerable.Range(1, 30).Select(i => (long)i).Reverse(), entries.Select(row => row.Entry));
        Assert.All(entries, row => Assert.Equal(row.BalanceBefore + row.Amount, row.BalanceAfter));
        Assert.All(entries, row => Assert.Equal(("GRANT", '\uFFFD'), (row.TransactionType, row.Description[^1])));

        var alerts = new List<AlertRow>();
        string? cursor = null;
        do
        {
            var page = await history.ReadAlertsAsync(new AlertQuery(0, "c0-0", null, null, 1, cursor), default);
            alerts.AddRange(page.Rows);
            cursor = page.NextCursor;
        }
        while (cursor is not null);
        Assert.Equal(await bench.Shard.ScalarAsync("SELECT count(*)::int FROM alert WHERE project_id = 'c0-0'"), alerts.Count);
        Assert.NotEmpty(alerts);
        Assert.Equal(alerts.OrderByDescending(alert => alert.At), alerts);
        Assert.Equal(("warning", 85m, "Tokens at 85.0% of limit", "month"), (alerts[0].Severity, alerts[0].Percentage, alerts[0].Message,
            alerts[0].Period));
        Assert.Equal((Amount.FromWhole(850), Amount.FromWhole(1000), 80), (alerts[0].Usage, alerts[0].Limit, alerts[0].Threshold));
        Assert.Empty((await history.ReadAlertsAsync(new AlertQuery(0, "c0-0", null, alerts[^1].At, 10, null), default)).Rows);
    }

    [Theory]
    [InlineData("x")]
    [InlineData("!!")]
    [InlineData("MS4yLjMuNA")]
    [InlineData("MS54LjM")]
    public async Task Cursor_that_no_query_has_answered_is_refused(string cursor)
    {
        var history = new UsageHistory(_ => throw new InvalidOperationException());
        await Assert.ThrowsAsync<FormatException>(
            async () => await history.ReadEventsAsync(new EventQuery(0, "c", "c", null, null, null, 10, 0, cursor), default));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1001, 0)]
    [InlineData(10, -1)]
    [InlineData(10, 100_001)]
    public async Task Page_out_of_bounds_is_refused(int limit, int offset)
    {
        var history = new UsageHistory(_ => throw new InvalidOperationException());
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            async () => await history.ReadEventsAsync(new EventQuery(0, "c", "c", null, null, null, limit, offset, null), default));
    }

    [Fact]
    public async Task Query_of_one_day_and_project_reads_one_day_table_through_its_index()
    {
        await using var bench = await FilledAsync(25);
        await bench.Shard.ScalarAsync("VACUUM ANALYZE usage_event");
        await using var connection = await bench.Shard.Plain.OpenConnectionAsync();
        await using var explain = new Npgsql.NpgsqlCommand("""
            SET enable_seqscan = off;
            EXPLAIN SELECT id FROM usage_event WHERE project_id = 'c0-0' AND time >= '2025-01-17' AND time < '2025-01-18'
            """, connection);
        await using var reader = await explain.ExecuteReaderAsync();
        var plan = new List<string>();
        while (await reader.ReadAsync())
            plan.Add(reader.GetString(0));
        var text = string.Join('\n', plan);
        Assert.Contains("Bitmap Index Scan on usage_event_20250117_project_id_time_idx", text, StringComparison.Ordinal);
        Assert.DoesNotContain("usage_event_20250116", text, StringComparison.Ordinal);
    }

    private static async Task<ProjectionBench> FilledAsync(int seed)
    {
        var bench = await ProjectionBench.CreateAsync(partitions: 1, seed);
        await bench.Journal.WriteAsync(rounds: 30, eventsEach: 8);
        await bench.DrainAsync(bench.Projector());
        return bench;
    }

    private static async Task<List<UsageEventRow>> ReadAllAsync(UsageHistory history, EventQuery query)
    {
        var rows = new List<UsageEventRow>();
        var page = await history.ReadEventsAsync(query, default);
        rows.AddRange(page.Rows);
        while (page.NextCursor is { } cursor)
        {
            Assert.Equal(query.Limit, page.Rows.Count);
            page = await history.ReadEventsAsync(query with { Cursor = cursor }, default);
            rows.AddRange(page.Rows);
        }

        return rows;
    }
}
