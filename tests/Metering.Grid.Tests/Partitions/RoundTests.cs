using Metering.Core.Money;
using Metering.Core.Usage;
using Metering.Core.Wallets;
using Metering.Grid.Directory;
using Metering.Grid.Ingest;
using Metering.Grid.Projects;
using Metering.Grid.Tests.Support;
using Metering.TestSupport.Engine;
using Metering.TestSupport.Memory;

namespace Metering.Grid.Tests.Partitions;

/// <summary>When answers leave: rounds, fences, and every way in which they can meet.</summary>
public sealed class RoundTests
{
    [Fact]
    public async Task Event_is_in_the_balance_and_in_the_journal_when_it_is_answered()
    {
        var grid = new TestGrid();
        CustomerEntry customer = grid.AddCustomer(1);
        TestProcess process = await grid.StartAsync();
        await process.GrantAsync(customer, 100);
        IngestAnswer answer = await process.SendAsync((customer.Id, "e1", 15));
        Assert.Equal(EventCode.Accepted, answer.Results[0].Code);
        Assert.Equal(Amount.FromWhole(15), answer.Results[0].Credits);
        Assert.Equal([new CustomerBalance(customer.Id, Amount.FromWhole(85), Amount.Zero)], answer.Balances);
        Assert.Equal(2, grid.Shard.Journal(1).Count);
        Assert.Equal(Amount.FromWhole(85), (await process.ReadAsync(customer)).Available);
    }

    [Fact]
    public async Task What_is_decided_while_a_round_is_in_flight_becomes_one_group_of_the_next()
    {
        var grid = new TestGrid();
        CustomerEntry customer = grid.AddCustomer(1);
        TestProcess process = await grid.StartAsync();
        await process.GrantAsync(customer, 1000);
        int before = grid.Shard.Journal(1).Count;
        var hold = new Hold(process.Store, ShardOperation.WriteRound);
        Task<EventResult> first = process.SendAsync(customer.Id, "e0", 1);
        await hold.Reached;
        Task<EventResult>[] others = [.. Enumerable.Range(1, 50).Select(number => process.SendAsync(customer.Id, $"e{number}", 1))];
        Assert.Equal(1, hold.Calls);
        Assert.All(others, other => Assert.False(other.IsCompleted));
        hold.Release();
        Assert.Equal(EventCode.Accepted, (await first).Code);
        Assert.All(await Task.WhenAll(others), result => Assert.Equal(EventCode.Accepted, result.Code));
        Assert.Equal(before + 2, grid.Shard.Journal(1).Count);
    }

    [Fact]
    public async Task Partitions_of_a_shard_share_a_round()
    {
        var grid = new TestGrid(partitions: 8);
        CustomerEntry[] customers = [.. Enumerable.Range(0, 8).Select(partition => grid.AddCustomer(partition, KitCatalog.Overage))];
        TestProcess process = await grid.StartAsync();
        long before = process.Engine.Status.RoundsWritten;
        var hold = new Hold(process.Store, ShardOperation.WriteRound);
        Task<EventResult> first = process.SendAsync(customers[0].Id, "first", 1);
        await hold.Reached;
        Task<EventResult>[] others = [.. customers.Select(customer => process.SendAsync(customer.Id, "e", 1))];
        hold.Release();
        await first;
        await Task.WhenAll(others);
        Assert.Equal(before + 2, process.Engine.Status.RoundsWritten);
    }

    [Fact]
    public async Task Read_waits_for_a_fence_that_began_after_it_was_decided()
    {
        var grid = new TestGrid();
        CustomerEntry customer = grid.AddCustomer(1);
        TestProcess process = await grid.StartAsync();
        await process.GrantAsync(customer, 10);
        var hold = new Hold(process.Store, ShardOperation.WriteRound);
        Task<WalletView> read = process.ReadAsync(customer).AsTask();
        await hold.Reached;
        Assert.False(read.IsCompleted);
        grid.Shard.TakeOver(1, Guid.Empty);
        hold.Release();
        await Assert.ThrowsAsync<PartitionUnavailableException>(() => read);
    }

    [Fact]
    public async Task Refusal_and_duplicate_wait_for_the_fence_too()
    {
        var grid = new TestGrid();
        CustomerEntry customer = grid.AddCustomer(1);
        TestProcess process = await grid.StartAsync();
        await process.GrantAsync(customer, 10);
        await process.SendAsync(customer.Id, "e1", 4);
        var hold = new Hold(process.Store, ShardOperation.WriteRound);
        Task<EventResult> refused = process.SendAsync(customer.Id, "e2", 400);
        await hold.Reached;
        Task<EventResult> duplicate = process.SendAsync(customer.Id, "e1", 4);
        grid.Shard.TakeOver(1, Guid.Empty);
        hold.Release();
        Assert.Equal(EventCode.Unavailable, (await refused).Code);
        Assert.Equal(EventCode.Unavailable, (await duplicate).Code);
    }

