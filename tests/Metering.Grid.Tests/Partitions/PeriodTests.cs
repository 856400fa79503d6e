using Metering.Core.Time;
using Metering.Core.Usage;
using Metering.Core.Wallets;
using Metering.Grid.Projects;

namespace Metering.Grid.Tests.Partitions;

public sealed class PeriodTests
{
    [Fact]
    public void What_is_due_is_journaled_in_order_of_time_kind_and_id()
    {
        var partition = new PartitionHarness(TestPlans.Catalog);
        partition.AddCustomer("c1", "t-prepaid");
        partition.AddProject(partition.Project("c1").Customer, "a-project", "t-prepaid");
        partition.Grant("c1", "100", expiresAt: PartitionHarness.At("2025-02-01T00:00:00Z"));
        partition.Execute("c1", new CreateHold("h1", PartitionHarness.Credits("10"), TimeSpan.FromDays(2)));
        partition.Send(TestPlans.Units("c1", "e1", 1), TestPlans.Units("a-project", "e2", 1));
        long before = partition.LastSequence;

        partition.Now = PartitionHarness.At("2025-02-01T01:00:00Z");
        partition.RunDue();

        Assert.Equal(
            [
                "HoldClosed { Ledger = Release", "GrantExpired { Ledger = Expire",
                "period a-project 2025-02-01T00:00:00Z/2025-03-01T00:00:00Z from 2025-02-01T00:00:00Z",
                "period c1 2025-02-01T00:00:00Z/2025-03-01T00:00:00Z from 2025-02-01T00:00:00Z",
                "closed a-project 2025-01-01T00:00:00Z", "closed c1 2025-01-01T00:00:00Z",
            ],
            partition.Journal(before).Select(line => line[(line.IndexOf('+') + 3)..].Split(',')[0]));
        Assert.Equal(Instant.Min(PartitionHarness.At("2025-03-01T00:00:00Z"), partition.State.NextDue), partition.State.NextDue);
    }

    [Fact]
    public void What_is_due_comes_before_the_command_that_finds_it()
    {
        var partition = new PartitionHarness(TestPlans.Catalog);
        partition.AddCustomer("c1", "t-prepaid");
        partition.Grant("c1", "10");
        partition.Execute("c1", new CreateHold("h1", PartitionHarness.Credits("10"), TimeSpan.FromMinutes(1)));
        Assert.Equal(EventCode.InsufficientCredits, partition.Send(TestPlans.Units("c1", "e1", 10)).Code);

        partition.Now += TimeSpan.FromMinutes(1);

        Assert.Equal(EventCode.Accepted, partition.Send(TestPlans.Units("c1", "e1", 10)).Code);
    }

    [Fact]
    public void Several_missed_periods_are_opened_and_closed_one_after_the_other()
    {
        var partition = new PartitionHarness(TestPlans.Catalog);
        partition.AddCustomer("c1", "t-postpaid");
        partition.Send(TestPlans.Units("c1", "e1", 1));
        long before = partition.LastSequence;
        partition.Now = PartitionHarness.At("2025-03-15T00:00:00Z");

        partition.RunDue();

        Assert.Equal(
            ["period c1 2025-02", "closed c1 2025-01", "period c1 2025-03", "closed c1 2025-02"],
            partition.Journal(before).Select(line => line[(line.IndexOf('+') + 3)..][..17]));
    }

    [Fact]
    public void Late_event_is_counted_in_its_own_period_until_the_grace_is_over()
    {
        var partition = new PartitionHarness(TestPlans.Catalog);
        partition.AddCustomer("c1", "t-postpaid");
        partition.Send(TestPlans.Units("c1", "e1", 1));
        Instant january = partition.Now;
        partition.Now = PartitionHarness.At("2025-02-01T00:59:59Z");

        partition.Send(TestPlans.Units("c1", "e2", 2) with { Time = january }, TestPlans.Units("c1", "e3", 4));

        ProjectView view = partition.View("c1");
        Assert.Equal((PartitionHarness.At("2025-02-01T00:00:00Z"), "4"), (view.PeriodStart, view.Usage.Single().Quantity.ToString()));
        Assert.DoesNotContain(partition.Journal(), line => line.Contains(" closed ", StringComparison.Ordinal));
    }

    [Fact]
    public void Time_never_goes_back()
    {
        var partition = new PartitionHarness(TestPlans.Catalog);
        partition.AddCustomer("c1", "t-postpaid");
        partition.Send(TestPlans.Units("c1", "e1", 1));
        partition.Now -= TimeSpan.FromDays(1);

        Assert.Equal(PartitionHarness.Start, partition.Send(TestPlans.Units("c1", "e2", 1)).At);
        Assert.Equal(PartitionHarness.Start, partition.Recover().Send(TestPlans.Units("c1", "e3", 1)).At);
    }

