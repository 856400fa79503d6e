using System.Buffers;
using Metering.Core.Usage;
using Metering.Grid;
using Metering.Grid.Billing;
using Metering.Grid.Directory;
using Metering.Grid.History;
using Metering.Grid.Hosting;
using Metering.Grid.Ingest;
using Metering.Grid.Projects;
using Metering.Grid.Wallets;
using Metering.Orleans.Grains;
using Metering.Orleans.Hosting;
using Metering.Orleans.Ownership;
using Metering.Orleans.Serialization;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;

namespace Metering.Orleans.Engine;

/// <summary>
/// The grid as a front end, or a silo, sees it: every partition is reached in the silo that owns it, one call a partition a request. What
/// is hosted in this very process is reached without a message.
/// </summary>
public sealed class OrleansEngine : IMeteringEngine
{
    private readonly IGrainFactory grains;
    private readonly ClientInputs inputs;
    private readonly GrainCalls calls;
    private readonly SiloPartitions? local;
    private readonly PartitionMap map;
    private readonly EngineStatus status = new();

    /// <param name="grains">Reaches the grains.</param>
    /// <param name="inputs">What it stands on.</param>
    /// <param name="local">The partitions of this process; null in a front end.</param>
    /// <param name="log">Where calls without an answer are told of.</param>
    public OrleansEngine(IGrainFactory grains, ClientInputs inputs, SiloPartitions? local, ILogger<OrleansEngine> log)
    {
        (this.grains, this.inputs, this.local) = (grains, inputs, local);
        calls = new GrainCalls(inputs.Calls, inputs.Time, log);
        map = new PartitionMap(inputs.Directory);
        status.NotReadyReason = "The cluster has not answered yet.";
    }

    /// <inheritdoc />
    public IDirectory Directory => inputs.Directory;

    /// <inheritdoc />
    public IDirectoryStore DirectoryStore => inputs.DirectoryStore;

    /// <inheritdoc />
    public IUsageHistory History => inputs.History;

    /// <inheritdoc />
    public IInvoiceHistory InvoiceHistory => inputs.Invoices;

    /// <summary>The lag of this process's projectors; zero in a front end, which has none: silos bound theirs themselves.</summary>
    public IProjectionLag Lag => local is null ? NoLag.Instance : local.Engine.Lag;

    /// <summary>In a silo that of its own partitions; in a front end what it sent, and whether the cluster answers it.</summary>
    public EngineStatus Status => local is null ? status : local.Engine.Status;

    /// <inheritdoc />
    public async ValueTask<IngestAnswer> IngestAsync(EventBatch batch, CancellationToken cancellation)
    {
        var results = new EventResult[batch.Count];
        using var split = BatchSplit.Of(batch, results, map.Count);
        if (local is not null && IsAllHere(split))
            return await local.Engine.IngestAsync(batch, cancellation);
        CustomerBalance[] balances = ArrayPool<CustomerBalance>.Shared.Rent(batch.Count);
        balances.AsSpan(0, batch.Count).Clear();
        try
        {
            IngestStatus became = split.Partitions switch
            {
                0 => IngestStatus.Decided,
                1 => await SendAsync(
                    batch, split.Only, split.OnlyIndexes, batch.WantsBalances, results, balances, cancellation),
                _ => await SendAllAsync(batch, split, results, balances, cancellation),
            };
            return became == IngestStatus.Decided
                ? Answers.Merge(batch, results, balances.AsSpan(0, batch.Count), status)
                : new IngestAnswer(became, [], []);
        }
        finally
        {
            ArrayPool<CustomerBalance>.Shared.Return(balances, clearArray: true);
        }
    }

    /// <inheritdoc />
    public async ValueTask<RateStatus> CountRequestAsync(CustomerEntry customer, RateCheck rate, CancellationToken cancellation)
    {
        if (IsHere(customer.Partition))
            return local!.Engine.CountRequest(customer.Partition, rate);
        var grain = grains.GetGrain<IPartitionGrain>(customer.Partition);
        return await calls.RunAsync(end => grain.CountRequestAsync(rate, end), cancellation);
    }

    /// <inheritdoc />
    public IWallet Wallet(CustomerEntry customer) => IsHere(customer.Partition)
        ? local!.Engine.Wallet(customer)
        : new RemoteWallet(grains.GetGrain<IWalletGrain>(customer.Id), calls);

    /// <inheritdoc />
    public IProject Project(ProjectEntry project) => IsHere(project.Customer.Partition)
        ? local!.Engine.Project(project)
        : new RemoteProject(grains.GetGrain<IProjectGrain>(ProjectKey.Of(project.Customer.Id, project.Id)), calls);

