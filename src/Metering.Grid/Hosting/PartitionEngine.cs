using System.Buffers;
using Metering.Core.Usage;
using Metering.Grid.Billing;
using Metering.Grid.Directory;
using Metering.Grid.History;
using Metering.Grid.Ingest;
using Metering.Grid.Partitions;
using Metering.Grid.Projects;
using Metering.Grid.Storage;
using Metering.Grid.Wallets;

namespace Metering.Grid.Hosting;

/// <summary>
/// An engine that hosts partitions in this process: which, and what it means to be fenced, is said by what derives from it. Start it, use
/// it from any thread, stop it.
/// </summary>
public abstract partial class PartitionEngine : IMeteringEngine, IOwnedPartitions
{
    private readonly GridContext context;
    private readonly PartitionHost[] hosts;

    /// <summary>Prepares an engine; nothing is claimed before its start.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="directoryStore">The control database behind it.</param>
    /// <param name="history">Queries of the projections.</param>
    /// <param name="invoiceHistory">Lists of invoices, of the projections.</param>
    /// <param name="shards">The shards by their names in the shard map.</param>
    /// <param name="assignments">The shard of every partition.</param>
    /// <param name="owner">Names this process in the leases; new at every start.</param>
    /// <param name="options">Settings.</param>
    /// <param name="time">The clock.</param>
    /// <param name="elsewhere">Why partitions are not here before they are given to this process; null where all are here from the
    /// start.</param>
    /// <exception cref="ArgumentException">A setting is out of range, or the shard map does not name a known shard for every
    /// partition.</exception>
    private protected PartitionEngine(
        IDirectory directory, IDirectoryStore directoryStore, IUsageHistory history, IInvoiceHistory invoiceHistory,
        IReadOnlyDictionary<string, IShardStore> shards, IReadOnlyList<ShardAssignment> assignments, Guid owner, GridOptions options,
        TimeProvider time, string? elsewhere)
    {
        InvoiceHistory = invoiceHistory;
        Directory = directory;
        DirectoryStore = directoryStore;
        History = history;
        context = new GridContext(directory, shards, options, time, owner)
        {
            OnNotice = notice => Noticed?.Invoke(notice),
            OnFencedByAnother = OnFenced,
            OnOwnershipChanged = UpdateReadiness,
            OnUnknownShard = name => UnknownShard?.Invoke(name),
        };
        context.Clock.OnJump = UpdateReadiness;
        hosts = MakeHosts(assignments, directory.Cluster.Partitions, elsewhere);
        context.Status.CountUnsaved = () => hosts.Count(host => host.HasUnsaved);
        context.Status.CountAtRisk = () => hosts.Sum(host => (long)host.WalletsAtRisk);
        memory = new MemoryKeeper(hosts, context);
        context.OnMemoryFull = memory.Wake;
        UpdateReadiness();
    }

    /// <summary>Raised for what an operator should read; possibly under a partition's lock, so a handler must be quick and must not call
    /// back.</summary>
    public event Action<GridNotice>? Noticed;

    /// <inheritdoc />
    public IDirectory Directory { get; }

    /// <inheritdoc />
    public IDirectoryStore DirectoryStore { get; }

    /// <inheritdoc />
    public IUsageHistory History { get; }

    /// <inheritdoc />
    public IInvoiceHistory InvoiceHistory { get; }

    /// <inheritdoc />
    public IProjectionLag Lag { get; private set; } = NoLag.Instance;

    /// <inheritdoc />
    public EngineStatus Status => context.Status;

    /// <summary>Names the projector whose lag bounds what is taken; before the first request.</summary>
    public void UseLag(IProjectionLag lag)
    {
        Lag = lag;
        context.SetLag(lag);
    }

