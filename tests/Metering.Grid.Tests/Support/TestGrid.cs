using System.Text;
using Metering.Core.Money;
using Metering.Core.Usage;
using Metering.Core.Wallets;
using Metering.Grid.Directory;
using Metering.Grid.Embedded;
using Metering.Grid.Hosting;
using Metering.Grid.Ingest;
using Metering.Grid.Partitions;
using Metering.Grid.Storage;
using Metering.TestSupport.Engine;
using Metering.TestSupport.Memory;

namespace Metering.Grid.Tests.Support;

/// <summary>Shards in memory, a clock that stands still, and processes on top of them.</summary>
internal sealed class TestGrid
{
    private int processes;

    public TestGrid(int partitions = 4, int shards = 1)
    {
        Directory = new MemoryDirectory(partitions, Catalog);
        Shards = [.. Enumerable.Range(0, shards).Select(number => new MemoryShard($"s{number}"))];
        Assignments = [.. Enumerable.Range(0, partitions).Select(number => new ShardAssignment(number, $"s{number % shards}"))];
    }

    /// <summary>Its plans and its meter; no soft limit is in the way, and 100 units are included in the plan billed in money.</summary>
    public static CatalogRecord Catalog { get; } = KitCatalog.Make(softLimit: 1_000_000_000, included: 100, dimensions: []);

    public static DateTimeOffset Start { get; } = new(2025, 1, 17, 12, 0, 0, TimeSpan.Zero);

    public ManualTime Time { get; } = new(Start);

    public MemoryDirectory Directory { get; }

    public MemoryShard[] Shards { get; }

    public MemoryShard Shard => Shards[0];

    public ShardAssignment[] Assignments { get; }

    /// <summary>A process that has not started.</summary>
    public TestProcess NewProcess(GridOptions? options = null) =>
        new(this, new Guid(++processes, 0, 0, new byte[8]), options ?? new GridOptions());

    /// <summary>A process that hosts what it is told to, and has started. It takes an owner that <paramref name="mayBeAlive"/> names for
    /// one that gives its partitions up.</summary>
    public async Task<TestProcess> StartAssignedAsync(Func<Guid, bool> mayBeAlive, GridOptions? options = null)
    {
        var process = new TestProcess(this, new Guid(++processes, 0, 0, new byte[8]), options ?? new GridOptions(), mayBeAlive);
        await process.Engine.StartAsync(default);
        return process;
    }

    /// <summary>A process that serves.</summary>
    public async Task<TestProcess> StartAsync(GridOptions? options = null)
    {
        TestProcess process = NewProcess(options);
        await process.Engine.StartAsync(default);
        Assert.True(process.Engine.Status.Ready, process.Engine.Status.NotReadyReason);
        return process;
    }

    /// <summary>An id of a customer that lives in a partition; the directory knows it from now on.</summary>
    public CustomerEntry AddCustomer(int partition, string plan = KitCatalog.Prepaid, int planVersion = 1, int anchor = 1)
    {
        for (int number = 0; ; number++)
        {
            string id = $"c{partition}-{number}";
            if (Placement.PartitionOf(Encoding.UTF8.GetBytes(id), Directory.Cluster.Partitions) == partition && !Known.Contains(id))
            {
                Known.Add(id);
                return Directory.Add(id, plan, planVersion, anchor: anchor);
            }
        }
    }

    private HashSet<string> Known { get; } = [];

    /// <summary>A batch of events, resolved.</summary>
    public EventBatch Batch(params (string Subject, string Id, long Quantity)[] events)
    {
        EventBatch batch = EventBatch.Rent(64 * events.Length, events.Length);
        EventShape shape = Directory.Catalog.FindShape("use"u8)!;
        foreach (var (subject, id, quantity) in events)
        {
            int index = batch.AddEvent();
            int first = batch.AddValues(shape.Properties.Length);
            TextSlice number = batch.Append(Encoding.ASCII.GetBytes(quantity.ToString(System.Globalization.CultureInfo.InvariantCulture)));
            ref ParsedEvent item = ref batch[index];
            item.Id = batch.Append(Encoding.UTF8.GetBytes(id));
            item.Source = batch.Append("test"u8);
            item.Type = batch.Append("use"u8);
            item.Subject = batch.Append(Encoding.UTF8.GetBytes(subject));
            item.Digest = (ulong)quantity;
            item.Shape = shape;
            item.FirstValue = first;
            batch.Values(item)[0] = new PropertyValue { Kind = PropertyKind.Number, Number = Amount.FromWhole(quantity), Text = number };
        }

        Directory.ResolveAsync(batch, default).GetAwaiter().GetResult();
        return batch;
    }
}

