using Metering.Core.Time;
using Metering.Core.Wallets;
using Metering.Grid.Directory;
using Metering.Grid.Projects;

namespace Metering.Grid.Tests.Partitions;

public sealed class AnchorTests
{
    [Fact]
    public void Periods_of_the_31st_begin_on_the_last_day_of_shorter_months_and_do_not_drift()
    {
        PartitionHarness partition = Anchored(31);
        partition.Send(TestPlans.Units("c1", "e1", 1));
        for (int month = 0; month < 14; month++)
        {
            partition.Now = partition.View("c1").PeriodEnd;
            partition.RunDue();
        }

        Assert.Equal(
            [
                "2024-12-31", "2025-01-31", "2025-02-28", "2025-03-31", "2025-04-30", "2025-05-31", "2025-06-30", "2025-07-31",
                "2025-08-31", "2025-09-30", "2025-10-31", "2025-11-30", "2025-12-31", "2026-01-31", "2026-02-28",
            ],
            partition.Journal().Where(line => line.Contains(" period c1 ", StringComparison.Ordinal))
                .Select(line => line[(line.IndexOf(" period c1 ", StringComparison.Ordinal) + 11)..][..10]));
    }

    [Fact]
    public void First_day_is_not_journaled_so_that_journals_are_as_they_were()
    {
        PartitionHarness partition = Anchored(1);
        partition.Send(TestPlans.Units("c1", "e1", 1));
        Assert.DoesNotContain(partition.Journal(), line => line.Contains("anchored", StringComparison.Ordinal));
        Assert.Contains(Anchored(17, send: true).Journal(), line => line.EndsWith("anchored on day 17", StringComparison.Ordinal));
    }

    [Fact]
    public void Replay_and_a_checkpoint_keep_the_day_whatever_the_directory_says_by_then()
    {
        PartitionHarness partition = Anchored(20, send: true);
        Dictionary<int, byte[]> saved = partition.Encode();
        PartitionHarness replayed = partition.Recover();
        PartitionHarness loaded = partition.Recover(partition.LastSequence, saved);
        foreach (PartitionHarness each in new[] { partition, replayed, loaded })
        {
            // Nobody names the customer: the next period is found from what the partition itself knows.
            each.Now = PartitionHarness.At("2025-01-20T00:00:00Z");
            each.RunDue();
            Assert.EndsWith(
                "period c1 2025-01-20T00:00:00Z/2025-02-20T00:00:00Z from 2025-01-20T00:00:00Z", each.Journal().Last(),
                StringComparison.Ordinal);
        }

        Assert.Equal(partition.Encode(), replayed.Encode());
        Assert.Equal(partition.Encode(), loaded.Encode());
    }

    [Fact]
    public void Limit_of_the_billing_period_begins_anew_on_the_day_and_one_of_the_month_does_not()
    {
        PartitionHarness partition = Anchored(20, "t-limits");
        ProjectView view = partition.View("c1");
        Assert.Equal(
            (PartitionHarness.At("2024-12-20T00:00:00Z"), PartitionHarness.At("2025-01-20T00:00:00Z")), Span(view, PeriodKind.Billing));
        Assert.Equal(PartitionHarness.At("2025-01-01T00:00:00Z"), Span(view, PeriodKind.Month).Start);
        partition.Send(new Ev("test.level", "c1", "e1") { Data = new Dictionary<string, object> { ["quantity"] = 40m } });
        Assert.Equal("40", Used(partition.View("c1"), PeriodKind.Billing));

        partition.Now = PartitionHarness.At("2025-01-20T00:00:00Z");

        Assert.Equal("0", Used(partition.View("c1"), PeriodKind.Billing));
    }

    [Fact]
    public void Checkpoint_of_the_version_before_reads_as_a_customer_of_the_first_without_a_low_balance()
    {
        string[] frozen = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Partitions", "Frozen", "bucket-v2.txt"));
        var partition = new PartitionHarness(TestPlans.Catalog);
        CustomerEntry customer = partition.AddCustomer("c1", "t-prepaid", "Asia/Kolkata");
        Assert.Equal(int.Parse(frozen[0], System.Globalization.CultureInfo.InvariantCulture), customer.Bucket);

        PartitionHarness loaded = partition.Recover(
            9, new Dictionary<int, byte[]> { [customer.Bucket] = Convert.FromBase64String(frozen[1]) });

        WalletView wallet = loaded.Wallet("c1");
        Assert.Equal(("87", "10", "3"), ($"{wallet.Available}", $"{wallet.Held}", $"{wallet.Burned}"));
        Assert.Equal("5", $"{wallet.AutoTopUp!.Threshold}");
        Assert.Null(wallet.LowBalance);
        Assert.Equal(PartitionHarness.At("2024-12-31T18:30:00Z"), loaded.View("c1").PeriodStart);
    }

    private static PartitionHarness Anchored(int day, string plan = "t-postpaid", bool send = false)
    {
        var partition = new PartitionHarness(TestPlans.Catalog);
        partition.AddCustomer("c1", plan, anchor: day);
        if (send)
            partition.Send(TestPlans.Units("c1", "e1", 1));
        return partition;
    }

    private static (Instant Start, Instant End) Span(ProjectView view, PeriodKind kind)
    {
        LimitView limit = view.Limits.First(each => each.Period == kind);
        return (limit.PeriodStart, limit.PeriodEnd);
    }

    private static string Used(ProjectView view, PeriodKind kind) => view.Limits.First(each => each.Period == kind).Used.ToString();
}
