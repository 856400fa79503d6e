using Metering.Core.Money;
using Metering.Core.Usage;
using Metering.Grid.Directory;
using Metering.Grid.Hosting;
using Metering.Grid.Tests.Support;
using Metering.TestSupport.Engine;
using Metering.TestSupport.Memory;

namespace Metering.Grid.Tests.Hosting;

public sealed class AssignedEngineTests
{
    private static readonly Func<Guid, bool> NobodyElse = static _ => false;
    private static readonly Func<Guid, bool> Everybody = static _ => true;

    [Fact]
    public async Task Only_what_was_taken_is_served()
    {
        var grid = new TestGrid();
        CustomerEntry here = grid.AddCustomer(0, KitCatalog.Overage);
        CustomerEntry elsewhere = grid.AddCustomer(1, KitCatalog.Overage);
        TestProcess process = await grid.StartAssignedAsync(NobodyElse);
        Assert.True(process.Engine.Status.Ready, process.Engine.Status.NotReadyReason);
        Assert.Equal(0, process.Engine.Status.PartitionsAway);
        Assert.Equal(1, await process.Assigned!.TakeAsync(0, default));
        Assert.True(process.Assigned.IsHosted(0));
        Assert.Equal(
            [EventCode.Accepted, EventCode.Unavailable],
            (await process.SendAsync((here.Id, "a", 1), (elsewhere.Id, "a", 1))).Results.Select(result => result.Code));
        Assert.Null(grid.Shard.OwnerOf(1));
        await Assert.ThrowsAsync<PartitionUnavailableException>(() => process.ReadAsync(elsewhere).AsTask());
        Assert.Equal([0], process.Engine.ListOwned("s0").Select(owned => owned.Partition));
    }

    [Fact]
    public async Task Partition_that_is_left_is_saved_released_and_can_be_taken_again()
    {
        var grid = new TestGrid();
        CustomerEntry customer = grid.AddCustomer(1, KitCatalog.Overage);
        TestProcess process = await grid.StartAssignedAsync(NobodyElse);
        await process.Assigned!.TakeAsync(1, default);
        await process.SendAsync(customer.Id, "a", 1);
        await process.Assigned.LeaveAsync(1, default);
        Assert.False(process.Assigned.IsHosted(1));
        Assert.Null(grid.Shard.OwnerOf(1));
        Assert.Equal(1, grid.Shard.SavedBuckets(1));
        Assert.Equal(EventCode.Unavailable, (await process.SendAsync(customer.Id, "b", 1)).Code);
        Assert.True(process.Engine.Status.Ready);
        Assert.Equal(2, await process.Assigned.TakeAsync(1, default));
        Assert.Equal(EventCode.Duplicate, (await process.SendAsync(customer.Id, "a", 1)).Code);
        Assert.Equal(EventCode.Accepted, (await process.SendAsync(customer.Id, "b", 1)).Code);
        Assert.Equal(Amount.FromWhole(2), (await process.ReadAsync(customer)).Burned);
    }

    [Fact]
    public async Task What_is_decided_when_a_partition_is_left_is_still_answered()
    {
        var grid = new TestGrid();
        CustomerEntry customer = grid.AddCustomer(1, KitCatalog.Overage);
        TestProcess process = await grid.StartAssignedAsync(NobodyElse);
        await process.Assigned!.TakeAsync(1, default);
        await process.SendAsync(customer.Id, "first", 1);
        var hold = new Hold(process.Store, ShardOperation.WriteRound);
        Task<Metering.Grid.Ingest.EventResult> decided = process.SendAsync(customer.Id, "a", 1);
        await hold.Reached;
        Task left = process.Assigned.LeaveAsync(1, default);
        Assert.Equal(EventCode.Unavailable, (await process.SendAsync(customer.Id, "b", 1)).Code);
        hold.Release();
        Assert.Equal(EventCode.Accepted, (await decided).Code);
        await left;
        Assert.Null(grid.Shard.OwnerOf(1));
    }

    [Fact]
    public async Task Owner_that_may_be_alive_is_waited_for_and_nothing_it_decided_is_lost()
    {
        var grid = new TestGrid();
        CustomerEntry customer = grid.AddCustomer(1, KitCatalog.Overage);
        TestProcess first = await grid.StartAssignedAsync(Everybody);
        TestProcess second = await grid.StartAssignedAsync(Everybody);
        await first.Assigned!.TakeAsync(1, default);
        Task<long> taking = second.Assigned!.TakeAsync(1, default);
        Assert.Equal(EventCode.Accepted, (await first.SendAsync(customer.Id, "a", 1)).Code);
        Assert.False(taking.IsCompleted);
        await first.Assigned.LeaveAsync(1, default);
        await Eventually.Holds(
            () =>
            {
                grid.Time.Advance(TimeSpan.FromMilliseconds(20));
                return taking.IsCompleted;
            },
            "it was taken");
        Assert.Equal(2, await taking);
        Assert.Empty(first.FencedReasons);
        Assert.Equal(EventCode.Duplicate, (await second.SendAsync(customer.Id, "a", 1)).Code);
    }