    /// <inheritdoc />
    public async ValueTask<IngestAnswer> IngestAsync(EventBatch batch, CancellationToken cancellation)
    {
        var results = new EventResult[batch.Count];
        using var split = BatchSplit.Of(batch, results, hosts.Length);
        if (split.Partitions == 0 || !IsServing(batch, results))
            return Answers.Merge(batch, results, [], Status);
        if (IsAnyFull(split))
            return new IngestAnswer(IngestStatus.Overloaded, [], []);
        await MarkUsedAsync(batch, cancellation);
        CustomerBalance[] balances = ArrayPool<CustomerBalance>.Shared.Rent(batch.Count);
        balances.AsSpan(0, batch.Count).Clear();
        if (split.Partitions > 1)
            await IngestAsync(batch, results, balances, split, cancellation);
        else
            await IngestOnceAsync(new IngestWork(batch, split.OnlyIndexes, results, balances), hosts[split.Only], results, cancellation);
        IngestAnswer answer = Answers.Merge(batch, results, balances.AsSpan(0, batch.Count), Status);
        ArrayPool<CustomerBalance>.Shared.Return(balances);
        return answer;
    }

    /// <inheritdoc />
    public ValueTask<RateStatus> CountRequestAsync(CustomerEntry customer, RateCheck rate, CancellationToken cancellation) =>
        new(hosts[customer.Partition].CountRequest(rate));

    /// <inheritdoc />
    public IWallet Wallet(CustomerEntry customer) => new WalletHandle(this, customer);

    /// <inheritdoc />
    public IProject Project(ProjectEntry project) => new ProjectHandle(this, project);

    /// <inheritdoc />
    public IBilling Billing(CustomerEntry customer) => new BillingHandle(this, customer);

    /// <inheritdoc />
    public ValueTask<long> WarmAsync(IReadOnlyList<CustomerEntry>? customers, CancellationToken cancellation) => WarmAsync(
        customers is null
            ? hosts.Where(host => !host.IsElsewhere).SelectMany(host => AllBuckets(host.Partition))
            : customers.Select(customer => (customer.Partition, customer.Bucket)).Distinct(),
        isAll: customers is null, cancellation);

    /// <summary>Loads the customers of a partition that were ever saved into memory, up to the bound of memory.</summary>
    /// <returns>How many customers are in memory that were not before.</returns>
    public ValueTask<long> WarmAsync(int partition, CancellationToken cancellation) =>
        WarmAsync(AllBuckets(partition), isAll: true, cancellation);

    private static IEnumerable<(int Partition, int Bucket)> AllBuckets(int partition) =>
        Enumerable.Range(0, Placement.Buckets).Select(bucket => (partition, bucket));

    private async ValueTask<long> WarmAsync(
        IEnumerable<(int Partition, int Bucket)> wanted, bool isAll, CancellationToken cancellation)
    {
        const int bucketsAtOnce = 64;
        long loaded = 0;
        foreach (var partition in wanted.GroupBy(key => key.Partition))
        {
            foreach (int[] buckets in partition.Select(key => key.Bucket).Chunk(bucketsAtOnce))
            {
                if (isAll && Status.CustomersInMemory >= context.Options.CustomersInMemoryMax)
                    return loaded;
                var ids = new List<string>();
                loaded += await hosts[partition.Key].WarmAsync(buckets, ids, cancellation);
                // Their first request would otherwise ask the control database, each for itself.
                await Directory.FindCustomersAsync(ids, cancellation);
            }
        }

        return loaded;
    }

    /// <summary>Runs a command or read of one customer.</summary>
    internal ValueTask<TResult> RunAsync<TArgument, TResult>(
        CustomerEntry customer, TArgument argument, EventBatch? single, bool isWrite, CustomerDecision<TArgument, TResult> decide,
        CancellationToken cancellation)
    {
        if (refusal is { } reason)
            return ValueTask.FromException<TResult>(new PartitionUnavailableException(reason));
        var work = new CustomerWork<TArgument, TResult>(customer, argument, single, isWrite, decide);
        return hosts[customer.Partition].RunAsync<CustomerWork<TArgument, TResult>, TResult>(work, cancellation);
    }

    private protected GridContext Context => context;

    private protected IReadOnlyList<PartitionHost> Hosts => hosts;

    /// <summary>Called when another process has a partition that this one had; possibly under a lock.</summary>
    private protected abstract void OnFenced(int partition, string reason);

    /// <summary>Where a partition's journal is read.</summary>
    internal IShardStore StoreOf(int partition) => hosts[partition].Shard.Store;

