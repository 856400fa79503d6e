using Metering.Core.Money;
using Metering.Core.Usage;
using Metering.Core.Wallets;
using Metering.Grid.Directory;
using Metering.Grid.Ingest;
using Metering.Grid.Wallets;

namespace Metering.Grid.Tests.Partitions;

/// <summary>Captures that carry the usage event they pay for.</summary>
public sealed class CaptureTests
{
    [Fact]
    public void Capture_pays_an_event_from_the_hold_and_closes_it()
    {
        PartitionHarness partition = WithHold("100", "30");
        WalletResult result = partition.CaptureFor("c1", "h1", TestPlans.Units("c1", "e1", 20), close: true);

        Assert.Equal(
            (WalletCode.Done, EventCode.Accepted, "20", "80"),
            (result.Code, result.EventCode, result.Credits.ToString(), result.Available.ToString()));
        Assert.Equal((HoldState.Captured, "20"), (result.Hold!.State, result.Hold.Captured.ToString()));
        Assert.Equal("20", partition.View("c1").Usage.Single().Quantity.ToString());
        partition.AssertSameViews(partition.Recover());
    }

    [Fact]
    public void What_an_event_costs_beyond_the_hold_comes_from_the_available_credits()
    {
        PartitionHarness partition = WithHold("100", "30");
        WalletResult result = partition.CaptureFor("c1", "h1", TestPlans.Units("c1", "e1", 50));

        Assert.Equal(
            (WalletCode.Done, "50", "0", "50"),
            (result.Code, result.Available.ToString(), result.Held.ToString(), result.Credits.ToString()));
        Assert.Equal(HoldState.Pending, result.Hold!.State);
        Assert.Equal(
            2,
            partition.Journal().Count(line =>
                line.Contains("Captured {", StringComparison.Ordinal) || line.Contains(" burned 20 ", StringComparison.Ordinal)));
    }

    [Fact]
    public void What_the_available_credits_cannot_pay_is_refused_whole()
    {
        PartitionHarness partition = WithHold("100", "30");
        WalletResult result = partition.CaptureFor("c1", "h1", TestPlans.Units("c1", "e1", 101));

        Assert.Equal((WalletCode.EventRefused, EventCode.InsufficientCredits), (result.Code, result.EventCode));
        Assert.Equal(("70", "30"), (result.Available.ToString(), result.Held.ToString()));
        Assert.Equal(EventCode.Accepted, partition.Send(TestPlans.Units("c1", "e1", 1)).Code);
    }

    [Fact]
    public void Limits_apply_to_the_event()
    {
        PartitionHarness partition = WithHold("5000", "3000");
        WalletResult result = partition.CaptureFor("c1", "h1", TestPlans.Units("c1", "e1", 1001));
        Assert.Equal((WalletCode.EventRefused, EventCode.LimitExceeded), (result.Code, result.EventCode));
    }

    [Fact]
    public void Event_that_was_counted_is_a_duplicate_also_when_the_hold_is_closed()
    {
        PartitionHarness partition = WithHold("100", "30");
        Ev paid = TestPlans.Units("c1", "e1", 20);
        partition.CaptureFor("c1", "h1", paid, close: true);

        WalletResult again = partition.CaptureFor("c1", "h1", paid, close: true);

        Assert.Equal(
            (WalletCode.Done, EventCode.Duplicate, "20", "80"),
            (again.Code, again.EventCode, again.Credits.ToString(), again.Available.ToString()));
        Assert.Equal(EventCode.Duplicate, partition.Send(paid).Code);
        Assert.Equal(WalletCode.HoldClosed, partition.CaptureFor("c1", "h1", paid with { Id = "e2" }).Code);
        Assert.Equal(WalletCode.HoldNotFound, partition.CaptureFor("c1", "none", paid).Code);
    }

    [Fact]
    public void Duplicate_says_when_the_event_was_taken_and_not_when_it_was_sent_again()
    {
        PartitionHarness partition = WithHold("100", "30");
        Ev sent = TestPlans.Units("c1", "e1", 20);
        EventResult first = partition.Send(sent);
        partition.Now += TimeSpan.FromMilliseconds(1);

        WalletResult again = partition.CaptureFor("c1", "h1", sent, key: new IdempotencyKey(7, 1));

        Assert.Equal((EventCode.Duplicate, first.At, partition.Now), (again.EventCode, again.TakenAt, again.At));
        partition.Now += TimeSpan.FromMilliseconds(1);
        PartitionHarness next = partition.Recover();
        Assert.Equal(again, next.CaptureFor("c1", "h1", sent, key: new IdempotencyKey(7, 1)));
        Assert.Equal(first.At, next.Send(sent).At);
    }

