using Metering.Core.Money;
using Metering.Core.Usage;
using Metering.Grid.Directory;
using Metering.Grid.Ingest;
using Metering.Grid.Partitions;

namespace Metering.Grid.Tests.Partitions;

/// <summary>
/// Every code of the decision about an event, in the order of precedence: each event would also get all the codes below its own.
/// </summary>
public sealed class DecisionTests
{
    private static readonly TimeSpan Old = TimeSpan.FromDays(36);

    [Fact]
    public void Suspended_customer_comes_before_everything_also_a_duplicate()
    {
        PartitionHarness partition = Prepaid();
        Ev taken = TestPlans.Units("c1", "e1", 1);
        partition.Grant("c1", "100");
        Assert.Equal(EventCode.Accepted, partition.Send(taken).Code);
        partition.SetStatus("c1", CustomerStatus.Suspended);

        Assert.Equal(EventCode.CustomerSuspended, partition.Send(taken).Code);
        Assert.Equal(EventCode.CustomerSuspended, partition.Send(new Ev("unheard.of", "c1", "e2")).Code);
    }

    [Fact]
    public void Customer_whose_payment_is_overdue_is_served()
    {
        PartitionHarness partition = Prepaid();
        partition.Grant("c1", "100");
        partition.SetStatus("c1", CustomerStatus.PastDue);

        Assert.Equal(EventCode.Accepted, partition.Send(TestPlans.Units("c1", "e1", 1)).Code);
    }

    [Fact]
    public void Change_of_status_tells_the_position_of_its_own_group_and_none_is_written_for_the_same_status()
    {
        PartitionHarness partition = Prepaid();

        long suspended = partition.SetStatus("c1", CustomerStatus.Suspended);
        Assert.Equal(partition.LastSequence, suspended);
        Assert.Equal(suspended, partition.SetStatus("c1", CustomerStatus.Suspended));
        Assert.Equal(suspended + 1, partition.SetStatus("c1", CustomerStatus.Active));
    }

    [Fact]
    public void Duplicate_comes_before_what_would_refuse_it_now()
    {
        PartitionHarness partition = Prepaid();
        partition.Grant("c1", "1");
        partition.Send(TestPlans.Units("c1", "e1", 1));

        EventResult again = partition.Send(new Ev("unheard.of", "c1", "e1") { Time = partition.Now - Old });

        Assert.Equal(EventCode.Duplicate, again.Code);
        Assert.True(again.Differs);
    }

    [Fact]
    public void Unknown_meter_comes_before_time_and_credits()
    {
        PartitionHarness partition = Prepaid();
        Assert.Equal(EventCode.UnknownMeter, partition.Send(new Ev("unheard.of", "c1", "e1") { Time = partition.Now - Old }).Code);
    }

    [Fact]
    public void No_price_comes_before_time_and_range()
    {
        var partition = new PartitionHarness();
        partition.AddCustomer("c1", "llm-prepaid");
        Ev unpriced = Ev.Tokens("c1", "e1", 1, 1, "unheard-of");

        Assert.Equal(EventCode.NoPrice, partition.Send(unpriced with { Time = partition.Now - Old }).Code);
        Assert.Equal(EventCode.NoPrice, partition.Send(unpriced with { TooLarge = "input_tokens" }).Code);
    }

    [Fact]
    public void No_price_in_money_refuses_too()
    {
        var partition = new PartitionHarness(TestPlans.Catalog);
        partition.AddCustomer("c1", "t-money");
        Ev made = Ev.Quantity("test.region", "c1", "e1", 5);
        Ev eu = made with { Data = new Dictionary<string, object> { ["quantity"] = 5m, ["region"] = "eu" } };
        Ev us = made with { Id = "e2", Data = new Dictionary<string, object> { ["quantity"] = 5m, ["region"] = "us" } };

        Assert.Equal([EventCode.Accepted, EventCode.NoPrice], partition.Send(eu, us).Select(result => result.Code));
    }

    [Fact]
    public void Setting_takes_what_has_no_price_for_nothing()
    {
        var partition = new PartitionHarness(rules: new PartitionRules { TakeUnpriced = true });
        partition.AddCustomer("c1", "llm-prepaid");

        EventResult result = partition.Send(Ev.Tokens("c1", "e1", 1000, 1, "unheard-of"));

        Assert.Equal((EventCode.Accepted, Amount.Zero), (result.Code, result.Credits));
        Assert.Equal(Amount.FromWhole(1000), partition.View("c1").Usage.Single(usage => usage.Meter == "llm_input_tokens").Quantity);
    }

    [Theory]
    [InlineData(-35 * 86_400 - 1, EventCode.TooOld)]
    [InlineData(-35 * 86_400, EventCode.InsufficientCredits)]
    [InlineData(300, EventCode.InsufficientCredits)]
    [InlineData(301, EventCode.InFuture)]
    public void Time_must_be_within_bounds(int seconds, EventCode expected)
    {
        PartitionHarness partition = Prepaid();
        Ev sent = TestPlans.Units("c1", "e1", 1) with { Time = partition.Now + TimeSpan.FromSeconds(seconds) };
        Assert.Equal(expected, partition.Send(sent).Code);
    }