    [Fact]
    public async Task Read_sees_nothing_that_a_failing_write_takes_back()
    {
        var grid = new TestGrid();
        CustomerEntry customer = grid.AddCustomer(1);
        TestProcess process = await grid.StartAsync();
        await process.GrantAsync(customer, 10);
        var hold = new Hold(process.Store, ShardOperation.WriteRound);
        Task<EventResult> sent = process.SendAsync(customer.Id, "e1", 4);
        await hold.Reached;
        Task<WalletView> read = process.ReadAsync(customer).AsTask();
        hold.Release(ShardFault.Lost);
        Assert.Equal(EventCode.Unavailable, (await sent).Code);
        await Assert.ThrowsAsync<PartitionUnavailableException>(() => read);
        process.Store.OnCall = null;
        Assert.Equal(Amount.FromWhole(10), (await process.ReadAsync(customer)).Available);
    }

    [Theory]
    [InlineData(ShardFault.Lost)]
    [InlineData(ShardFault.DoneButFails)]
    public async Task Retry_after_a_failed_write_gets_the_first_answer_and_counts_once(ShardFault fault)
    {
        var grid = new TestGrid();
        CustomerEntry customer = grid.AddCustomer(1);
        TestProcess process = await grid.StartAsync();
        await process.GrantAsync(customer, 100);
        process.Fail(ShardOperation.WriteRound, fault, times: 1);
        Assert.Equal(EventCode.Unavailable, (await process.SendAsync(customer.Id, "e1", 15)).Code);
        EventResult retry = await process.SendAsync(customer.Id, "e1", 15);
        Assert.Equal(fault == ShardFault.Lost ? EventCode.Accepted : EventCode.Duplicate, retry.Code);
        Assert.Equal(Amount.FromWhole(15), retry.Credits);
        Assert.Equal(Amount.FromWhole(85), (await process.ReadAsync(customer)).Available);
        Assert.Empty(process.FencedReasons);
        Assert.Equal(0, process.Engine.Status.PartitionsFenced);
    }

    [Fact]
    public async Task Unknown_outcome_takes_everything_decided_on_top_with_it()
    {
        var grid = new TestGrid();
        CustomerEntry customer = grid.AddCustomer(1);
        TestProcess process = await grid.StartAsync();
        await process.GrantAsync(customer, 100);
        var hold = new Hold(process.Store, ShardOperation.WriteRound);
        Task<EventResult> first = process.SendAsync(customer.Id, "e1", 10);
        await hold.Reached;
        Task<EventResult> second = process.SendAsync(customer.Id, "e2", 10);
        hold.Release(ShardFault.DoneButFails);
        Assert.Equal(EventCode.Unavailable, (await first).Code);
        Assert.Equal(EventCode.Unavailable, (await second).Code);
        process.Store.OnCall = null;
        Assert.Equal(EventCode.Duplicate, (await process.SendAsync(customer.Id, "e1", 10)).Code);
        Assert.Equal(EventCode.Accepted, (await process.SendAsync(customer.Id, "e2", 10)).Code);
        Assert.Equal(Amount.FromWhole(80), (await process.ReadAsync(customer)).Available);
    }

    [Fact]
    public async Task Fenced_partition_is_left_out_and_the_others_of_the_round_go_through()
    {
        var grid = new TestGrid();
        CustomerEntry fenced = grid.AddCustomer(1, KitCatalog.Overage);
        CustomerEntry other = grid.AddCustomer(2, KitCatalog.Overage);
        TestProcess process = await grid.StartAsync();
        grid.Shard.TakeOver(1, new Guid(9, 9, 9, new byte[8]));
        IngestAnswer answer = await process.SendAsync((fenced.Id, "a", 1), (other.Id, "b", 1), (fenced.Id, "c", 1));
        Assert.Equal([EventCode.Unavailable, EventCode.Accepted, EventCode.Unavailable], answer.Results.Select(result => result.Code));
        Assert.Equal([other.Id], answer.Balances.Select(balance => balance.CustomerId));
        Assert.Empty(grid.Shard.Journal(1));
        Assert.Single(grid.Shard.Journal(2));
        Assert.Equal((1, 1), (process.Engine.Status.PartitionsFenced, process.Engine.Status.PartitionsDropped));
    }