    [Fact]
    public void Event_of_somebody_else_or_of_nobody_is_refused_and_harms_nobody()
    {
        PartitionHarness partition = WithHold("100", "30");
        partition.AddCustomer("c2", "t-prepaid");
        WalletResult foreign = partition.CaptureFor("c1", "h1", TestPlans.Units("c2", "e1", 1));
        Assert.Equal((WalletCode.EventRefused, EventCode.CustomerNotFound), (foreign.Code, foreign.EventCode));

        using EventBatch batch = partition.Batch(TestPlans.Units("c1", "e1", 1));
        batch[0].Project = null;
        WalletResult nobody = partition.Execute("c1", new CaptureHoldForEvent("h1", batch, Close: false));

        Assert.Equal((WalletCode.EventRefused, EventCode.CustomerNotFound), (nobody.Code, nobody.EventCode));
        Assert.Equal(("70", "30"), (nobody.Available.ToString(), nobody.Held.ToString()));
    }

    [Fact]
    public void Duplicate_that_closes_gives_the_rest_of_the_hold_back()
    {
        PartitionHarness partition = WithHold("100", "30");
        Ev paid = TestPlans.Units("c1", "e1", 20);
        partition.CaptureFor("c1", "h1", paid);

        WalletResult again = partition.CaptureFor("c1", "h1", paid, close: true);

        Assert.Equal(
            (EventCode.Duplicate, HoldState.Captured, "80", "0"),
            (again.EventCode, again.Hold!.State, again.Available.ToString(), again.Held.ToString()));
        partition.AssertSameViews(partition.Recover());
    }

    [Fact]
    public void Suspended_customer_is_refused_before_a_duplicate_is_seen()
    {
        PartitionHarness partition = WithHold("100", "30");
        Ev paid = TestPlans.Units("c1", "e1", 20);
        partition.CaptureFor("c1", "h1", paid);
        partition.SetStatus("c1", CustomerStatus.Suspended);

        WalletResult result = partition.CaptureFor("c1", "h1", paid);
        Assert.Equal((WalletCode.EventRefused, EventCode.CustomerSuspended), (result.Code, result.EventCode));
    }

    [Fact]
    public void Same_key_gets_the_first_answer_and_with_another_body_none()
    {
        PartitionHarness partition = WithHold("100", "30");
        Ev paid = TestPlans.Units("c1", "e1", 20);
        WalletResult first = partition.CaptureFor("c1", "h1", paid, key: new IdempotencyKey(7, 1));
        partition.Grant("c1", "1");

        Assert.Equal(first, partition.Recover().CaptureFor("c1", "h1", paid, key: new IdempotencyKey(7, 1)));
        Assert.Equal(WalletCode.IdempotencyKeyReused, partition.CaptureFor("c1", "h1", paid, key: new IdempotencyKey(7, 2)).Code);
    }

    [Fact]
    public void Twenty_holds_of_75_on_500_grant_exactly_6()
    {
        var partition = new PartitionHarness(TestPlans.Catalog);
        partition.AddCustomer("c1", "t-prepaid");
        partition.Grant("c1", "500");

        int granted = Enumerable.Range(0, 20).Count(_ =>
            partition.Execute("c1", new CreateHold(null, Amount.FromWhole(75), TimeSpan.FromHours(1))).Code == WalletCode.Done);

        Assert.Equal(6, granted);
        Assert.Equal("50", partition.Wallet("c1").Available.ToString());
    }

    private static PartitionHarness WithHold(string credits, string held)
    {
        var partition = new PartitionHarness(TestPlans.Catalog);
        partition.AddCustomer("c1", "t-prepaid");
        partition.Grant("c1", credits);
        Assert.Equal(
            WalletCode.Done,
            partition.Execute("c1", new CreateHold("h1", PartitionHarness.Credits(held), TimeSpan.FromHours(1))).Code);
        return partition;
    }
}
