using System.Text.Json;
using Metering.Core.Time;
using Metering.Grid.Dedup;
using Metering.Grid.Directory;
using Metering.Grid.Ingest;
using Metering.Grid.Journal;
using Metering.Grid.Partitions;
using Metering.Grid.Tests.Partitions;

namespace Metering.Grid.Tests.Budgets;

/// <summary>What the hot path may allocate, in the steady state; the numbers stand in <c>allocations.json</c> and only go down.</summary>
public sealed class AllocationTests
{
    private const int Events = 1_000;
    private const int Rounds = 20;

    [Fact]
    public void Deciding_and_encoding_stay_within_their_budget()
    {
        var harness = new PartitionHarness();
        harness.AddCustomer("c1", "llm-prepaid");
        harness.Grant("c1", "1000000000");
        var group = new GroupWriter();
        var results = new EventResult[Events];
        var balances = new CustomerBalance[Events];
        int[] indexes = [.. Enumerable.Range(0, Events)];
        long sequence = 100;
        int next = 0;
        double bytes = Steady(() =>
        {
            using EventBatch batch = harness.Batch([.. Enumerable.Range(next, Events).Select(i => Ev.Tokens("c1", Id(i), 1_000, 100))]);
            next += Events;
            group.Begin(sequence++);
            var slice = new IngestSlice(batch, indexes, null, results, balances);
            long before = GC.GetAllocatedBytesForCurrentThread();
            harness.State.Ingest(slice, harness.Catalog, harness.Now, group);
            group.Close();
            long used = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.All(results, result => Assert.Equal(Core.Usage.EventCode.Accepted, result.Code));
            // As after a checkpoint whose segment holds them: pages of the recent identities are used again.
            harness.Recent.RemoveThrough(group.Sequence, int.MaxValue);
            return used;
        });
        Within("decide_bytes_an_event", bytes);
    }

    [Fact]
    public void Looking_for_duplicates_stays_within_its_budget()
    {
        var recent = new RecentEvents();
        Instant at = PartitionHarness.Start;
        for (int i = 0; i < Events; i++)
            recent.Add((UInt128)i * 7_919 << 32, new FirstOutcome(new JournalPosition(1, i), 0, at, default));
        Within("dedup_bytes_an_event", Steady(() =>
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            int found = 0;
            for (int i = 0; i < Events; i++)
                found += recent.TryFind((UInt128)(i * 2) * 7_919 << 32, out _) ? 1 : 0;
            long used = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.Equal(Events / 2, found);
            return used;
        }));
    }

    [Fact]
    public void Encoding_stays_within_its_budget()
    {
        var harness = new PartitionHarness();
        harness.AddCustomer("c1", "llm-prepaid");
        var group = new GroupWriter();
        using EventBatch batch = harness.Batch([.. Enumerable.Range(0, Events).Select(i => Ev.Tokens("c1", Id(i), 1_000, 100))]);
        byte[] project = harness.Project("c1").IdUtf8;
        long sequence = 1;
        Within("encode_bytes_an_event", Steady(() =>
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            group.Begin(sequence++);
            group.Customer("c1", project, harness.Now, 0);
            for (int i = 0; i < Events; i++)
                group.Event(batch, batch[i], project, harness.Now, 3, 0, default);
            group.Close();
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }));
    }

    /// <summary>Bytes an event of the best of many rounds: the first ones fill buffers and compile code.</summary>
    private static double Steady(Func<long> round) => Enumerable.Range(0, Rounds).Select(_ => round()).Min() / (double)Events;

    private static void Within(string budget, double bytes)
    {
        using JsonDocument budgets = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Budgets",
            "allocations.json")));
        double allowed = budgets.RootElement.GetProperty(budget).GetDouble();
        Assert.True(bytes <= allowed, $"{budget}: {bytes:0.0} bytes, {allowed} are allowed.");
    }

    private static string Id(int number) => new Guid(number, 0, 0, [1, 2, 3, 4, 5, 6, 7, 8]).ToString();
}
