using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Core.Usage;
using Metering.Core.Wallets;
using Metering.Grid.Directory;
using Metering.Grid.History;
using Metering.Grid.Ingest;
using Metering.Grid.Partitions;
using Metering.Grid.Tests.Support;
using Metering.TestSupport.Engine;
using Metering.TestSupport.Memory;

namespace Metering.Grid.Tests.Embedded;

public sealed class EmbeddedEngineTests
{
    [Fact]
    public async Task Wallet_that_is_empty_or_due_for_a_top_up_is_at_risk()
    {
        var grid = new TestGrid();
        (CustomerEntry empty, CustomerEntry low, CustomerEntry rich) = (grid.AddCustomer(1), grid.AddCustomer(2), grid.AddCustomer(3));
        grid.AddCustomer(1);
        TestProcess process = await grid.StartAsync();
        foreach (CustomerEntry customer in new[] { empty, low, rich })
            await process.GrantAsync(customer, 100);
        var topUp = new SetAutoTopUp(Amount.FromWhole(50), Amount.FromWhole(10), 1, Trust: false);
        await process.Engine.Wallet(low).ExecuteAsync(topUp, default);
        Assert.Equal(0, process.Engine.Status.WalletsAtRisk);
        await process.SendAsync((empty.Id, "a", 100), (low.Id, "b", 51), (rich.Id, "c", 99));
        Assert.Equal(2, process.Engine.Status.WalletsAtRisk);
    }

    [Fact]
    public async Task Batch_over_many_partitions_is_answered_in_order()
    {
        var grid = new TestGrid(partitions: 16, shards: 4);
        CustomerEntry[] customers = [.. Enumerable.Range(0, 40).Select(number => grid.AddCustomer(number * 7 % 16, KitCatalog.Overage))];
        TestProcess process = await grid.StartAsync();
        var events = customers.Concat(customers).Select((customer, index) => (customer.Id, $"e{index}", index + 1L)).ToArray();
        IngestAnswer answer = await process.SendAsync([.. events, ("nobody", "x", 1), events[3]]);
        for (int index = 0; index < events.Length; index++)
            Assert.Equal((EventCode.Accepted, Amount.FromWhole(index + 1)), (answer.Results[index].Code, answer.Results[index].Credits));
        Assert.Equal(EventCode.CustomerNotFound, answer.Results[events.Length].Code);
        Assert.Equal(EventCode.Duplicate, answer.Results[events.Length + 1].Code);
        Assert.Equal(customers.Select(customer => customer.Id), answer.Balances.Select(balance => balance.CustomerId));
        Assert.Equal(80, process.Engine.Status.EventsAccepted);
        Assert.Equal((1L, 1L), (process.Engine.Status.EventsDuplicate, process.Engine.Status.EventsRejected));
        Assert.Equal(80, process.Engine.Status.Shards.Sum(shard => shard.Events));
        Assert.Contains(KitCatalog.EventType, grid.Directory.Used);
    }

    [Fact]
    public async Task Batch_of_nobody_asks_no_partition()
    {
        var grid = new TestGrid();
        TestProcess process = await grid.StartAsync();
        IngestAnswer answer = await process.SendAsync(("nobody", "x", 1));
        Assert.Equal(EventCode.CustomerNotFound, answer.Results[0].Code);
        Assert.Empty(grid.Directory.Used);
    }

    [Fact]
    public async Task Shard_that_is_away_gives_its_customers_unavailable_and_comes_back_by_itself()
    {
        var grid = new TestGrid(partitions: 4, shards: 2);
        CustomerEntry here = grid.AddCustomer(0, KitCatalog.Overage);
        CustomerEntry away = grid.AddCustomer(1, KitCatalog.Overage);
        TestProcess process = await grid.StartAsync();
        await process.SendAsync(away.Id, "in memory now", 1);
        process.Stores[1].OnCall = _ => new ValueTask<ShardFault>(ShardFault.Lost);
        IngestAnswer answer = await process.SendAsync((here.Id, "a", 1), (away.Id, "a", 1));
        Assert.Equal([EventCode.Accepted, EventCode.Unavailable], answer.Results.Select(result => result.Code));
        Assert.True(process.Engine.Status.Ready);
        Assert.Equal(1, process.Engine.Status.PartitionsAway);
        Assert.False(process.Engine.Status.Shards[1].Connected);
        await Assert.ThrowsAsync<PartitionUnavailableException>(() => process.ReadAsync(away).AsTask());
        process.Stores[1].OnCall = null;
        await Eventually.Holds(
            () =>
            {
                grid.Time.Advance(TimeSpan.FromSeconds(1));
                return process.Engine.Status.PartitionsAway == 0;
            },
            "the partitions were taken again");
        Assert.Equal(EventCode.Accepted, (await process.SendAsync(away.Id, "a", 1)).Code);
    }

