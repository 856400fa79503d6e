using System.Text;
using Metering.Core.Catalog;
using Metering.Core.Ids;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Core.Wallets;
using Metering.Grid.Directory;
using Metering.Grid.History;
using Metering.Grid.Ingest;
using Metering.Grid.Journal;
using Metering.Grid.Projects;
using Metering.Grid.Storage;
using Metering.Storage.Postgres.Tests.Shards;

namespace Metering.Storage.Postgres.Tests.Projections;

/// <summary>Writes journals of made-up usage, and stands for the engine that owns their partitions.</summary>
internal sealed class JournalMaker(TestShard shard, int partitions, int seed) : IOwnedPartitions
{
    public static readonly Instant Start = Instant.FromUnixMicroseconds(1_737_115_200_000_000); // 2025-01-17T12:00:00Z
    private const int CustomersEach = 3;
    private static readonly int[] Alignments = [0, 15, 30, 45];

    private readonly Random random = new(seed);
    private readonly GroupWriter writer = new();
    private readonly long[] epochs = new long[partitions];
    private readonly long[] sequences = new long[partitions];
    private readonly long[] events = new long[partitions];
    private readonly Dictionary<string, (long Entry, Amount Balance)> ledgers = [];
    private Instant clock = Start;

    public static EventShape Shape { get; } = new("llm.call",
    [
        Meter("calls", Aggregation.Count, null),
        Meter("tokens", Aggregation.Sum, "tokens", "provider", "model"),
        Meter("peak", Aggregation.Max, "tokens", "model"),
        Meter("level", Aggregation.Latest, "level"),
    ]);

    /// <summary>Groups that were committed but that the engine does not know of yet.</summary>
    public long Unseen { get; set; }

    public IReadOnlyList<OwnedPartition> ListOwned(string name) =>
        [.. Enumerable.Range(0, partitions).Select(
            partition => new OwnedPartition(partition, epochs[partition], Math.Max(0, sequences[partition] - Unseen), events[partition]))];

    public long Groups => sequences.Sum();

    public long Events => events.Sum();

    public async Task ClaimAsync()
    {
        for (var partition = 0; partition < partitions; partition++)
            epochs[partition] = (await shard.Store.ClaimAsync(new ClaimRequest(partition, Guid.NewGuid(), false), default)).Epoch;
    }

    /// <summary>Writes rounds of a group in each partition, of some events each.</summary>
    public async Task WriteAsync(int rounds, int eventsEach)
    {
        for (var round = 0; round < rounds; round++)
        {
            var groups = new List<GroupWrite>();
            clock += TimeSpan.FromSeconds(random.Next(1, 120));
            for (var partition = 0; partition < partitions; partition++)
                groups.Add(Group(partition, eventsEach));
            var held = new List<int>();
            await shard.Store.WriteRoundAsync(groups, [], held, default);
            Assert.Equal(partitions, held.Count);
        }
    }

    /// <summary>Writes one group that <paramref name="fill"/> makes.</summary>
    public async Task WriteAsync(int partition, Action<GroupWriter> fill, Instant? at = null)
    {
        writer.Begin(++sequences[partition]);
        fill(writer);
        events[partition] += writer.Events;
        var held = new List<int>();
        await shard.Store.WriteRoundAsync(
            [new GroupWrite(partition, epochs[partition], sequences[partition], at ?? clock, writer.Close().ToArray())], [], held, default);
        Assert.Equal([partition], held);
    }

    private GroupWrite Group(int partition, int eventsEach)
    {
        var sequence = ++sequences[partition];
        writer.Begin(sequence);
        for (var number = 0; number < CustomersEach; number++)
        {
            var customer = $"c{partition}-{number}";
            var alignment = Alignments[(partition + number) % Alignments.Length];
            writer.Customer(customer, Encoding.UTF8.GetBytes(customer), clock, alignment);
            if (sequence == 1)
                Open(customer);
            else
                Change(customer);
            AddEvents(customer, eventsEach);
            AddLedger(customer);
        }

        events[partition] += writer.Events;
        return new GroupWrite(partition, epochs[partition], sequence, clock, writer.Close().ToArray());
    }

