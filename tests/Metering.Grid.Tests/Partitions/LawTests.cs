using Metering.Core.Wallets;
using Metering.Grid.Ingest;

namespace Metering.Grid.Tests.Partitions;

public sealed class LawTests
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 60)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Replay_equals_live(int seed)
    {
        var live = new PartitionHarness(TestPlans.Catalog);
        new Workload(seed, live).Run(150);

        PartitionHarness replayed = live.Recover();

        live.AssertSameViews(replayed);
        AssertSameBytes(live, replayed);
        Assert.Equal(live.Recent.Count, replayed.Recent.Count);
        Assert.True(live.State.Clock >= replayed.State.Clock);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_checkpoint_and_the_groups_after_it_are_the_same_partition(int seed)
    {
        var live = new PartitionHarness(TestPlans.Catalog);
        var workload = new Workload(seed, live);
        workload.Run(30 + seed);
        long savedAt = live.LastSequence;
        Dictionary<int, byte[]> saved = live.Encode();
        workload.Run(120);

        PartitionHarness recovered = live.Recover(savedAt, saved);

        live.AssertSameViews(recovered);
        AssertSameBytes(live, recovered);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_recovered_partition_decides_what_the_live_one_decides(int seed)
    {
        var live = new PartitionHarness(TestPlans.Catalog);
        var workload = new Workload(seed, live);
        workload.Run(80);
        PartitionHarness recovered = live.Recover();

        for (int i = 0; i < 40; i++)
        {
            List<Ev> events = workload.Events(6);
            live.Now += TimeSpan.FromHours(5);
            recovered.Now = live.Now;
            EventResult[] left = live.Send(events, null, out var leftBalances);
            EventResult[] right = recovered.Send(events, null, out var rightBalances);
            Assert.Equal(left, right);
            Assert.Equal(leftBalances, rightBalances);
        }

        live.AssertSameViews(recovered);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Ledger_entries_chain_and_every_balance_adds_up(int seed)
    {
        var live = new PartitionHarness(TestPlans.Catalog);
        new Workload(seed, live).Run(150);

        foreach (var customer in live.Customers)
        {
            WalletView view = live.Wallet(customer.Id);
            Assert.Equal(
                view.Available.Nanos + view.Held.Nanos + view.Burned.Nanos + view.Expired.Nanos, view.Granted.Nanos + view.Overage.Nanos);
            Assert.All(view.Grants, grant => Assert.False(grant.Remaining.IsNegative || grant.Held.IsNegative));
            Assert.Equal(view.Available.Nanos, view.Grants.Aggregate(Int128.Zero, (sum, grant) => sum + grant.Remaining.Nanos));
            Assert.Equal(view.Held.Nanos, view.Holds.Aggregate(Int128.Zero, (sum, hold) => sum + hold.Remaining.Nanos));
            Assert.Equal(view.Held.Nanos, view.Grants.Aggregate(Int128.Zero, (sum, grant) => sum + grant.Held.Nanos));
        }

        AssertLedgersChain(live);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Order_of_unrelated_customers_does_not_matter(int seed)
    {
        var one = new PartitionHarness(TestPlans.Catalog);
        var other = new PartitionHarness(TestPlans.Catalog);
        List<Ev> events = Prepare(seed, one, other);

        one.Send([.. events]);
        other.Send([.. events.OrderBy(each => other.Project(each.Subject).Customer.Id, StringComparer.Ordinal)]);

        Assert.Equal(Numbers(one), Numbers(other));
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void One_batch_is_as_many_single_requests(int seed)
    {
        var batched = new PartitionHarness(TestPlans.Catalog);
        var single = new PartitionHarness(TestPlans.Catalog);
        List<Ev> events = Prepare(seed, batched, single);

        EventResult[] together = batched.Send([.. events]);
        EventResult[] apart = [.. events.Select(each => single.Send(each))];

        Assert.Equal(together, apart);
        Assert.Equal(Numbers(batched), Numbers(single));
        AssertLedgersChain(batched);
        AssertLedgersChain(single);
    }

    private static List<Ev> Prepare(int seed, params PartitionHarness[] partitions)
    {
        List<Ev> events = [];
        foreach (PartitionHarness partition in partitions)
        {
            var workload = new Workload(seed, partition);
            foreach (var customer in partition.Customers)
                partition.Grant(customer.Id, "100.123456789");
            events = [.. Enumerable.Range(0, 10).SelectMany(_ => workload.Events(12))];
        }

        return events;
    }

    // Ledger entries differ in number: a batch burns once.
    private static string Numbers(PartitionHarness partition) => string.Join('\n', partition.Customers.Select(customer =>
    {
        WalletView view = partition.Wallet(customer.Id) with { AsOfSequence = 0, LedgerEntries = 0 };
        return PartitionHarness.Text(view);
    }).Concat(partition.Projects.Select(project => PartitionHarness.Text(partition.View(project.Id) with { AsOfSequence = 0 }))));

    private static void AssertSameBytes(PartitionHarness left, PartitionHarness right)
    {
        Dictionary<int, byte[]> expected = left.Encode();
        Dictionary<int, byte[]> found = right.Encode();
        Assert.Equal(expected.Keys.Order(), found.Keys.Order());
        foreach ((int bucket, byte[] body) in expected)
            Assert.Equal(Convert.ToHexString(body), Convert.ToHexString(found[bucket]));
    }

    private static void AssertLedgersChain(PartitionHarness partition)
    {
        var ledgers = new Dictionary<string, LedgerStamp>();
        var reader = new Grid.Journal.GroupReader();
        foreach ((long sequence, byte[] body) in partition.Groups)
        {
            reader.Open(sequence, body);
            while (reader.Read())
            {
                if (reader.Kind != Grid.Journal.EntryKind.Wallet || reader.Stamp.Number == 0)
                    continue;
                LedgerStamp before = ledgers.GetValueOrDefault(reader.CustomerId);
                Assert.Equal(before.Number + 1, reader.Stamp.Number);
                Assert.Equal(before.After, reader.Stamp.Before);
                Assert.Equal(reader.Stamp.Before + reader.Wallet.BalanceChange, reader.Stamp.After);
                if (reader.Wallet.Ledger == LedgerEntryType.Capture)
                    Assert.Equal(reader.Stamp.Before, reader.Stamp.After);
                ledgers[reader.CustomerId] = reader.Stamp;
            }
        }
    }
}