    [Fact]
    public void Time_comes_before_range()
    {
        PartitionHarness partition = Prepaid();
        Ev large = TestPlans.Units("c1", "e1", 1) with { TooLarge = "quantity" };

        Assert.Equal(EventCode.TooOld, partition.Send(large with { Time = partition.Now - Old }).Code);
        Assert.Equal(EventCode.OutOfRange, partition.Send(large).Code);
    }

    [Fact]
    public void Negative_quantity_is_out_of_range()
    {
        PartitionHarness partition = Prepaid();
        Assert.Equal(EventCode.OutOfRange, partition.Send(TestPlans.Units("c1", "e1", -1)).Code);
    }

    [Fact]
    public void Total_beyond_the_range_of_quantities_is_out_of_range()
    {
        var partition = new PartitionHarness(TestPlans.Catalog);
        partition.AddCustomer("c1", "media-enterprise");
        const decimal Most = 999_999_999_999_999_999m;

        Assert.Equal(EventCode.Accepted, partition.Send(Ev.Quantity("usage.participant_minutes", "c1", "e1", Most)).Code);
        Assert.Equal(EventCode.OutOfRange, partition.Send(Ev.Quantity("usage.participant_minutes", "c1", "e2", Most)).Code);
        Assert.Equal(EventCode.Accepted, partition.Send(Ev.Quantity("usage.storage_gb", "c1", "e3", Most)).Code);
    }

    [Fact]
    public void Credits_beyond_the_range_of_amounts_are_out_of_range()
    {
        var partition = new PartitionHarness(TestPlans.Catalog);
        CustomerEntry customer = partition.AddCustomer("c1", "t-postpaid");
        partition.AddProject(customer, "p2", "t-postpaid");
        const decimal Most = 999_999_999_999_999_999m;

        Assert.Equal(EventCode.Accepted, partition.Send(TestPlans.Units("c1", "e1", Most)).Code);
        Assert.Equal(EventCode.OutOfRange, partition.Send(TestPlans.Units("p2", "e2", Most)).Code);
        Assert.Equal(Amount.FromWhole(999_999_999_999_999_999), partition.Wallet("c1").Overage);
    }

    [Fact]
    public void Range_comes_before_limit_and_limit_before_credits()
    {
        PartitionHarness partition = Prepaid();
        Assert.Equal(EventCode.OutOfRange, partition.Send(TestPlans.Units("c1", "e1", 2000) with { TooLarge = "quantity" }).Code);
        Assert.Equal(EventCode.LimitExceeded, partition.Send(TestPlans.Units("c1", "e2", 1001)).Code);
        Assert.Equal(EventCode.InsufficientCredits, partition.Send(TestPlans.Units("c1", "e3", 1000)).Code);
    }

    [Fact]
    public void Too_many_values_comes_before_limit()
    {
        var partition = new PartitionHarness(TestPlans.Catalog, new PartitionRules { UniqueValuesMax = 2 });
        partition.AddCustomer("c1", "t-limits");

        EventResult[] results = partition.Send(
            TestPlans.Seat("c1", "e1", "ann"), TestPlans.Seat("c1", "e2", "bob"),
            TestPlans.Seat("c1", "e3", "cy"), TestPlans.Seat("c1", "e4", "ann"));

        Assert.Equal(
            [EventCode.Accepted, EventCode.Accepted, EventCode.TooManyValues, EventCode.Accepted], results.Select(result => result.Code));
    }

    [Fact]
    public void One_bad_apple_does_not_spoil_the_batch()
    {
        PartitionHarness partition = Prepaid();
        partition.Grant("c1", "10");

        EventResult[] results = partition.Send(
            TestPlans.Units("c1", "e1", 4), TestPlans.Units("c1", "e2", -1),
            TestPlans.Units("c1", "e3", 7), TestPlans.Units("c1", "e4", 6));

        Assert.Equal(
            [EventCode.Accepted, EventCode.OutOfRange, EventCode.InsufficientCredits, EventCode.Accepted],
            results.Select(result => result.Code));
        Assert.Equal(Amount.Zero, partition.Wallet("c1").Available);
    }

    [Fact]
    public void Refused_event_is_decided_afresh()
    {
        PartitionHarness partition = Prepaid();
        Assert.Equal(EventCode.InsufficientCredits, partition.Send(TestPlans.Units("c1", "e1", 1)).Code);
        partition.Grant("c1", "10");
        Assert.Equal(EventCode.Accepted, partition.Send(TestPlans.Units("c1", "e1", 1)).Code);
    }

    [Fact]
    public void Event_that_no_meter_counts_by_its_filters_is_taken_and_costs_nothing()
    {
        var partition = new PartitionHarness();
        partition.AddCustomer("c1", "api-free");
        var call = new Ev("api.call", "c1", "e1") { Data = new Dictionary<string, object> { ["billable"] = false } };

        Assert.Equal(EventCode.Accepted, partition.Send(call).Code);

        Assert.Equal(["calls"], partition.View("c1").Usage.Select(usage => usage.Meter));
    }

    private static PartitionHarness Prepaid()
    {
        var partition = new PartitionHarness(TestPlans.Catalog);
        partition.AddCustomer("c1", "t-prepaid");
        return partition;
    }
}
