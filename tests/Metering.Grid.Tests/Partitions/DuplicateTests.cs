using Metering.Core.Money;
using Metering.Core.Usage;
using Metering.Grid.Dedup;
using Metering.Grid.Directory;
using Metering.Grid.Ingest;
using Metering.Grid.Journal;

namespace Metering.Grid.Tests.Partitions;

public sealed class DuplicateTests
{
    [Fact]
    public void Second_copy_in_a_batch_carries_the_first_outcome()
    {
        PartitionHarness partition = Funded();
        EventResult[] results = partition.Send(
            TestPlans.Units("c1", "e1", 3), TestPlans.Units("c1", "e1", 3), TestPlans.Units("c1", "e1", 4));

        Assert.Equal([EventCode.Accepted, EventCode.Duplicate, EventCode.Duplicate], results.Select(result => result.Code));
        Assert.Equal([false, false, true], results.Select(result => result.Differs));
        Assert.All(results, result => Assert.Equal((Amount.FromWhole(3), PartitionHarness.Start), (result.Credits, result.At)));
        Assert.Equal(Amount.FromWhole(97), partition.Wallet("c1").Available);
    }

    [Fact]
    public void Retry_with_another_time_of_arrival_gets_the_first_answer()
    {
        PartitionHarness partition = Funded();
        EventResult first = partition.Send(TestPlans.Units("c1", "e1", 3));
        partition.Now += TimeSpan.FromDays(34);

        EventResult again = partition.Recover().Send(TestPlans.Units("c1", "e1", 3));

        Assert.Equal((EventCode.Duplicate, first.Credits, first.At, false), (again.Code, again.Credits, again.At, again.Differs));
    }

    [Fact]
    public void Past_the_dedup_horizon_an_identity_counts_again_and_once()
    {
        PartitionHarness partition = Funded();
        partition.Send(TestPlans.Units("c1", "e1", 3));
        partition.Now += TimeSpan.FromDays(35) - TimeSpan.FromSeconds(1);
        Assert.Equal(EventCode.Duplicate, partition.Send(TestPlans.Units("c1", "e1", 3)).Code);
        partition.Now += TimeSpan.FromSeconds(1);
        Assert.Equal(EventCode.Accepted, partition.Send(TestPlans.Units("c1", "e1", 3)).Code);

        Assert.Equal(EventCode.Duplicate, partition.Send(TestPlans.Units("c1", "e1", 3)).Code);
        Assert.Equal(EventCode.Duplicate, partition.Recover().Send(TestPlans.Units("c1", "e1", 3)).Code);
    }

    [Fact]
    public void Outcome_from_a_segment_makes_a_duplicate_within_the_horizon()
    {
        PartitionHarness partition = Funded();
        Ev sent = TestPlans.Units("c1", "e1", 3);
        var first = new FirstOutcome(new JournalPosition(1, 0), 42, partition.Now - TimeSpan.FromDays(3), Amount.FromWhole(9));

        EventResult known = partition.Send([sent], new Dictionary<int, FirstOutcome> { [0] = first }, out _)[0];
        Assert.Equal((EventCode.Duplicate, true, Amount.FromWhole(9), first.At), (known.Code, known.Differs, known.Credits, known.At));

        first = first with { At = partition.Now - TimeSpan.FromDays(36) };
        Assert.Equal(EventCode.Accepted, partition.Send([sent], new Dictionary<int, FirstOutcome> { [0] = first }, out _)[0].Code);
    }

    [Fact]
    public void Identity_is_customer_source_and_id()
    {
        PartitionHarness partition = Funded();
        CustomerEntry other = partition.AddCustomer("c2", "t-postpaid");
        partition.AddProject(partition.Project("c1").Customer, "p2", "t-prepaid");
        Assert.Equal("c2", other.Id);

        EventResult[] results = partition.Send(
            TestPlans.Units("c1", "e1", 1),
            TestPlans.Units("c2", "e1", 1),
            TestPlans.Units("c1", "e1", 1) with { Source = "elsewhere" },
            TestPlans.Units("p2", "e1", 1));

        Assert.Equal(
            [EventCode.Accepted, EventCode.Accepted, EventCode.Accepted, EventCode.Duplicate], results.Select(result => result.Code));
    }

    private static PartitionHarness Funded()
    {
        var partition = new PartitionHarness(TestPlans.Catalog);
        partition.AddCustomer("c1", "t-prepaid");
        partition.Grant("c1", "100");
        return partition;
    }
}