    [Fact]
    public async Task Shard_that_is_away_at_start_is_tried_again()
    {
        var grid = new TestGrid(partitions: 4, shards: 2);
        CustomerEntry away = grid.AddCustomer(1, KitCatalog.Overage);
        TestProcess process = grid.NewProcess();
        process.Stores[1].OnCall = _ => new ValueTask<ShardFault>(ShardFault.Lost);
        await process.Engine.StartAsync(default);
        Assert.True(process.Engine.Status.Ready);
        Assert.Contains("2 of 4", process.Engine.Status.AwayReason, StringComparison.Ordinal);
        Assert.False(process.Engine.Status.Shards[1].Connected);
        process.Stores[1].OnCall = null;
        await Eventually.Holds(
            () =>
            {
                grid.Time.Advance(TimeSpan.FromSeconds(1));
                return process.Engine.Status.PartitionsAway == 0;
            },
            "the partitions were taken");
        Assert.Equal(EventCode.Accepted, (await process.SendAsync(away.Id, "a", 1)).Code);
    }

    [Fact]
    public async Task Claim_obeys_the_mark_of_a_partition_that_was_moved()
    {
        var grid = new TestGrid(partitions: 2, shards: 2);
        CustomerEntry customer = grid.AddCustomer(0, KitCatalog.Overage);
        grid.Shards[0].MarkMoved(0, "s1");
        TestProcess process = grid.NewProcess();
        await process.Engine.StartAsync(default);
        await Eventually.Holds(
            () =>
            {
                grid.Time.Advance(TimeSpan.FromSeconds(1));
                return process.Engine.Status.PartitionsAway == 0;
            },
            "the partition was found on its new shard");
        Assert.Equal(EventCode.Accepted, (await process.SendAsync(customer.Id, "a", 1)).Code);
        Assert.Single(grid.Shards[1].Journal(0));
    }

    [Fact]
    public async Task Stop_finishes_what_is_decided_saves_it_and_releases_the_partitions()
    {
        var grid = new TestGrid();
        CustomerEntry customer = grid.AddCustomer(1, KitCatalog.Overage);
        TestProcess process = await grid.StartAsync();
        var hold = new Hold(process.Store, ShardOperation.WriteRound);
        Task<EventResult> first = process.SendAsync(customer.Id, "e1", 1);
        await hold.Reached;
        Task<EventResult> second = process.SendAsync(customer.Id, "e2", 1);
        Task stop = process.Engine.StopAsync();
        Assert.Equal(EventCode.Unavailable, (await process.SendAsync(customer.Id, "late", 1)).Code);
        hold.Release();
        Assert.Equal(EventCode.Accepted, (await first).Code);
        Assert.Equal(EventCode.Accepted, (await second).Code);
        await stop;
        Assert.All(Enumerable.Range(0, 4), partition => Assert.Null(grid.Shard.OwnerOf(partition)));
        Assert.Equal(1, grid.Shard.SavedBuckets(1));
        Assert.False(process.Engine.Status.Ready);
        Assert.Equal(0, process.Engine.Status.PartitionsOwned);
        Assert.Equal(EventCode.Unavailable, (await process.SendAsync(customer.Id, "late", 1)).Code);
        Assert.Equal(Amount.FromWhole(2), (await (await grid.StartAsync()).ReadAsync(customer)).Burned);
    }