    [Fact]
    public void Change_of_plan_now_prices_from_here_on_and_shows_one_row_a_meter()
    {
        var partition = new PartitionHarness(TestPlans.Catalog);
        partition.AddCustomer("c1", "t-prepaid");
        partition.Grant("c1", "100");
        Assert.Equal("3", partition.Send(TestPlans.Units("c1", "e1", 3)).Credits.ToString());
        partition.Now += TimeSpan.FromHours(1);

        ProjectView view = partition.ChangePlan("c1", "t-prepaid", 2, PlanChangeTime.Now);

        Assert.Equal(2, view.PlanVersion);
        Assert.Equal("8", partition.Send(TestPlans.Units("c1", "e2", 4)).Credits.ToString());
        Assert.Equal("2", partition.Send(TestPlans.Units("c1", "e3", 2) with { Time = PartitionHarness.Start }).Credits.ToString());
        view = partition.View("c1");
        Assert.Equal(("9", "13"), (Assert.Single(view.Usage).Quantity.ToString(), view.CreditsBurned.ToString()));
        partition.AssertSameViews(partition.Recover());
    }

    [Fact]
    public void Change_of_plan_next_period_waits_and_can_be_taken_back()
    {
        var partition = new PartitionHarness(TestPlans.Catalog);
        partition.AddCustomer("c1", "t-prepaid");
        partition.Grant("c1", "100");
        partition.ChangePlan("c1", "t-overage", 1, PlanChangeTime.NextPeriod);
        ProjectView view = partition.ChangePlan("c1", "t-prepaid", 2, PlanChangeTime.NextPeriod);
        Assert.Equal(("t-prepaid", 1, "t-prepaid", 2), (view.Plan, view.PlanVersion, view.NextPlan, view.NextPlanVersion));
        Assert.Equal("1", partition.Send(TestPlans.Units("c1", "e1", 1)).Credits.ToString());

        partition.Now = PartitionHarness.At("2025-02-01T00:00:00Z");

        Assert.Equal("2", partition.Send(TestPlans.Units("c1", "e2", 1)).Credits.ToString());
        Assert.Null(partition.View("c1").NextPlan);
    }

    [Fact]
    public void Same_plan_again_changes_nothing()
    {
        var partition = new PartitionHarness(TestPlans.Catalog);
        partition.AddCustomer("c1", "t-prepaid");
        partition.ChangePlan("c1", "t-prepaid", 1, PlanChangeTime.Now);
        int groups = partition.Groups.Count;

        partition.ChangePlan("c1", "t-prepaid", 1, PlanChangeTime.Now);
        partition.ChangePlan("c1", "t-prepaid", 1, PlanChangeTime.NextPeriod);
        partition.SetStatus("c1", Grid.Directory.CustomerStatus.Active);

        Assert.Equal(groups, partition.Groups.Count);
    }

    [Fact]
    public void Reads_of_a_customer_that_was_never_opened_journal_nothing()
    {
        var partition = new PartitionHarness(TestPlans.Catalog);
        partition.AddCustomer("c1", "t-limits");

        Assert.True(partition.Wallet("c1").Available.IsZero);
        Assert.Equal(("t-limits", 5), (partition.View("c1").Plan, partition.View("c1").Limits.Count));
        Assert.Equal(EventCode.Accepted, partition.Check("c1", TestPlans.Units("c1", "e1", 1)).Code);

        Assert.Empty(partition.Groups);
        Assert.Equal(0, partition.State.CustomersInMemory);
    }

    [Fact]
    public void Refused_command_leaves_the_group_empty()
    {
        var partition = new PartitionHarness(TestPlans.Catalog);
        partition.AddCustomer("c1", "t-prepaid");
        partition.Grant("c1", "1");
        int groups = partition.Groups.Count;

        Assert.Equal(WalletCode.HoldNotFound, partition.Execute("c1", new ReleaseHold("none")).Code);
        Assert.Equal(
            WalletCode.InsufficientCredits,
            partition.Execute("c1", new CreateHold(null, PartitionHarness.Credits("2"), TimeSpan.FromHours(1))).Code);

        Assert.Equal(groups, partition.Groups.Count);
    }

    [Fact]
    public void Bucket_that_is_not_in_memory_is_refused_and_keeps_its_due_time()
    {
        var partition = new PartitionHarness(TestPlans.Catalog);
        var customer = partition.AddCustomer("c1", "t-prepaid");
        partition.Send(TestPlans.Units("c1", "e1", 1));
        Instant due = partition.State.NextDue;
        partition.Encode();
        partition.State.Evict(customer.Bucket);

        Assert.Throws<InvalidOperationException>(() => partition.Wallet("c1"));
        Assert.Throws<InvalidOperationException>(() =>
            partition.State.RunDue(customer.Bucket, partition.Catalog, due, new Grid.Journal.GroupWriter()));
        Assert.Equal(due, partition.State.NextDue);
    }
}