    [Fact]
    public async Task Owner_that_gives_nothing_up_is_fenced_when_the_patience_ends()
    {
        var grid = new TestGrid();
        CustomerEntry customer = grid.AddCustomer(1, KitCatalog.Overage);
        var options = new Metering.Grid.Partitions.GridOptions { HandOverPatience = TimeSpan.FromSeconds(3) };
        TestProcess first = await grid.StartAssignedAsync(Everybody, options);
        TestProcess second = await grid.StartAssignedAsync(Everybody, options);
        await first.Assigned!.TakeAsync(1, default);
        await first.SendAsync(customer.Id, "a", 1);
        DateTimeOffset began = grid.Time.GetUtcNow();
        Task<long> taking = second.Assigned!.TakeAsync(1, default);
        await Eventually.Holds(
            () =>
            {
                if (!taking.IsCompleted)
                    grid.Time.Advance(TimeSpan.FromMilliseconds(20));
                return taking.IsCompleted;
            },
            "it was taken over");
        Assert.Equal(2, await taking);
        Assert.InRange(grid.Time.GetUtcNow() - began, TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(4));
    }

    [Fact]
    public async Task Owner_that_is_gone_is_taken_over_from_at_once()
    {
        var grid = new TestGrid();
        TestProcess first = await grid.StartAssignedAsync(NobodyElse);
        TestProcess second = await grid.StartAssignedAsync(NobodyElse);
        await first.Assigned!.TakeAsync(1, default);
        Assert.Equal(2, await second.Assigned!.TakeAsync(1, default));
    }

    [Fact]
    public async Task Of_two_processes_that_believe_they_own_a_partition_one_answers_and_the_other_keeps_what_else_it_has()
    {
        var grid = new TestGrid();
        CustomerEntry shared = grid.AddCustomer(1, KitCatalog.Overage);
        CustomerEntry own = grid.AddCustomer(2, KitCatalog.Overage);
        TestProcess stale = await grid.StartAssignedAsync(NobodyElse);
        TestProcess owner = await grid.StartAssignedAsync(NobodyElse);
        await stale.Assigned!.TakeAsync(1, default);
        await stale.Assigned.TakeAsync(2, default);
        await stale.SendAsync(shared.Id, "a", 1);
        await owner.Assigned!.TakeAsync(1, default);
        Assert.Equal(EventCode.Unavailable, (await stale.SendAsync(shared.Id, "b", 1)).Code);
        Assert.Equal(EventCode.Accepted, (await owner.SendAsync(shared.Id, "b", 1)).Code);
        await Eventually.Holds(() => stale.FencedReasons.Count == 1, "it knows that it was fenced");
        await Assert.ThrowsAsync<PartitionUnavailableException>(() => stale.ReadAsync(shared).AsTask());
        Assert.Equal(EventCode.Accepted, (await stale.SendAsync(own.Id, "a", 1)).Code);
        Assert.True(stale.Engine.Status.Ready);
        Assert.Equal(Amount.FromWhole(2), (await owner.ReadAsync(shared)).Burned);
        // It takes the partition back only when it is told to, and then whatever the other believes.
        await stale.Assigned.LeaveAsync(1, default);
        Assert.Equal(3, await stale.Assigned.TakeAsync(1, default));
        Assert.Equal(EventCode.Unavailable, (await owner.SendAsync(shared.Id, "c", 1)).Code);
        Assert.Equal(EventCode.Accepted, (await stale.SendAsync(shared.Id, "c", 1)).Code);
        Assert.Equal(Amount.FromWhole(3), (await stale.ReadAsync(shared)).Burned);
    }

    [Fact]
    public async Task Stop_releases_all_that_is_hosted()
    {
        var grid = new TestGrid();
        TestProcess process = await grid.StartAssignedAsync(NobodyElse);
        await Task.WhenAll(process.Assigned!.TakeAsync(0, default), process.Assigned.TakeAsync(3, default));
        await process.Engine.StopAsync();
        Assert.All(Enumerable.Range(0, 4), partition => Assert.Null(grid.Shard.OwnerOf(partition)));
        Assert.Equal(0, process.Engine.Status.PartitionsOwned);
        Assert.False(process.Engine.Status.Ready);
    }
}
