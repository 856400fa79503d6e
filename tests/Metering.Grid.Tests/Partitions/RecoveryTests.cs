using Metering.Core.Money;
using Metering.Core.Usage;
using Metering.Core.Wallets;
using Metering.Grid.Directory;
using Metering.Grid.Ingest;
using Metering.Grid.Partitions;
using Metering.Grid.Tests.Support;
using Metering.TestSupport.Engine;
using Metering.TestSupport.Memory;

namespace Metering.Grid.Tests.Partitions;

/// <summary>Replay, checkpoints, eviction, dedup across all of them.</summary>
public sealed class RecoveryTests
{
    /// <summary>Small bounds, so that a few events go through everything.</summary>
    private static GridOptions Small { get; } = new()
    {
        RecentEventsMax = 20,
        CheckpointBytes = 500,
        ReplayBytesMax = 1_000_000,
        CustomersInMemoryMax = 6,
    };

    private static async Task<string> DescribeAsync(TestProcess process, CustomerEntry customer)
    {
        WalletView wallet = await process.ReadAsync(customer);
        var project = await process.Engine.Project(process.Grid.Directory.Project(customer.Id)).ReadAsync(default);
        string usage = string.Join(",", project.Usage.Select(line => $"{line.Meter}={line.Sum}/{line.Count}"));
        return $"{wallet.Available} {wallet.Held} {wallet.Burned} {wallet.Granted} {wallet.Overage} {wallet.LedgerEntries} "
            + $"{string.Join(",", wallet.Grants)} {string.Join(",", wallet.Holds)} {usage} {project.CreditsBurned}";
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task State_after_a_crash_or_a_stop_is_the_state_before(int seed)
    {
        var grid = new TestGrid(partitions: 3);
        CustomerEntry[] customers = [.. Enumerable.Range(0, 30).Select(number => grid.AddCustomer(number % 3))];
        var random = new Random(seed);
        TestProcess process = await grid.StartAsync(Small);
        foreach (CustomerEntry customer in customers)
            await process.GrantAsync(customer, 10_000);
        for (int step = 0; step < 400; step++)
        {
            CustomerEntry customer = customers[random.Next(customers.Length)];
            if (random.Next(10) == 0)
                await process.Engine.Wallet(customer).ExecuteAsync(
                    new CreateHold(null, Amount.FromWhole(3), TimeSpan.FromSeconds(20)), default);
            else
                await process.SendAsync(customer.Id, $"e{random.Next(300)}", random.Next(1, 9));
            if (random.Next(5) == 0)
                grid.Time.Advance(TimeSpan.FromSeconds(random.Next(10)));
            if (step % 100 != 99)
                continue;
            var before = new List<string>();
            foreach (CustomerEntry each in customers)
                before.Add(await DescribeAsync(process, each));
            if (step % 200 == 199)
                await process.Engine.StopAsync();
            process = await grid.StartAsync(Small);
            for (int index = 0; index < customers.Length; index++)
                Assert.Equal(before[index], await DescribeAsync(process, customers[index]));
        }

        Assert.True(grid.Shard.ReplayAfter(0) > 0);
        Assert.NotEmpty(grid.Shard.Segments(0));
    }

    [Fact]
    public async Task Customers_leave_memory_and_come_back_as_they_were()
    {
        var grid = new TestGrid(partitions: 1);
        CustomerEntry[] customers = [.. Enumerable.Range(0, 60).Select(_ => grid.AddCustomer(0))];
        TestProcess process = await grid.StartAsync(new GridOptions { CustomersInMemoryMax = 10, CheckpointBytes = 1_000_000 });
        foreach (CustomerEntry customer in customers)
            await process.GrantAsync(customer, 100);
        await Eventually.Holds(
            () =>
            {
                grid.Time.Advance(TimeSpan.FromSeconds(1));
                return process.Engine.Status.CustomersInMemory <= 10;
            },
            "customers left memory");
        foreach (CustomerEntry customer in customers)
            Assert.Equal(Amount.FromWhole(100), (await process.ReadAsync(customer)).Available);
    }

    [Fact]
    public async Task Hold_of_a_customer_that_left_memory_expires_in_time()
    {
        var grid = new TestGrid(partitions: 1);
        CustomerEntry holder = grid.AddCustomer(0);
        CustomerEntry[] others = [.. Enumerable.Range(0, 20).Select(_ => grid.AddCustomer(0))];
        TestProcess process = await grid.StartAsync(new GridOptions { CustomersInMemoryMax = 3 });
        await process.GrantAsync(holder, 100);
        await process.Engine.Wallet(holder).ExecuteAsync(new CreateHold("h", Amount.FromWhole(40), TimeSpan.FromHours(1)), default);
        foreach (CustomerEntry other in others)
            await process.GrantAsync(other, 1);
        await Eventually.Holds(
            () =>
            {
                grid.Time.Advance(TimeSpan.FromSeconds(1));
                return process.Engine.Status.CustomersInMemory <= 3;
            },
            "customers left memory");
        int journaled = grid.Shard.Journal(0).Count;
        grid.Time.Advance(TimeSpan.FromHours(1));
        await Eventually.Holds(
            () =>
            {
                grid.Time.Advance(TimeSpan.FromSeconds(1));
                return grid.Shard.Journal(0).Count > journaled;
            },
            "the expiry was journaled without a command");
        Assert.Equal((Amount.FromWhole(100), Amount.Zero), Balances(await process.ReadAsync(holder)));
    }

    private static (Amount Available, Amount Held) Balances(WalletView wallet) => (wallet.Available, wallet.Held);

    [Fact]
    public async Task Bucket_that_every_group_changes_is_saved_all_the_same()
    {
        var grid = new TestGrid(partitions: 1);
        CustomerEntry hot = grid.AddCustomer(0, KitCatalog.Overage);
        TestProcess process = await grid.StartAsync(new GridOptions { CheckpointBytes = 2000, RecentEventsMax = 100 });
        for (int number = 0; number < 400; number += 8)
        {
            int first = number;
            await Task.WhenAll(Enumerable.Range(0, 8).Select(offset => process.SendAsync(hot.Id, $"e{first + offset}", 1)));
        }

        await Eventually.Holds(() => grid.Shard.ReplayAfter(0) > 0, "the replay position advanced");
        TestProcess second = await grid.StartAsync();
        Assert.Equal(Amount.FromWhole(400), (await second.ReadAsync(hot)).Burned);
    }

    [Fact]
    public async Task Duplicates_are_known_from_segments_through_merges_and_restarts()
    {
        var grid = new TestGrid(partitions: 1);
        CustomerEntry customer = grid.AddCustomer(0, KitCatalog.Overage);
        TestProcess process = await grid.StartAsync(Small);
        for (int number = 0; number < 400; number++)
        {
            EventResult result = await process.SendAsync(customer.Id, $"e{number}", number % 7 + 1);
            Assert.Equal(EventCode.Accepted, result.Code);
            if (number % 40 == 39)
                await Eventually.Holds(() => process.Engine.Status.DedupEntries < 20, "a segment was made");
        }

        await Eventually.Holds(() => grid.Shard.Segments(0).Any(segment => segment.Level > 0), "segments were merged");
        await AssertAllDuplicatesAsync(process, customer);
        Assert.True(process.Engine.Status.DedupLookups >= 300);
        await AssertAllDuplicatesAsync(await grid.StartAsync(Small), customer);
        var noFilters = new GridOptions { RecentEventsMax = 20, FilterBytesMax = 0 };
        await AssertAllDuplicatesAsync(await grid.StartAsync(noFilters), customer);
    }

    private static async Task AssertAllDuplicatesAsync(TestProcess process, CustomerEntry customer)
    {
        IngestAnswer answer = await process.SendAsync(
            [.. Enumerable.Range(0, 400).Select(number => (customer.Id, $"e{number}", number % 7 + 1L))]);
        for (int number = 0; number < 400; number++)
        {
            EventResult result = answer.Results[number];
            Assert.Equal((EventCode.Duplicate, Amount.FromWhole(number % 7 + 1), false), (result.Code, result.Credits, result.Differs));
        }
    }

    [Fact]
    public async Task Identity_counts_again_past_the_horizon_and_once_more_only()
    {
        var grid = new TestGrid(partitions: 1);
        CustomerEntry customer = grid.AddCustomer(0, KitCatalog.Overage);
        TestProcess process = await grid.StartAsync(Small);
        Assert.Equal(EventCode.Accepted, (await process.SendAsync(customer.Id, "e", 1)).Code);
        for (int number = 0; number < 40; number++)
            await process.SendAsync(customer.Id, $"x{number}", 1);
        await Eventually.Holds(() => grid.Shard.Segments(0).Count > 0, "a segment was made");
        grid.Time.Advance(TimeSpan.FromDays(34));
        Assert.Equal(EventCode.Duplicate, (await process.SendAsync(customer.Id, "e", 1)).Code);
        grid.Time.Advance(TimeSpan.FromDays(2));
        Assert.Equal(EventCode.Accepted, (await process.SendAsync(customer.Id, "e", 1)).Code);
        Assert.Equal(EventCode.Duplicate, (await process.SendAsync(customer.Id, "e", 1)).Code);
        Assert.Equal(EventCode.Duplicate, (await (await grid.StartAsync(Small)).SendAsync(customer.Id, "e", 1)).Code);
    }

    [Fact]
    public async Task Segments_past_the_horizon_are_dropped()
    {
        var grid = new TestGrid(partitions: 1);
        CustomerEntry customer = grid.AddCustomer(0, KitCatalog.Overage);
        TestProcess process = await grid.StartAsync(Small);
        for (int number = 0; number < 25; number++)
            await process.SendAsync(customer.Id, $"a{number}", 1);
        await Eventually.Holds(() => grid.Shard.Segments(0).Count > 0, "a segment was made");
        long old = grid.Shard.Segments(0)[0].Id;
        grid.Time.Advance(TimeSpan.FromDays(37));
        for (int number = 0; number < 25; number++)
            await process.SendAsync(customer.Id, $"b{number}", 1);
        await Eventually.Holds(() => grid.Shard.Segments(0).All(segment => segment.Id != old), "the old segment was dropped");
    }

    [Fact]
    public async Task Journal_with_a_gap_is_not_served_and_the_others_are()
    {
        var grid = new TestGrid();
        CustomerEntry broken = grid.AddCustomer(1, KitCatalog.Overage);
        CustomerEntry good = grid.AddCustomer(2, KitCatalog.Overage);
        TestProcess first = await grid.StartAsync();
        for (int number = 0; number < 3; number++)
            await first.SendAsync(broken.Id, $"e{number}", 1);
        grid.Shard.RemoveGroup(1, 2);
        await AssertBrokenAsync(grid, broken, good, "no group 2");
    }

    [Fact]
    public async Task Journal_with_a_wrong_checksum_is_not_served_and_the_others_are()
    {
        var grid = new TestGrid();
        CustomerEntry broken = grid.AddCustomer(1, KitCatalog.Overage);
        CustomerEntry good = grid.AddCustomer(2, KitCatalog.Overage);
        TestProcess first = await grid.StartAsync();
        await first.SendAsync(broken.Id, "e", 1);
        grid.Shard.FlipBit(1, 1);
        await AssertBrokenAsync(grid, broken, good, "broken at group 1");
    }

    private static async Task AssertBrokenAsync(TestGrid grid, CustomerEntry broken, CustomerEntry good, string reason)
    {
        TestProcess process = grid.NewProcess();
        await process.Engine.StartAsync(default);
        Assert.Equal(1, process.Engine.Status.PartitionsAway);
        Assert.Contains(reason, process.Engine.Status.AwayReason, StringComparison.Ordinal);
        Assert.Contains(process.Notices, notice => notice.Level == NoticeLevel.Error && notice.Partition == 1);
        Assert.Equal(EventCode.Unavailable, (await process.SendAsync(broken.Id, "f", 1)).Code);
        Assert.Equal(EventCode.Accepted, (await process.SendAsync(good.Id, "f", 1)).Code);
        Assert.Empty(process.FencedReasons);
    }

    [Fact]
    public async Task Loads_that_arrive_together_are_one_query()
    {
        var grid = new TestGrid(partitions: 4);
        CustomerEntry[] customers = [.. Enumerable.Range(0, 40).Select(number => grid.AddCustomer(number % 4, KitCatalog.Overage))];
        TestProcess process = await grid.StartAsync();
        var hold = new Hold(process.Store, ShardOperation.ReadBuckets);
        Task<EventResult> first = process.SendAsync(customers[0].Id, "e", 1);
        await hold.Reached;
        Task<EventResult>[] others = [.. customers.Skip(1).Select(customer => process.SendAsync(customer.Id, "e", 1))];
        hold.Release();
        await first;
        await Task.WhenAll(others);
        Assert.Equal(2, hold.Calls);
    }

    [Fact]
    public async Task Checkpoint_that_fails_is_tried_again_and_nothing_is_lost()
    {
        var grid = new TestGrid(partitions: 1);
        CustomerEntry customer = grid.AddCustomer(0, KitCatalog.Overage);
        TestProcess process = await grid.StartAsync(Small);
        process.Fail(ShardOperation.SaveCheckpoint, ShardFault.Lost, times: 3);
        for (int number = 0; number < 60; number++)
            Assert.Equal(EventCode.Accepted, (await process.SendAsync(customer.Id, $"e{number}", 1)).Code);
        await Eventually.Holds(
            () =>
            {
                grid.Time.Advance(TimeSpan.FromSeconds(1));
                return grid.Shard.ReplayAfter(0) > 0;
            },
            "a checkpoint was saved in the end");
        Assert.Equal(Amount.FromWhole(60), (await (await grid.StartAsync()).ReadAsync(customer)).Burned);
    }

    [Fact]
    public async Task Saving_a_segment_with_an_unknown_outcome_never_counts_twice()
    {
        var grid = new TestGrid(partitions: 1);
        CustomerEntry customer = grid.AddCustomer(0, KitCatalog.Overage);
        TestProcess process = await grid.StartAsync(Small);
        process.Fail(ShardOperation.SaveSegment, ShardFault.DoneButFails, times: 2);
        for (int number = 0; number < 100; number++)
            await process.SendUntilAvailableAsync(customer.Id, $"e{number}", 1);
        for (int number = 0; number < 100; number++)
        {
            EventResult result = await process.SendUntilAvailableAsync(customer.Id, $"e{number}", 1);
            Assert.Equal(EventCode.Duplicate, result.Code);
        }

        Assert.Equal(Amount.FromWhole(100), (await process.ReadAsync(customer)).Burned);
    }
}