    /// <summary>Marks the meters of a batch as used, before its first event is journaled.</summary>
    internal ValueTask MarkUsedAsync(EventBatch batch, CancellationToken cancellation)
    {
        EventShape? last = null;
        for (int index = 0; index < batch.Count; index++)
        {
            EventShape? shape = batch[index].Shape;
            if (shape is null || shape == last || batch[index].Project is null)
                continue;
            ValueTask marked = Directory.MarkUsedAsync(shape, cancellation);
            if (!marked.IsCompletedSuccessfully)
                return MarkUsedAsync(marked, batch, index, cancellation);
            last = shape;
        }

        return ValueTask.CompletedTask;
    }

    private async ValueTask MarkUsedAsync(ValueTask first, EventBatch batch, int index, CancellationToken cancellation)
    {
        await first;
        while (++index < batch.Count)
        {
            if (batch[index] is { Shape: { } shape, Project: not null })
                await Directory.MarkUsedAsync(shape, cancellation);
        }
    }

    private static async ValueTask<RoundTicket?> DecideSlowlyAsync(PartitionHost host, IngestWork work, CancellationToken cancellation)
    {
        try
        {
            return (await host.DecideSlowlyAsync<IngestWork, bool>(work, cancellation)).Ticket;
        }
        catch (PartitionUnavailableException)
        {
            return null;
        }
    }

    private async ValueTask IngestOnceAsync(IngestWork work, PartitionHost host, EventResult[] results, CancellationToken cancellation)
    {
        Interlocked.Increment(ref Status.CustomerLookups);
        RoundTicket? ticket;
        if (host.TryDecide(ref work, null, null, out bool _, out ticket) == Attempt.Decided)
            Interlocked.Increment(ref Status.CustomerHits);
        else
            ticket = await DecideSlowlyAsync(host, work, cancellation);
        // Not ended by the caller's cancellation: a round takes milliseconds and is bounded by the database's own time-out.
        if (ticket is not null)
            await ticket.Round.Done;
        if (ticket is null || !ticket.Held)
            IngestRequest.SetUnavailable(work.Indexes, results, work.Balances);
    }

    private async ValueTask IngestAsync(
        EventBatch batch, EventResult[] results, CustomerBalance[] balances, BatchSplit split, CancellationToken cancellation)
    {
        using var request = new IngestRequest(batch, results, balances, split.Partitions);
        request.Begin(hosts, split, cancellation);
        await request.EndAsync();
    }

    private bool IsAnyFull(in BatchSplit split)
    {
        if (split.Partitions == 1)
            return IsFull(hosts[split.Only]);
        foreach (PartitionHost host in hosts)
        {
            if (split.IndexesOf(host.Partition).Count > 0 && IsFull(host))
                return true;
        }

        return false;
    }

    // A shard that is away lags more and more: its own events are unavailable, and those beside them in a batch are taken.
    private bool IsFull(PartitionHost host) =>
        host.Shard.Writer.IsFull || (host.Current is not null && host.Shard.Status.Connected && context.IsLagging(host.Shard));

    private bool IsServing(EventBatch batch, EventResult[] results)
    {
        if (refusal is null && context.Clock.Trusts(context.Now))
            return true;
        for (int index = 0; index < batch.Count; index++)
        {
            if (batch[index].Project is not null)
                results[index].Code = EventCode.Unavailable;
        }

        return false;
    }

    private PartitionHost[] MakeHosts(IReadOnlyList<ShardAssignment> assignments, int partitions, string? elsewhere)
    {
        var made = new PartitionHost[partitions];
        foreach (ShardAssignment assignment in assignments)
        {
            Shard shard = context.FindShard(assignment.Shard)
                ?? throw new ArgumentException(
                    $"Partition {assignment.Partition} lives on shard '{assignment.Shard}', which is not configured.");
            made[assignment.Partition] = new PartitionHost(assignment.Partition, shard, context, elsewhere);
        }

        int missing = Array.IndexOf(made, null);
        return missing < 0 ? made : throw new ArgumentException($"The shard map does not name a shard for partition {missing}.");
    }

    private sealed class NoLag : IProjectionLag
    {
        public static readonly NoLag Instance = new();

        public double Seconds => 0;

        public long Events => 0;
    }
}
