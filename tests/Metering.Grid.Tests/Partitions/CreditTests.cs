using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Core.Usage;
using Metering.Core.Wallets;
using Metering.Grid.Ingest;
using Metering.Grid.Partitions;

namespace Metering.Grid.Tests.Partitions;

public sealed class CreditTests
{
    [Fact]
    public void Fifteen_hundred_tokens_cost_fifteen_credits_and_three_thousand_thirty()
    {
        var partition = new PartitionHarness();
        partition.AddCustomer("c1", "llm-prepaid");
        partition.Grant("c1", "1000000");

        Assert.Equal(Amount.FromWhole(15), partition.Send(Ev.Tokens("c1", "e1", 1000, 500)).Credits);
        Assert.Equal(Amount.FromWhole(999_985), partition.Wallet("c1").Available);
        Assert.Equal(Amount.FromWhole(30), partition.Send(Ev.Tokens("c1", "e2", 2000, 1000)).Credits);
        Assert.Equal(Amount.FromWhole(999_955), partition.Wallet("c1").Available);
    }

    [Fact]
    public void Three_events_of_a_batch_burn_once()
    {
        var partition = new PartitionHarness();
        partition.AddCustomer("c1", "llm-prepaid");
        partition.Grant("c1", "1000");

        EventResult[] results = partition.Send(
            [
                Ev.Tokens("c1", "e1", 2000, 1000),
                Ev.Tokens("c1", "e2", 500, 200, "claude-3-sonnet", "ANTHROPIC"),
                Ev.Tokens("c1", "e3", 3000, 1500),
            ],
            null, out List<CustomerBalance> balances);

        Assert.Equal(["30", "4.5", "45"], results.Select(result => result.Credits.ToString()));
        Assert.Equal([new CustomerBalance("c1", PartitionHarness.Credits("920.5"), Amount.Zero)], balances);
        Assert.Single(partition.Journal(), line => line.Contains(" burned 79.5 overage 0 events 3 ", StringComparison.Ordinal));
    }

    [Fact]
    public void Overage_takes_the_wallet_first()
    {
        PartitionHarness partition = On("t-overage", "10");
        EventResult[] results = partition.Send(
            TestPlans.Units("c1", "e1", 7), TestPlans.Units("c1", "e2", 7), TestPlans.Units("c1", "e3", 7));

        Assert.All(results, result => Assert.Equal(EventCode.Accepted, result.Code));
        WalletView wallet = partition.Wallet("c1");
        Assert.Equal(("0", "21", "11"), (wallet.Available.ToString(), wallet.Burned.ToString(), wallet.Overage.ToString()));
    }

    [Fact]
    public void Postpaid_leaves_the_wallet_alone()
    {
        PartitionHarness partition = On("t-postpaid", "10");
        partition.Send(TestPlans.Units("c1", "e1", 7));

        WalletView wallet = partition.Wallet("c1");
        Assert.Equal(("10", "7", "7"), (wallet.Available.ToString(), wallet.Burned.ToString(), wallet.Overage.ToString()));
    }

    [Fact]
    public void Burn_is_rounded_once_an_event_half_to_even()
    {
        PartitionHarness partition = On("t-thirds", "10");
        Assert.Equal("0.333333333", partition.Send(TestPlans.Units("c1", "e1", 1)).Credits.ToString());
        Assert.Equal("0.666666667", partition.Send(TestPlans.Units("c1", "e2", 2)).Credits.ToString());
        Assert.Equal("9", partition.Wallet("c1").Available.ToString());
    }

    [Fact]
    public void Graduated_credits_count_on_within_a_batch()
    {
        PartitionHarness partition = On("t-graded", "100");
        EventResult[] results = partition.Send(
            TestPlans.Units("c1", "e1", 8), TestPlans.Units("c1", "e2", 8), TestPlans.Units("c1", "e3", 1));
        Assert.Equal(["0", "12", "2"], results.Select(result => result.Credits.ToString()));
    }

    [Fact]
    public void Late_event_of_a_closed_period_goes_on_in_its_tiers()
    {
        PartitionHarness partition = On("t-graded", "100");
        partition.Send(TestPlans.Units("c1", "e1", 10));
        Instant inJanuary = partition.Now;
        partition.Now = PartitionHarness.At("2025-02-03T00:00:00Z");

        Assert.Equal("8", partition.Send(TestPlans.Units("c1", "e2", 4) with { Time = inJanuary }).Credits.ToString());
        Assert.Equal("0", partition.Send(TestPlans.Units("c1", "e3", 4)).Credits.ToString());
    }