    [Fact]
    public async Task Process_fenced_by_another_never_takes_back_and_says_so()
    {
        var grid = new TestGrid();
        CustomerEntry customer = grid.AddCustomer(1, KitCatalog.Overage);
        TestProcess process = await grid.StartAsync();
        var another = new Guid(9, 9, 9, new byte[8]);
        grid.Shard.TakeOver(1, another);
        Assert.Equal(EventCode.Unavailable, (await process.SendAsync(customer.Id, "e", 1)).Code);
        await Eventually.Holds(() => process.FencedReasons.Count > 0, "the process noticed that it was fenced");
        for (int tries = 0; tries < 20; tries++)
        {
            Assert.Equal(EventCode.Unavailable, (await process.SendAsync(customer.Id, "e", 1)).Code);
            grid.Time.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.Equal(another, grid.Shard.OwnerOf(1));
        Assert.Empty(grid.Shard.Journal(1));
        Assert.False(process.Engine.Status.Ready);
        Assert.Contains("Another process", process.Engine.Status.NotReadyReason, StringComparison.Ordinal);
        Assert.Single(process.FencedReasons);
    }

    [Fact]
    public async Task Fence_by_the_process_itself_is_healed_by_the_next_command()
    {
        var grid = new TestGrid();
        CustomerEntry customer = grid.AddCustomer(1, KitCatalog.Overage);
        TestProcess process = await grid.StartAsync();
        grid.Shard.TakeOver(1, process.Owner);
        Assert.Equal(EventCode.Unavailable, (await process.SendAsync(customer.Id, "e", 1)).Code);
        Assert.Equal(EventCode.Accepted, (await process.SendAsync(customer.Id, "e", 1)).Code);
        Assert.Empty(process.FencedReasons);
        await Eventually.Holds(() => process.Engine.Status.Ready, "the process is ready again");
    }

    [Fact]
    public async Task Second_process_takes_over_and_knows_what_the_first_acknowledged()
    {
        var grid = new TestGrid();
        CustomerEntry customer = grid.AddCustomer(1);
        TestProcess first = await grid.StartAsync();
        await first.GrantAsync(customer, 100);
        await first.SendAsync(customer.Id, "e1", 15);
        TestProcess second = await grid.StartAsync();
        EventResult retry = await second.SendAsync(customer.Id, "e1", 15);
        Assert.Equal((EventCode.Duplicate, Amount.FromWhole(15), false), (retry.Code, retry.Credits, retry.Differs));
        Assert.True((await second.SendAsync(customer.Id, "e1", 16)).Differs);
        Assert.Equal(EventCode.Unavailable, (await first.SendAsync(customer.Id, "e2", 1)).Code);
        Assert.Equal(Amount.FromWhole(85), (await second.ReadAsync(customer)).Available);
    }

    [Fact]
    public async Task Poison_gets_its_exception_and_the_rest_goes_on()
    {
        var grid = new TestGrid();
        CustomerEntry good = grid.AddCustomer(1, KitCatalog.Overage);
        CustomerEntry poison = grid.AddCustomer(1, KitCatalog.Overage, planVersion: 99);
        TestProcess process = await grid.StartAsync();
        await process.SendAsync(good.Id, "e1", 1);
        IProject withoutPlan = process.Engine.Project(grid.Directory.Project(poison.Id));
        await Assert.ThrowsAsync<InvalidOperationException>(() => withoutPlan.ReadAsync(CancellationToken.None).AsTask());
        Assert.Equal(EventCode.Duplicate, (await process.SendAsync(good.Id, "e1", 1)).Code);
        Assert.Equal(EventCode.Accepted, (await process.SendAsync(good.Id, "e2", 1)).Code);
        Assert.Equal(Amount.FromWhole(2), (await process.ReadAsync(good)).Overage);
    }

    [Fact]
    public async Task Past_the_bound_of_bytes_in_flight_nothing_is_taken()
    {
        var grid = new TestGrid();
        CustomerEntry customer = grid.AddCustomer(1, KitCatalog.Overage);
        TestProcess process = await grid.StartAsync(new Metering.Grid.Partitions.GridOptions { BytesInFlightMax = 64 * 1024 });
        var hold = new Hold(process.Store, ShardOperation.WriteRound);
        var sent = new List<Task<IngestAnswer>>();
        for (int number = 0; process.Engine.Status.BytesInFlight <= 64 * 1024; number++)
        {
            Assert.True(number < 10_000);
            sent.Add(process.SendAsync((customer.Id, $"{number}-{new string('x', 200)}", 1)));
        }

        Assert.Equal(IngestStatus.Overloaded, (await process.SendAsync((customer.Id, "more", 1))).Status);
        await Assert.ThrowsAsync<OverloadedException>(() => process.GrantAsync(customer, 1));
        hold.Release();
        Assert.All(await Task.WhenAll(sent), answer => Assert.Equal(EventCode.Accepted, answer.Results[0].Code));
        Assert.Equal(0, process.Engine.Status.BytesInFlight);
        Assert.Equal(EventCode.Accepted, (await process.SendAsync(customer.Id, "more", 1)).Code);
    }

    [Fact]
    public async Task Wallet_never_goes_over_under_64_at_once()
    {
        var grid = new TestGrid();
        CustomerEntry customer = grid.AddCustomer(1);
        TestProcess process = await grid.StartAsync();
        await process.GrantAsync(customer, 500);
        EventResult[] results = await Task.WhenAll(Enumerable.Range(0, 64).Select(async number =>
        {
            await Task.Yield();
            return await process.SendAsync(customer.Id, $"e{number}", 75);
        }));
        Assert.Equal(6, results.Count(result => result.Code == EventCode.Accepted));
        Assert.Equal(58, results.Count(result => result.Code == EventCode.InsufficientCredits));
        Assert.Equal(Amount.FromWhole(50), (await process.ReadAsync(customer)).Available);
    }
}
