using Metering.Core.Catalog;
using Metering.Core.Ids;
using Metering.Core.Invoicing;
using Metering.Core.Money;
using Metering.Grid.Billing;
using Metering.Grid.Directory;
using Metering.Grid.Projects;
using Metering.Grid.Tests.Support;
using Metering.TestSupport.Engine;

namespace Metering.Grid.Tests.Hosting;

/// <summary>Commands that name what another process has put into the catalogue a moment ago: this one has not polled since.</summary>
public sealed class CatalogueMadeElsewhereTests
{
    [Fact]
    public async Task Plan_is_read_before_a_project_moves_to_it()
    {
        var grid = new TestGrid();
        CustomerEntry customer = grid.AddCustomer(0);
        TestProcess process = await grid.StartAsync();
        Plan newer = TestGrid.Catalog.Plans[0] with { Version = 2, Name = "newer" };
        grid.Directory.MadeElsewhere = new CatalogSnapshot(
            TestGrid.Catalog with { Plans = [.. TestGrid.Catalog.Plans, newer] });

        ProjectView moved = await process.Engine.Project(grid.Directory.Project(customer.Id))
            .ChangePlanAsync(KitCatalog.Prepaid, 2, PlanChangeTime.Now, default);

        Assert.Equal((KitCatalog.Prepaid, 2), (moved.Plan, moved.PlanVersion));
        Assert.Equal(0, process.Engine.Status.PartitionsDropped);
    }

    [Fact]
    public async Task Plan_that_the_owner_before_was_told_of_is_read_when_its_partition_is_taken()
    {
        var grid = new TestGrid();
        CustomerEntry customer = grid.AddCustomer(0);
        TestProcess process = await grid.StartAsync();
        Plan newer = TestGrid.Catalog.Plans[0] with { Version = 2, Name = "newer" };
        CatalogSnapshot old = grid.Directory.Catalog;
        grid.Directory.MadeElsewhere = new CatalogSnapshot(
            TestGrid.Catalog with { Plans = [.. TestGrid.Catalog.Plans, newer] });
        await process.Engine.Project(grid.Directory.Project(customer.Id))
            .ChangePlanAsync(KitCatalog.Prepaid, 2, PlanChangeTime.Now, default);

        grid.Directory.Catalog = old;
        TestProcess next = await grid.StartAsync();

        Assert.Equal(2, (await next.Engine.Project(grid.Directory.Project(customer.Id)).ReadAsync(default)).PlanVersion);
        Assert.Equal(0, next.Engine.Status.PartitionsDropped);
    }

    [Fact]
    public async Task Plan_that_nobody_made_is_refused_and_harms_nobody()
    {
        var grid = new TestGrid();
        CustomerEntry customer = grid.AddCustomer(0);
        TestProcess process = await grid.StartAsync();
        IProject project = process.Engine.Project(grid.Directory.Project(customer.Id));

        await Assert.ThrowsAsync<ArgumentException>(
            async () => await project.ChangePlanAsync(KitCatalog.Prepaid, 9, PlanChangeTime.Now, default));

        Assert.Equal(0, process.Engine.Status.PartitionsDropped);
        Assert.Equal(1, (await project.ReadAsync(default)).PlanVersion);
    }

    [Fact]
    public async Task Coupon_is_read_before_a_customer_gets_it()
    {
        var grid = new TestGrid();
        CustomerEntry customer = grid.AddCustomer(0);
        TestProcess process = await grid.StartAsync();
        var tenth = new Coupon { Id = CouponId.Parse("tenth"), Name = "A tenth", Percent = Amount.FromWhole(10), Invoices = 2 };
        grid.Directory.MadeElsewhere = new CatalogSnapshot(TestGrid.Catalog with { Coupons = [tenth] });

        Assert.Equal(CouponCode.Done, await process.Engine.Billing(customer).ApplyCouponAsync(tenth.Id, default));
    }
}