    /// <inheritdoc />
    public IBilling Billing(CustomerEntry customer) => IsHere(customer.Partition)
        ? local!.Engine.Billing(customer)
        : new RemoteBilling(grains.GetGrain<IBillingGrain>(customer.Id), calls, inputs.Calls.VerifyTimeout);

    /// <inheritdoc />
    public async ValueTask<long> WarmAsync(IReadOnlyList<CustomerEntry>? customers, CancellationToken cancellation)
    {
        var wanted = customers is null
            ? Enumerable.Range(0, map.Count).Select(partition => (Partition: partition, Ids: (string[]?)null))
            : customers.GroupBy(customer => customer.Partition)
                .Select(group => (Partition: group.Key, Ids: (string[]?)[.. group.Select(customer => customer.Id)]));
        long[] loaded = await Task.WhenAll(wanted.Select(one => calls.RunAsync(
            end => grains.GetGrain<IPartitionGrain>(one.Partition).WarmAsync(one.Ids, end), inputs.Calls.VerifyTimeout,
            cancellation).AsTask()));
        return loaded.Sum();
    }

    /// <summary>Which silo answers for a partition.</summary>
    /// <exception cref="PartitionUnavailableException">None does now.</exception>
    public ValueTask<PartitionReport> ReportAsync(int partition, CancellationToken cancellation) =>
        calls.RunAsync(grains.GetGrain<IPartitionGrain>(partition).ReportAsync, cancellation);

    /// <summary>Notes whether the cluster answers, for a front end's readiness.</summary>
    internal void NoteAnswer(string? fault)
    {
        status.NotReadyReason = fault;
        status.Ready = fault is null;
    }

    /// <summary>A silo is gone: calls that were with it are ended.</summary>
    internal Task EndLostAsync() => calls.EndLostAsync();

    private bool IsHere(int partition) => local is not null && local.IsServing(partition);

    private bool IsAllHere(in BatchSplit split)
    {
        if (split.Partitions == 0)
            return false;
        if (split.Partitions == 1)
            return IsHere(split.Only);
        for (int partition = 0; partition < map.Count; partition++)
        {
            if (split.IndexesOf(partition).Count > 0 && !IsHere(partition))
                return false;
        }

        return true;
    }

    private async ValueTask<IngestStatus> SendAllAsync(
        EventBatch batch, BatchSplit split, EventResult[] results, CustomerBalance[] balances, CancellationToken cancellation)
    {
        var sent = new List<(ArraySegment<int> Indexes, Task<IngestStatus> Answer)>(split.Partitions);
        for (int partition = 0; partition < map.Count; partition++)
        {
            ArraySegment<int> indexes = split.IndexesOf(partition);
            if (indexes.Count > 0)
                sent.Add((indexes, SendAsync(batch, partition, indexes, true, results, balances, cancellation).AsTask()));
        }

        // All have ended before any fault leaves: they use the batch and the arrays.
        await Task.WhenAll(sent.Select(one => one.Answer));
        if (sent.TrueForAll(one => one.Answer.Result == IngestStatus.Overloaded))
            return IngestStatus.Overloaded;
        foreach (var (indexes, answer) in sent)
        {
            // Beside events that were taken, those of an overloaded partition are to be sent again as they are.
            if (answer.Result == IngestStatus.Overloaded)
                SetUnavailable(indexes, results);
        }

        return IngestStatus.Decided;
    }

    private async ValueTask<IngestStatus> SendAsync(
        EventBatch batch, int partition, ArraySegment<int> indexes, bool wantsBalances, EventResult[] results,
        CustomerBalance[] balances, CancellationToken cancellation)
    {
        var body = new Immutable<byte[]>(BatchFormat.Write(batch, indexes, wantsBalances));
        var grain = grains.GetGrain<IPartitionGrain>(partition);
        try
        {
            Immutable<byte[]> answer = await calls.RunAsync(end => grain.IngestAsync(body, end), cancellation);
            return AnswerFormat.Read(answer.Value, batch, indexes, results, balances.AsSpan(0, batch.Count));
        }
        catch (PartitionUnavailableException)
        {
            SetUnavailable(indexes, results);
            return IngestStatus.Decided;
        }
        catch (OverloadedException)
        {
            return IngestStatus.Overloaded;
        }
    }

    private static void SetUnavailable(ArraySegment<int> indexes, EventResult[] results)
    {
        foreach (int index in indexes)
            results[index] = new EventResult { Code = EventCode.Unavailable };
    }

    private sealed class NoLag : IProjectionLag
    {
        public static readonly NoLag Instance = new();

        public double Seconds => 0;

        public long Events => 0;
    }
}
