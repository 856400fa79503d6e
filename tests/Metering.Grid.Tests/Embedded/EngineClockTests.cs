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

/// <summary>A machine whose clock is wrong serves nothing, and lets nothing expire.</summary>
public sealed class EngineClockTests
{
    [Fact]
    public async Task Clock_far_off_is_refused_at_start()
    {
        var grid = new TestGrid();
        TestProcess process = grid.NewProcess();
        process.Store.ClockAhead = TimeSpan.FromSeconds(61);
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => process.Engine.StartAsync(default));
        Assert.Contains("61 s off", refused.Message, StringComparison.Ordinal);
        Assert.Null(grid.Shard.OwnerOf(0));
    }

    [Fact]
    public async Task Clock_that_goes_off_later_stops_service_until_it_is_right_again()
    {
        var grid = new TestGrid();
        CustomerEntry customer = grid.AddCustomer(1, KitCatalog.Overage);
        TestProcess process = await grid.StartAsync();
        process.Store.ClockAhead = -TimeSpan.FromMinutes(2);
        await Eventually.Holds(
            () =>
            {
                grid.Time.Advance(TimeSpan.FromSeconds(61));
                return !process.Engine.Status.Ready;
            },
            "the clock was compared");
        Assert.Equal(EventCode.Unavailable, (await process.SendAsync(customer.Id, "a", 1)).Code);
        await Assert.ThrowsAsync<PartitionUnavailableException>(() => process.ReadAsync(customer).AsTask());
        process.Store.ClockAhead = TimeSpan.Zero;
        await Eventually.Holds(
            () =>
            {
                grid.Time.Advance(TimeSpan.FromSeconds(61));
                return process.Engine.Status.Ready;
            },
            "the clock was right again");
        Assert.Equal(EventCode.Accepted, (await process.SendAsync(customer.Id, "a", 1)).Code);
    }

    [Fact]
    public async Task Clock_that_jumps_expires_nothing_and_serves_nothing_until_a_shard_confirms_one()
    {
        var grid = new TestGrid();
        CustomerEntry customer = grid.AddCustomer(1);
        TestProcess process = await grid.StartAsync();
        var grant = new GrantCredits(
            Amount.FromWhole(10), GrantKind.Paid, 50, Instant.FromDateTimeOffset(TestGrid.Start + TimeSpan.FromDays(20)), "test");
        await process.Engine.Wallet(customer).ExecuteAsync(grant, default);
        grid.Time.Jump(TimeSpan.FromDays(40));
        process.Store.ClockAhead = -TimeSpan.FromDays(40);
        Assert.Equal(EventCode.Unavailable, (await process.SendAsync(customer.Id, "a", 1)).Code);
        Assert.False(process.Engine.Status.Ready);
        await Assert.ThrowsAsync<PartitionUnavailableException>(() => process.ReadAsync(customer).AsTask());
        grid.Time.Advance(TimeSpan.FromSeconds(5));
        // While no shard answers, what was known of the clock stays.
        process.Store.OnCall = call => new ValueTask<ShardFault>(
            call.Operation == ShardOperation.ReadClock ? ShardFault.Lost : ShardFault.None);
        grid.Time.Advance(TimeSpan.FromSeconds(125));
        Assert.Equal(EventCode.Unavailable, (await process.SendAsync(customer.Id, "a", 1)).Code);
        process.Store.OnCall = null;
        grid.Time.Jump(-TimeSpan.FromDays(40));
        process.Store.ClockAhead = TimeSpan.Zero;
        await Eventually.Holds(
            () =>
            {
                grid.Time.Advance(TimeSpan.FromSeconds(1));
                return process.Engine.Status.Ready;
            },
            "a shard confirmed the clock");
        Assert.Equal(Amount.FromWhole(10), (await process.ReadAsync(customer)).Available);
        Assert.Equal(EventCode.Accepted, (await process.SendAsync(customer.Id, "a", 1)).Code);
    }

    [Fact]
    public async Task Start_without_any_shard_serves_once_one_has_confirmed_the_clock()
    {
        var grid = new TestGrid();
        CustomerEntry customer = grid.AddCustomer(1, KitCatalog.Overage);
        TestProcess process = grid.NewProcess();
        process.Store.OnCall = call => new ValueTask<ShardFault>(
            call.Operation == ShardOperation.ReadClock ? ShardFault.Lost : ShardFault.None);
        await process.Engine.StartAsync(default);
        Assert.False(process.Engine.Status.Ready);
        Assert.Equal(EventCode.Unavailable, (await process.SendAsync(customer.Id, "a", 1)).Code);
        process.Store.OnCall = null;
        await Eventually.Holds(
            () =>
            {
                grid.Time.Advance(TimeSpan.FromSeconds(1));
                return process.Engine.Status.Ready;
            },
            "the clock was compared");
        Assert.Equal(EventCode.Accepted, (await process.SendAsync(customer.Id, "a", 1)).Code);
    }
}
