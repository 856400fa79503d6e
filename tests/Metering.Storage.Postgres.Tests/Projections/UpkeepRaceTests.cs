using Metering.Core.Time;
using Metering.Grid.Directory;
using Metering.Storage.Postgres.Projections;
using Metering.TestSupport;
using Metering.TestSupport.Memory;
using Npgsql;

namespace Metering.Storage.Postgres.Tests.Projections;

/// <summary>What every silo does beside projecting its own partitions, done by several at the same moment.</summary>
public sealed class UpkeepRaceTests
{
    private const int Silos = 3;
    private static readonly Instant Noon = JournalMaker.Start;

    [Fact]
    public async Task Day_tables_are_made_and_dropped_once_by_silos_that_do_it_at_the_same_moment()
    {
        const int days = 20;
        await using var bench = await ProjectionBench.CreateAsync(partitions: 1, seed: 41);
        var time = new ManualTime(Noon.ToDateTimeOffset());
        Projector[] silos =
            [.. Enumerable.Range(0, Silos).Select(_ => bench.Projector(new ProjectorOptions { RetentionDays = 1 }, time: time))];
        int dropped = 0;
        for (int day = 0; day < days; day++)
        {
            dropped += (await Together.RunAsync(Silos, silo => silos[silo].MaintainAsync(default))).Sum();
            time.Jump(TimeSpan.FromDays(1));
        }

        Assert.Equal(days - 2, dropped);
        Assert.Equal(3L, await bench.Shard.ScalarAsync("SELECT count(*) FROM pg_inherits WHERE inhparent = 'usage_event'::regclass"));
    }

    [Fact]
    public async Task Dropping_a_day_that_waits_for_a_rebuild_does_not_hold_up_the_day_that_the_rebuild_needs()
    {
        await using var bench = await ProjectionBench.CreateAsync(partitions: 1, seed: 42);
        var time = new ManualTime((Noon + TimeSpan.FromDays(10)).ToDateTimeOffset());
        Projector projector = bench.Projector(new ProjectorOptions { RetentionDays = 1 }, time: time);
        await projector.MaintainAsync(default);
        // Made by a projector that had not yet seen the bound.
        var days = new EventDays(bench.Shard.Database.Queries);
        await days.EnsureAsync([ProjectionBatch.Day(Noon)], default);
        await using NpgsqlConnection rebuild = await bench.Shard.Plain.OpenConnectionAsync();
        await using NpgsqlTransaction transaction = await rebuild.BeginTransactionAsync();
        await ProjectionWriter.HoldRetentionAsync(rebuild, default);
        await using (var write = new NpgsqlCommand("LOCK TABLE usage_event IN ROW EXCLUSIVE MODE", rebuild))
            await write.ExecuteNonQueryAsync();

        Task<int> dropping = Task.Run(() => projector.MaintainAsync(default));
        while (!Equals(true, await bench.Shard.ScalarAsync("""
            SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')
            """)))
            await Task.Delay(5);
        await days.EnsureAsync([ProjectionBatch.Day(Noon + TimeSpan.FromDays(20))], default);
        await transaction.CommitAsync();

        Assert.Equal(1, await dropping);
    }

    [Fact]
    public async Task Facts_are_delivered_by_silos_that_do_it_at_the_same_moment()
    {
        const int customers = 400;
        await using var bench = await ProjectionBench.CreateAsync(partitions: 1, seed: 43);
        await bench.Directory.AddCustomersAsync([.. Enumerable.Range(0, customers).Select(Customer)], default);
        Projector[] silos = [.. Enumerable.Range(0, Silos).Select(_ => bench.Projector())];
        for (int round = 1; round <= 20; round++)
        {
            await FillFactsAsync(bench, customers, round, round % 2 == 0 ? "DESC" : "ASC");
            await Together.RunAsync(Silos, silo => silos[silo].DeliverFactsAsync(default));
            Assert.Equal(0L, await bench.Shard.ScalarAsync("SELECT count(*) FROM partition_fact"));
        }

        for (int customer = 0; customer < customers; customer += 57)
            Assert.Equal(20, (await bench.Directory.FindCustomerAsync($"c{customer}", default))!.PlanVersion);
    }

    private static Task<object?> FillFactsAsync(ProjectionBench bench, int customers, int version, string order) =>
        bench.Shard.ScalarAsync($"""
            INSERT INTO partition_fact (partition, seq, ordinal, customer_id, project_id, plan, plan_version)
            SELECT 0, {version}, n, 'c' || n, 'c' || n, 'pro', {version} FROM generate_series(0, {customers - 1}) AS n ORDER BY n {order}
            """);

    private static CustomerRecord Customer(int number) =>
        new($"c{number}", "C", $"c{number}@example.com", "free", 1, "USD", "UTC", null, CustomerStatus.Active, Noon, 0);
}
