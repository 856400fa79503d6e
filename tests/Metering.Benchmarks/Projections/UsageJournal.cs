using System.Text;
using Metering.Benchmarks.Load;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Core.Wallets;
using Metering.Grid.Directory;
using Metering.Grid.History;
using Metering.Grid.Ingest;
using Metering.Grid.Journal;
using Metering.Grid.Projects;
using Metering.Grid.Storage;

namespace Metering.Benchmarks.Projections;

/// <summary>
/// A journal as prepaid customers make it, written without an engine: token usage spread over many customers, each event followed by the
/// ledger entry of its burn. Stands for the engine that owns its partitions; how far it says they are durable is set by hand.
/// </summary>
internal sealed class UsageJournal(string shard, int partitions, int customers, int eventsAGroup, EventShape shape) : IOwnedPartitions
{
    private readonly GroupWriter writer = new();
    private readonly Random random = new(1);
    private readonly long[] epochs = new long[partitions];
    private readonly List<long>[] eventsThrough = [.. Enumerable.Range(0, partitions).Select(_ => new List<long> { 0 })];
    private readonly long[] shown = new long[partitions];
    private readonly byte[][] names =
        [.. Enumerable.Range(0, customers).Select(number => Encoding.UTF8.GetBytes(LlmLoad.CustomerId(number)))];
    private readonly string[] texts = [.. Enumerable.Range(0, customers).Select(LlmLoad.CustomerId)];
    private readonly bool[] opened = new bool[customers];
    private readonly long[] entries = new long[customers];
    private Instant clock = Instant.FromUnixMicroseconds(1_737_115_200_000_000); // 2025-01-17T12:00:00Z

    public long Events { get; private set; }

    public long LedgerEntries { get; private set; }

    public long Bytes { get; private set; }

    /// <summary>Events of the groups that the projector has been shown.</summary>
    public long ShownEvents => shown.Select((sequence, partition) => eventsThrough[partition][(int)sequence]).Sum();

    public IReadOnlyList<OwnedPartition> ListOwned(string name) => name != shard ? [] :
        [.. Enumerable.Range(0, partitions).Select(
            partition => new OwnedPartition(
                partition, epochs[partition], shown[partition], eventsThrough[partition][(int)shown[partition]]))];

    public async Task ClaimAsync(IShardStore store)
    {
        for (int partition = 0; partition < partitions; partition++)
            epochs[partition] = (await store.ClaimAsync(new ClaimRequest(partition, Guid.NewGuid(), false), CancellationToken.None)).Epoch;
    }

    /// <summary>Journals rounds of one group in each partition until so many events are there in all.</summary>
    public async Task WriteAsync(IShardStore store, long events)
    {
        while (Events < events)
        {
            clock += TimeSpan.FromMilliseconds(50);
            var groups = new List<GroupWrite>();
            for (int partition = 0; partition < partitions; partition++)
                groups.Add(Group(partition));
            var held = new List<int>();
            await store.WriteRoundAsync(groups, [], held, CancellationToken.None);
            if (held.Count != groups.Count)
                throw new InvalidOperationException("A group was fenced.");
        }
    }

    /// <summary>Shows the projector groups of about so many events more.</summary>
    /// <returns>False where nothing was left to show.</returns>
    public bool Show(int events)
    {
        long rounds = Math.Max(1, events / ((long)partitions * eventsAGroup));
        bool more = false;
        for (int partition = 0; partition < partitions; partition++)
        {
            long next = Math.Min(eventsThrough[partition].Count - 1, shown[partition] + rounds);
            more |= next > shown[partition];
            shown[partition] = next;
        }

        return more;
    }

    private GroupWrite Group(int partition)
    {
        long sequence = eventsThrough[partition].Count;
        writer.Begin(sequence);
        using EventBatch batch = EventBatch.Rent(eventsAGroup * 128, eventsAGroup);
        for (int i = 0; i < eventsAGroup; i++)
        {
            int customer = random.Next(customers / partitions) * partitions + partition;
            writer.Customer(texts[customer], names[customer], clock, 0);
            if (!opened[customer])
                Open(customer);
            var credits = Amount.FromNanos(random.NextInt64(1_000_000, 5_000_000_000));
            Append(batch, customer, credits);
            var before = Amount.FromWhole(1_000_000_000);
            writer.Burned(
                credits, Amount.Zero, [new GrantDraw(1, credits)], 1, new LedgerStamp(++entries[customer], before, before - credits));
        }

        eventsThrough[partition].Add(eventsThrough[partition][^1] + writer.Events);
        Events += writer.Events;
        LedgerEntries += writer.LedgerEntries;
        byte[] body = writer.Close().ToArray();
        Bytes += body.Length;
        return new GroupWrite(partition, epochs[partition], sequence, clock, body);
    }

    private void Open(int customer)
    {
        opened[customer] = true;
        writer.CustomerOpened(CustomerStatus.Active, "UTC");
        writer.ProjectOpened(texts[customer], ModelPrices.Plan, 1);
    }

    private void Append(EventBatch batch, int customer, Amount credits)
    {
        int index = batch.AddEvent();
        ref ParsedEvent item = ref batch[index];
        item.Shape = shape;
        Span<byte> id = stackalloc byte[36];
        Guid.CreateVersion7(clock.ToDateTimeOffset()).TryFormat(id, out _);
        item.Id = batch.Append(id);
        item.Source = batch.Append("/chat"u8);
        item.Digest = (ulong)random.NextInt64();
        item.FirstValue = batch.AddValues(shape.Properties.Length);
        (string provider, string model) = ModelPrices.Models[random.Next(ModelPrices.Models.Length)];
        for (int i = 0; i < shape.Properties.Length; i++)
        {
            PropertyValue value = shape.Properties[i].Name switch
            {
                "input_tokens" => Number(random.Next(30, 2_000)),
                "output_tokens" => Number(random.Next(5, 512)),
                "provider" => new PropertyValue { Kind = PropertyKind.Text, Text = batch.Append(Encoding.UTF8.GetBytes(provider)) },
                "model" => new PropertyValue { Kind = PropertyKind.Text, Text = batch.Append(Encoding.UTF8.GetBytes(model)) },
                _ => default,
            };
            batch.Values(batch[index])[i] = value;
        }

        Instant time = clock - TimeSpan.FromMilliseconds(random.Next(5));
        writer.Event(batch, batch[index], names[customer], time, counted: 3, folded: 0, credits);
    }

    private static PropertyValue Number(int value) => new() { Kind = PropertyKind.Number, Number = Amount.FromWhole(value) };
}