    [Fact]
    public async Task Second_stop_waits_for_the_first_and_takes_nothing_for_saved()
    {
        var grid = new TestGrid();
        CustomerEntry customer = grid.AddCustomer(1, KitCatalog.Overage);
        TestProcess process = await grid.StartAsync(new GridOptions { RecentEventsMax = 4 });
        await process.SendAsync(customer.Id, "e1", 1);
        var hold = new Hold(process.Store, ShardOperation.SaveCheckpoint);
        Task first = process.Engine.StopAsync();
        await hold.Reached;
        Task second = process.Engine.StopAsync();
        Assert.False(second.IsCompleted);
        Assert.Equal(1, hold.Calls);
        Assert.Equal(0, grid.Shard.ReplayAfter(1));
        hold.Release();
        await first;
        await second;
        Assert.Equal(Amount.FromWhole(1), (await (await grid.StartAsync()).ReadAsync(customer)).Burned);
    }

    [Fact]
    public async Task Stop_ends_in_time_when_the_database_hangs()
    {
        var grid = new TestGrid();
        CustomerEntry customer = grid.AddCustomer(1, KitCatalog.Overage);
        TestProcess process = await grid.StartAsync();
        await process.SendAsync(customer.Id, "e1", 1);
        var hold = new Hold(process.Store, ShardOperation.SaveCheckpoint);
        Task stop = process.Engine.StopAsync();
        await hold.Reached;
        Assert.False(stop.IsCompleted);
        await Eventually.Holds(
            () =>
            {
                grid.Time.Advance(TimeSpan.FromSeconds(1));
                return stop.IsCompleted;
            },
            "the stop gave up");
        Assert.True(grid.Time.GetUtcNow() - TestGrid.Start < TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task Projections_far_behind_mean_overloaded_for_events_alone()
    {
        var grid = new TestGrid();
        CustomerEntry customer = grid.AddCustomer(1);
        TestProcess process = await grid.StartAsync();
        var lag = new FixedLag();
        process.Engine.UseLag(lag);
        await process.GrantAsync(customer, 10);
        lag.Seconds = 31;
        Assert.Equal(IngestStatus.Overloaded, (await process.SendAsync((customer.Id, "a", 1))).Status);
        await process.GrantAsync(customer, 10);
        lag.Seconds = 29;
        Assert.Equal(IngestStatus.Decided, (await process.SendAsync((customer.Id, "a", 1))).Status);
    }

    [Fact]
    public async Task Projections_of_one_shard_far_behind_stop_its_events_alone()
    {
        var grid = new TestGrid(partitions: 4, shards: 2);
        CustomerEntry here = grid.AddCustomer(0, KitCatalog.Overage);
        CustomerEntry behind = grid.AddCustomer(1, KitCatalog.Overage);
        TestProcess process = await grid.StartAsync();
        await process.SendAsync(behind.Id, "before", 1);
        process.Engine.UseLag(new FixedLag { Seconds = 31, Shard = "s1" });
        Assert.Equal(IngestStatus.Decided, (await process.SendAsync((here.Id, "a", 1))).Status);
        Assert.Equal(IngestStatus.Overloaded, (await process.SendAsync((behind.Id, "a", 1))).Status);
        Assert.Equal(IngestStatus.Overloaded, (await process.SendAsync((here.Id, "b", 1), (behind.Id, "a", 1))).Status);
        process.Stores[1].OnCall = _ => new ValueTask<ShardFault>(ShardFault.Lost);
        await Assert.ThrowsAsync<PartitionUnavailableException>(() => process.ReadAsync(behind).AsTask());
        IngestAnswer answer = await process.SendAsync((here.Id, "c", 1), (behind.Id, "a", 1));
        Assert.Equal([EventCode.Accepted, EventCode.Unavailable], answer.Results.Select(result => result.Code));
    }

    [Fact]
    public async Task Process_that_was_fenced_takes_nothing_over_that_it_never_had()
    {
        var grid = new TestGrid(partitions: 2, shards: 2);
        CustomerEntry had = grid.AddCustomer(0, KitCatalog.Overage);
        TestProcess old = grid.NewProcess();
        old.Stores[1].OnCall = _ => new ValueTask<ShardFault>(ShardFault.Lost);
        await old.Engine.StartAsync(default);
        TestProcess next = await grid.StartAsync();
        Assert.Equal(EventCode.Unavailable, (await old.SendAsync(had.Id, "a", 1)).Code);
        await Eventually.Holds(() => old.FencedReasons.Count > 0, "it knows that it was fenced");
        old.Stores[1].OnCall = null;
        for (int second = 0; second < 5; second++)
            grid.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(next.Owner, grid.Shards[1].OwnerOf(1));
        Assert.Equal(EventCode.Accepted, (await next.SendAsync(grid.AddCustomer(1, KitCatalog.Overage).Id, "a", 1)).Code);
    }

    [Fact]
    public async Task Repeated_drops_for_one_cause_wait_longer_each_time()
    {
        var grid = new TestGrid(partitions: 1);
        CustomerEntry customer = grid.AddCustomer(0, KitCatalog.Overage);
        TestProcess process = await grid.StartAsync();
        int claims = 0;
        process.Store.OnCall = call =>
        {
            claims += call.Operation == ShardOperation.Claim ? 1 : 0;
            return new ValueTask<ShardFault>(call.Operation == ShardOperation.WriteRound ? ShardFault.Lost : ShardFault.None);
        };
        for (int attempt = 0; attempt < 50; attempt++)
            Assert.Equal(EventCode.Unavailable, (await process.SendAsync(customer.Id, $"e{attempt}", 1)).Code);
        Assert.InRange(claims, 1, 2);
        process.Store.OnCall = null;
        await Eventually.Holds(
            () =>
            {
                grid.Time.Advance(TimeSpan.FromSeconds(1));
                return process.Engine.Status.Ready;
            },
            "it was taken again");
        Assert.Equal(EventCode.Accepted, (await process.SendAsync(customer.Id, "a", 1)).Code);
    }

    [Fact]
    public async Task Rate_limit_counts_requests_until_its_window_ends()
    {
        var grid = new TestGrid();
        CustomerEntry customer = grid.AddCustomer(1, KitCatalog.Overage);
        TestProcess process = await grid.StartAsync();
        var check = new RateCheck("key", 3, 60);
        Assert.Equal(new RateStatus(true, 3, 2, 60), await process.Engine.CountRequestAsync(customer, check, default));
        grid.Time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(new RateStatus(true, 3, 1, 50), await process.Engine.CountRequestAsync(customer, check, default));
        Assert.Equal(new RateStatus(true, 3, 0, 50), await process.Engine.CountRequestAsync(customer, check, default));
        Assert.Equal(new RateStatus(false, 3, 0, 50), await process.Engine.CountRequestAsync(customer, check, default));
        grid.Time.Advance(TimeSpan.FromSeconds(50));
        Assert.True((await process.Engine.CountRequestAsync(customer, check, default)).Allowed);
    }

    [Fact]
    public async Task Warming_loads_what_was_saved_and_counts_what_is_new()
    {
        var grid = new TestGrid();
        CustomerEntry[] customers = [.. Enumerable.Range(0, 12).Select(number => grid.AddCustomer(number % 4, KitCatalog.Overage))];
        TestProcess first = await grid.StartAsync();
        await first.SendAsync([.. customers.Select(customer => (customer.Id, "e", 1L))]);
        await first.Engine.StopAsync();
        TestProcess second = await grid.StartAsync(new GridOptions { RecentEventsMax = 1 });
        long inMemory = second.Engine.Status.CustomersInMemory;
        Assert.Equal(12 - inMemory, await second.Engine.WarmAsync(null, default));
        Assert.Equal(0, await second.Engine.WarmAsync(customers, default));
        Assert.Equal(12, second.Engine.Status.CustomersInMemory);
    }

    [Fact]
    public void Settings_out_of_range_are_all_named()
    {
        var options = new GridOptions { CheckpointBytes = 0, Patience = TimeSpan.Zero };
        string message = Assert.Throws<ArgumentException>(options.Validate).Message;
        Assert.Contains("CheckpointBytes", message, StringComparison.Ordinal);
        Assert.Contains("Patience", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Shard_map_that_names_an_unknown_shard_is_refused()
    {
        var grid = new TestGrid();
        grid.Assignments[2] = new ShardAssignment(2, "elsewhere");
        Assert.Throws<ArgumentException>(() => grid.NewProcess());
    }

    private sealed class FixedLag : IProjectionLag
    {
        public double Seconds { get; set; }

        public string? Shard { get; init; }

        public double SecondsOf(string shard) => Shard is null || Shard == shard ? Seconds : 0;

        public long Events => 0;
    }
}