    private void Open(string customer)
    {
        writer.CustomerOpened(CustomerStatus.Active, "Europe/Berlin");
        writer.ProjectOpened(customer, "free", 1);
        writer.ProjectOpened($"{customer}/app", "pro", 2);
    }

    private void Change(string customer)
    {
        switch (random.Next(12))
        {
            case 0:
                writer.PlanChanged(customer, "pro", random.Next(1, 9), PlanChangeTime.Now);
                break;
            case 1:
                writer.PlanChanged($"{customer}/app", "enterprise", random.Next(1, 9), PlanChangeTime.NextPeriod);
                break;
            case 2:
                writer.PeriodOpened($"{customer}/app", new Period(clock, clock + TimeSpan.FromDays(30)), clock);
                break;
            case 3:
                writer.AlertRaised(customer, "tokens", PeriodKind.Month, Start, 80, Amount.FromWhole(850), Amount.FromWhole(1000));
                break;
            case 4:
                writer.StatusChanged(CustomerStatus.PastDue);
                break;
        }
    }

    private void AddEvents(string customer, int count)
    {
        using var batch = EventBatch.Rent(4096, count);
        for (var i = 0; i < count; i++)
        {
            var project = random.Next(2) == 0 ? customer : $"{customer}/app";
            // Late events by up to 30 hours, some ahead, many in the same microsecond.
            var time = clock - TimeSpan.FromMinutes(random.Next(4) == 0 ? random.Next(0, 1800) : random.Next(-5, 3));
            Event(batch, project, time, $"id \"{random.NextInt64()}\"", Amount.FromNanos(random.NextInt64(0, 5_000_000_000_000)),
                counted: (ulong)random.Next(1, 16), folded: random.Next(20) == 0 ? 12UL : 0UL);
        }
    }

    /// <summary>Appends one event to the group that is being made.</summary>
    public void Event(EventBatch batch, string project, Instant time, string id, Amount tokens, ulong counted, ulong folded)
    {
        var index = batch.AddEvent();
        ref var item = ref batch[index];
        item.Shape = Shape;
        item.Id = batch.Append(Encoding.UTF8.GetBytes(random.Next(2) == 0 ? id : Guid.NewGuid().ToString()));
        item.Source = batch.Append("urn:test/é"u8);
        item.Digest = (ulong)random.NextInt64();
        item.FirstValue = batch.AddValues(Shape.Properties.Length);
        for (var i = 0; i < Shape.Properties.Length; i++)
        {
            var name = Shape.Properties[i].Name;
            PropertyValue value = default;
            if (name is "tokens" or "level")
                (value.Kind, value.Number) = (PropertyKind.Number, tokens);
            else if (random.Next(10) > 0)
                (value.Kind, value.Text) = (PropertyKind.Text, batch.Append(Encoding.UTF8.GetBytes($"{name} \"{random.Next(3)}\"")));
            batch.Values(batch[index])[i] = value;
        }

        writer.Event(batch, batch[index], Encoding.UTF8.GetBytes(project), time, counted, folded & counted, Amount.FromNanos(random.Next(
            0, 1000)));
    }

    private void AddLedger(string customer)
    {
        var (entry, balance) = ledgers.GetValueOrDefault(customer);
        var added = Amount.FromNanos(random.NextInt64(1, 1_000_000_000_000));
        writer.Append(
            new GrantAdded(entry + 1, added, GrantKind.Paid, 0, null, $"Reason {random.Next()}\0", GrantOrigin.Operator),
            new LedgerStamp(entry + 1, balance, balance + added));
        ledgers[customer] = (entry + 1, balance + added);
    }

    private static Meter Meter(string id, Aggregation aggregation, string? value, params string[] dimensions) => new()
    {
        Id = MeterId.Parse(id),
        EventType = "llm.call",
        Aggregation = aggregation,
        Value = value,
        Dimensions = [.. dimensions],
    };
}
