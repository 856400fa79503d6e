using System.Globalization;
using System.Text;
using Metering.Core.Money;
using Metering.Core.Wallets;
using Metering.Grid;
using Metering.Grid.Directory;
using Metering.Grid.Ingest;
using Metering.TestSupport.Memory;
using Xunit;

namespace Metering.TestSupport.Engine;

/// <summary>An engine under test, on databases of its own, and what a test sends it.</summary>
public abstract class KitCluster : IAsyncDisposable
{
    /// <summary>Customers of each plan; their ids are the plan, a dash and a number.</summary>
    public const int CustomersOfEachPlan = 40;

    /// <summary>How many partitions the cluster has.</summary>
    public const int Partitions = 16;

    /// <summary>The engine.</summary>
    public abstract IMeteringEngine Engine { get; }

    /// <summary>The directory of the process that the tests are in.</summary>
    public MemoryDirectory Directory { get; } = NewDirectory();

    /// <summary>Ends the engine in good order and starts another on the same databases, whose clock is ahead of this one's.</summary>
    public abstract Task RestartAsync(TimeSpan ahead);

    /// <inheritdoc />
    public abstract ValueTask DisposeAsync();

    /// <summary>A directory as every process of the cluster has it.</summary>
    public static MemoryDirectory NewDirectory()
    {
        var directory = new MemoryDirectory(Partitions, KitCatalog.Make(softLimit: 1_000, included: 0, dimensions: ["model"]));
        foreach (string plan in (string[])[KitCatalog.Prepaid, KitCatalog.Overage, KitCatalog.Money])
        {
            for (int number = 0; number < CustomersOfEachPlan; number++)
                directory.Add($"{plan}-{number}", plan);
        }

        return directory;
    }

    /// <summary>A batch of events, resolved.</summary>
    public EventBatch Batch(params (string Subject, string Id, long Quantity)[] events)
    {
        EventBatch batch = EventBatch.Rent(64 * events.Length, events.Length);
        EventShape shape = Directory.Catalog.FindShape("use"u8)!;
        foreach (var (subject, id, quantity) in events)
        {
            int index = batch.AddEvent();
            int first = batch.AddValues(shape.Properties.Length);
            TextSlice number = batch.Append(Encoding.ASCII.GetBytes(quantity.ToString(CultureInfo.InvariantCulture)));
            TextSlice model = batch.Append(Encoding.UTF8.GetBytes($"gpt-{quantity % 3}"));
            ref ParsedEvent item = ref batch[index];
            item.Id = batch.Append(Encoding.UTF8.GetBytes(id));
            item.Source = batch.Append("test"u8);
            item.Type = batch.Append("use"u8);
            item.Subject = batch.Append(Encoding.UTF8.GetBytes(subject));
            item.Digest = (ulong)quantity;
            item.Shape = shape;
            item.FirstValue = first;
            Span<PropertyValue> values = batch.Values(item);
            for (int property = 0; property < values.Length; property++)
            {
                values[property] = shape.Properties[property].Name == "quantity"
                    ? new PropertyValue { Kind = PropertyKind.Number, Number = Amount.FromWhole(quantity), Text = number }
                    : new PropertyValue { Kind = PropertyKind.Text, Text = model };
            }
        }

        Directory.ResolveAsync(batch, default).AsTask().GetAwaiter().GetResult();
        return batch;
    }

    /// <summary>Sends events as one request.</summary>
    public async Task<IngestAnswer> SendAsync(params (string Subject, string Id, long Quantity)[] events)
    {
        using EventBatch batch = Batch(events);
        return await Engine.IngestAsync(batch, default);
    }

    /// <summary>Sends one event.</summary>
    public async Task<EventResult> SendAsync(string subject, string id, long quantity) =>
        (await SendAsync((subject, id, quantity))).Results[0];

    /// <summary>Gives a customer credits.</summary>
    public async Task GrantAsync(CustomerEntry customer, long credits)
    {
        WalletResult result = await Engine.Wallet(customer).ExecuteAsync(
            new GrantCredits(Amount.FromWhole(credits), GrantKind.Paid, 50, null, "test"), default);
        Assert.Equal(WalletCode.Done, result.Code);
    }
}
