using Metering.Core.Time;
using Metering.Grid.History;
using Metering.Storage.Postgres.History;
using Metering.Storage.Postgres.Projections;

namespace Metering.Storage.Postgres.Tests.Projections;

public sealed class HourSettlingTests
{
    private static readonly ProjectorOptions AtOnce = new() { HoursAtOnce = int.MaxValue };
    private static readonly ProjectorOptions Packed = new() { HoursAtOnce = 0, BatchBytes = 64 * 1024 };

    // Whatever waits is due, and a look is never far away.
    private static readonly ProjectorOptions Eager = new()
    {
        HoursAtOnce = 0, BatchBytes = 64 * 1024, SettleBytes = 0, IdleInterval = TimeSpan.FromMilliseconds(5),
    };

    [Fact]
    public async Task Tables_are_the_same_row_by_row_whether_hours_are_written_at_once_or_settled()
    {
        await using var bench = await ProjectionBench.CreateAsync(partitions: 3, seed: 21);
        await bench.Journal.WriteAsync(rounds: 60, eventsEach: 10);
        await bench.DrainAsync(bench.Projector(AtOnce));
        Assert.Equal(0L, await bench.ChangesAsync());
        var expected = await bench.DumpAsync();

        await bench.ForgetProjectionsAsync();
        var projector = bench.Projector(Packed);
        await bench.ProjectAsync(projector);
        Assert.Equal(0L, await bench.Shard.ScalarAsync("SELECT count(*) FROM usage_hourly"));
        Assert.InRange((long)(await bench.ChangesAsync())!, 4, long.MaxValue);
        await projector.SettleAsync(default);

        Assert.Equal(0L, await bench.ChangesAsync());
        Assert.Equal(expected, await bench.DumpAsync());
    }

    [Fact]
    public async Task Query_answers_the_same_while_changes_wait_are_partly_settled_and_are_settled()
    {
        await using var bench = await ProjectionBench.CreateAsync(partitions: 2, seed: 22);
        await bench.Journal.WriteAsync(rounds: 30, eventsEach: 10);
        await bench.DrainAsync(bench.Projector(AtOnce));
        // Half of all is settled, the rest changes the same and other hours.
        await bench.Journal.WriteAsync(rounds: 30, eventsEach: 10);
        await bench.ProjectAsync(bench.Projector(Packed));
        var history = new UsageHistory(_ => bench.Shard.Database);
        var waiting = await ReadAsync(history);
        Assert.InRange(waiting.Count, 1000, UsageHistory.HoursMax);
        Assert.InRange((long)(await bench.ChangesAsync())!, 1, long.MaxValue);

        var settling = new HourSettling(bench.Shard.Database.Queries);
        Assert.True(await settling.SettleAsync(0, (await settling.FindAsync(0, 0, default))!.Value, default));
        Assert.Equal(waiting, await ReadAsync(history));
        await bench.Projector().SettleAsync(default);
        Assert.Equal(0L, await bench.ChangesAsync());
        Assert.Equal(waiting, await ReadAsync(history));
    }

    [Fact]
    public async Task Settling_beside_projectors_a_rebuild_and_each_other_counts_everything_once()
    {
        await using var bench = await ProjectionBench.CreateAsync(partitions: 3, seed: 23);
        using var stop = new CancellationTokenSource();
        Task[] running = [.. Enumerable.Range(0, 3).Select(_ => bench.Projector(Eager).RunAsync(stop.Token))];
        for (var i = 0; i < 4; i++)
        {
            var writing = bench.Journal.WriteAsync(rounds: 15, eventsEach: 10);
            await new ProjectionRebuild(bench.Shard.Database, TimeProvider.System).RunAsync(
                i % 2 == 0 ? null : JournalMaker.Start - TimeSpan.FromDays(1), i % 2 == 0 ? null : JournalMaker.Start, default);
            await writing;
        }

        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!await bench.IsDrainedAsync() || (long)(await bench.ChangesAsync())! > 0)
            await Task.Delay(20, limit.Token);
        await stop.CancelAsync();
        await Task.WhenAll(running);
        var after = await bench.DumpAsync();
        await bench.ForgetProjectionsAsync();
        await bench.DrainAsync(bench.Projector(AtOnce));
        Assert.Equal(await bench.DumpAsync(), after);
    }

    [Fact]
    public async Task Settling_that_fails_leaves_the_changes_where_they_are()
    {
        await using var bench = await ProjectionBench.CreateAsync(partitions: 1, seed: 24);
        await bench.Journal.WriteAsync(rounds: 10, eventsEach: 10);
        var projector = bench.Projector(Packed);
        await bench.ProjectAsync(projector);
        var changes = await bench.ChangesAsync();
        await bench.Shard.ScalarAsync("ALTER TABLE usage_hourly RENAME TO away");
        await Assert.ThrowsAnyAsync<Exception>(() => projector.SettleAsync(default));
        await bench.Shard.ScalarAsync("ALTER TABLE away RENAME TO usage_hourly");
        Assert.Equal(changes, await bench.ChangesAsync());

        await projector.SettleAsync(default);
        var settled = await bench.DumpAsync();
        await bench.ForgetProjectionsAsync();
        await bench.DrainAsync(bench.Projector(AtOnce));
        Assert.Equal(await bench.DumpAsync(), settled);
    }

    [Fact]
    public async Task Whole_rebuild_is_the_remedy_for_a_damaged_change()
    {
        await using var bench = await ProjectionBench.CreateAsync(partitions: 2, seed: 25);
        await bench.Journal.WriteAsync(rounds: 10, eventsEach: 10);
        await bench.DrainAsync(bench.Projector(AtOnce));
        var expected = await bench.DumpAsync();
        await bench.ForgetProjectionsAsync();
        var projector = bench.Projector(Packed);
        await bench.ProjectAsync(projector);
        await bench.Shard.ScalarAsync("UPDATE usage_hour_change SET body = set_byte(body, 9, (get_byte(body, 9) + 1) % 256)");
        await Assert.ThrowsAsync<Core.Binary.CorruptDataException>(() => projector.SettleAsync(default));

        await new ProjectionRebuild(bench.Shard.Database, TimeProvider.System).RunAsync(null, null, default);
        Assert.Equal(0L, await bench.ChangesAsync());
        Assert.Equal(expected, await bench.DumpAsync());
    }

    private static async Task<List<UsageHourRow>> ReadAsync(UsageHistory history)
    {
        var rows = new List<UsageHourRow>();
        foreach (var partition in new[] { 0, 1 })
        {
            for (var number = 0; number < 3; number++)
            {
                var customer = $"c{partition}-{number}";
                rows.AddRange(await history.ReadHoursAsync(
                    new HourQuery(partition, customer, null, Instant.MinValue, Instant.MaxValue, null), default));
                rows.AddRange(await history.ReadHoursAsync(
                    new HourQuery(
                        partition, customer, $"{customer}/app", JournalMaker.Start, JournalMaker.Start + TimeSpan.FromHours(2), ["tokens"]),
                    default));
            }
        }

        return rows;
    }
}