    [Fact]
    public void Projects_of_a_customer_share_the_wallet_on_plans_of_their_own()
    {
        PartitionHarness partition = On("t-prepaid", "10");
        partition.AddProject(partition.Project("c1").Customer, "p2", "t-overage");

        EventResult[] results = partition.Send(
            TestPlans.Units("c1", "e1", 6), TestPlans.Units("p2", "e2", 6), TestPlans.Units("c1", "e3", 1));

        Assert.Equal(
            [EventCode.Accepted, EventCode.Accepted, EventCode.InsufficientCredits], results.Select(result => result.Code));
        Assert.Equal("2", partition.Wallet("c1").Overage.ToString());
    }

    [Fact]
    public void Trusted_top_up_pays_for_the_rest_of_the_batch()
    {
        PartitionHarness partition = On("t-prepaid", "10");
        partition.Execute("c1", new SetAutoTopUp(Amount.FromWhole(2), Amount.FromWhole(20), 2, Trust: true));

        EventResult[] results = partition.Send(
            [.. Enumerable.Range(0, 8).Select(number => TestPlans.Units("c1", $"e{number}", 7))]);

        // 10 + 2 x 20 pays for seven events; the day's allowance is used up then.
        Assert.Equal(7, results.Count(result => result.Code == EventCode.Accepted));
        Assert.Equal("1", partition.Wallet("c1").Available.ToString());
        partition.AssertSameViews(partition.Recover());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Check_counts_upon_a_top_up_only_where_the_wallet_has_room_for_it(bool hasRoom)
    {
        PartitionHarness partition = On("t-prepaid", "10", new PartitionRules { WalletItemsMax = hasRoom ? 2 : 1 });
        partition.Execute("c1", new SetAutoTopUp(Amount.Zero, Amount.FromWhole(20), 5, Trust: true));
        Ev dear = TestPlans.Units("c1", "e1", 25);
        EventCode expected = hasRoom ? EventCode.Accepted : EventCode.InsufficientCredits;

        Assert.Equal(expected, partition.Check("c1", dear).Code);
        Assert.Equal(expected, partition.Send(dear).Code);
    }

    [Fact]
    public void Refusal_for_lack_of_credits_asks_for_a_top_up_once()
    {
        PartitionHarness partition = On("t-prepaid", "10");
        partition.Execute("c1", new SetAutoTopUp(Amount.Zero, Amount.FromWhole(20), 5, Trust: false));

        EventResult[] results = partition.Send(TestPlans.Units("c1", "e1", 11), TestPlans.Units("c1", "e2", 12));

        Assert.All(results, result => Assert.Equal(EventCode.InsufficientCredits, result.Code));
        TopUpView pending = Assert.Single(partition.Wallet("c1").TopUps);
        partition.Execute("c1", new ConfirmTopUp(pending.Id));
        Assert.Equal(EventCode.Accepted, partition.Send(TestPlans.Units("c1", "e1", 11)).Code);
    }

    [Fact]
    public void Top_up_that_a_refusal_asks_for_is_a_change_to_save()
    {
        PartitionHarness partition = On("t-prepaid", "10");
        partition.Execute("c1", new SetAutoTopUp(Amount.Zero, Amount.FromWhole(20), 5, Trust: false));
        int bucket = partition.Project("c1").Customer.Bucket;
        partition.State.Save(bucket, new System.Buffers.ArrayBufferWriter<byte>());
        Assert.False(partition.State.IsDirty(bucket));

        Assert.Equal(EventCode.InsufficientCredits, partition.Send(TestPlans.Units("c1", "e1", 11)).Code);

        Assert.True(partition.State.IsDirty(bucket));
    }

    [Fact]
    public void Expiry_that_crosses_the_threshold_asks_for_a_top_up()
    {
        PartitionHarness partition = On("t-prepaid", "3");
        partition.Grant("c1", "50", expiresAt: partition.Now + TimeSpan.FromHours(1));
        partition.Execute("c1", new SetAutoTopUp(Amount.FromWhole(5), Amount.FromWhole(20), 5, Trust: false));
        Assert.Empty(partition.Wallet("c1").TopUps);

        partition.Now += TimeSpan.FromHours(1);
        partition.RunDue();

        Assert.Contains(partition.Journal(), line => line.Contains("TopUpRequested", StringComparison.Ordinal));
    }

    [Fact]
    public void Expired_credits_pay_for_nothing_also_when_nobody_asked_in_between()
    {
        PartitionHarness partition = On("t-prepaid", "1");
        partition.Grant("c1", "50", expiresAt: partition.Now + TimeSpan.FromHours(1));
        partition.Now += TimeSpan.FromHours(1);

        Assert.Equal(EventCode.InsufficientCredits, partition.Send(TestPlans.Units("c1", "e1", 2)).Code);
        Assert.Equal("50", partition.Wallet("c1").Expired.ToString());
    }

    private static PartitionHarness On(string plan, string credits, PartitionRules? rules = null)
    {
        var partition = new PartitionHarness(TestPlans.Catalog, rules);
        partition.AddCustomer("c1", plan);
        partition.Grant("c1", credits);
        return partition;
    }
}