/// <summary>One process: its ways to the shards, and its engine.</summary>
internal sealed class TestProcess
{
    private const int SecondsToAnswerMax = 60;

    private readonly TestGrid grid;

    public TestProcess(TestGrid grid, Guid owner, GridOptions options, Func<Guid, bool>? mayBeAlive = null)
    {
        this.grid = grid;
        Owner = owner;
        Stores = [.. grid.Shards.Select(shard => new MemoryShardStore(shard, grid.Time))];
        var stores = Stores.ToDictionary(store => store.Name, IShardStore (store) => store);
        if (mayBeAlive is null)
        {
            var embedded = new EmbeddedEngine(
                grid.Directory, null!, null!, null!, stores, grid.Assignments, owner, options, grid.Time);
            embedded.FencedByAnother += FencedReasons.Add;
            Engine = embedded;
        }
        else
        {
            Assigned = new AssignedEngine(
                grid.Directory, null!, null!, null!, stores, grid.Assignments, owner, mayBeAlive, options, grid.Time);
            Assigned.Fenced += (_, reason) => FencedReasons.Add(reason);
            Engine = Assigned;
        }

        Engine.Noticed += notice =>
        {
            lock (Notices)
                Notices.Add(notice);
        };
    }

    public TestGrid Grid => grid;

    public Guid Owner { get; }

    public MemoryShardStore[] Stores { get; }

    public MemoryShardStore Store => Stores[0];

    public PartitionEngine Engine { get; }

    /// <summary>The engine, where it is one that is told what to host.</summary>
    public AssignedEngine? Assigned { get; }

    public List<GridNotice> Notices { get; } = [];

    public List<string> FencedReasons { get; } = [];

    public async Task<EventResult> SendAsync(string subject, string id, long quantity) =>
        (await SendAsync((subject, id, quantity))).Results[0];

    public async Task<IngestAnswer> SendAsync(params (string Subject, string Id, long Quantity)[] events)
    {
        using EventBatch batch = grid.Batch(events);
        Task<IngestAnswer> sent = Engine.IngestAsync(batch, default).AsTask();
        for (int seconds = 0; seconds < SecondsToAnswerMax; seconds++)
        {
            if (sent.IsCompleted || await Task.WhenAny(sent, Task.Delay(TimeSpan.FromSeconds(1))) == sent)
                return await sent;
            // A lookup that meets a merge of segments tries again a millisecond of the grid's time later.
            grid.Time.Advance(TimeSpan.FromMilliseconds(1));
        }

        Assert.Fail($"There was no answer within {SecondsToAnswerMax} s.");
        return await sent;
    }

    /// <summary>Sends an event again for as long as it is answered as unavailable. The grid's time goes on in between: it alone ends a
    /// back-off.</summary>
    public async Task<EventResult> SendUntilAvailableAsync(string subject, string id, long quantity)
    {
        for (int tries = 0; tries < 100; tries++)
        {
            EventResult result = await SendAsync(subject, id, quantity);
            if (result.Code != EventCode.Unavailable)
                return result;
            grid.Time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Fail($"Event {id} was unavailable at every try: {Engine.Status.AwayReason ?? Engine.Status.NotReadyReason}");
        return default;
    }

    public async Task GrantAsync(CustomerEntry customer, long credits)
    {
        WalletResult result = await Engine.Wallet(customer).ExecuteAsync(
            new GrantCredits(Amount.FromWhole(credits), GrantKind.Paid, 50, null, "test"), default);
        Assert.Equal(WalletCode.Done, result.Code);
    }

    public ValueTask<WalletView> ReadAsync(CustomerEntry customer) => Engine.Wallet(customer).ReadAsync(default);

    /// <summary>Fails every call of an operation in the same way until told otherwise.</summary>
    public void Fail(ShardOperation operation, ShardFault fault, int times = int.MaxValue)
    {
        int left = times;
        Store.OnCall = call => new ValueTask<ShardFault>(
            call.Operation == operation && Interlocked.Decrement(ref left) >= 0 ? fault : ShardFault.None);
    }

    public static void AssertCode(EventCode expected, EventResult result) => Assert.Equal(expected, result.Code);
}
