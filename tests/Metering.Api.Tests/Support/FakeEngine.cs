using System.Collections.Concurrent;
using Metering.Core.Time;
using Metering.Core.Usage;
using Metering.Grid;
using Metering.Grid.Billing;
using Metering.Grid.Directory;
using Metering.Grid.History;
using Metering.Grid.Ingest;
using Metering.Grid.Projects;
using Metering.Grid.Wallets;

namespace Metering.Api.Tests.Support;

/// <summary>An engine in memory: takes every event that a meter counts, and shows what a test puts into its parts.</summary>
internal sealed class FakeEngine(TimeProvider time) : IMeteringEngine
{
    private readonly ConcurrentDictionary<string, FakeWallet> wallets = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, FakeProject> projects = new(StringComparer.Ordinal);

    public FakeDirectory Control { get; } = new();

    public FakeHistory Projections { get; } = new();

    public IDirectory Directory => Control;

    public IDirectoryStore DirectoryStore => Control;

    public IUsageHistory History => Projections;

    public IInvoiceHistory InvoiceHistory => throw new NotSupportedException();

    public IProjectionLag Lag => Projections;

    public EngineStatus Status { get; } = new() { Ready = true, Shards = [new ShardStatus("s0"), new ShardStatus("s1")] };

    /// <summary>Customers that were asked to be loaded; null for all.</summary>
    public IReadOnlyList<CustomerEntry>? Warmed { get; private set; }

    /// <summary>Thrown instead of an answer to a request of events.</summary>
    public Exception? IngestFailure { get; set; }

    public ValueTask<IngestAnswer> IngestAsync(EventBatch batch, CancellationToken cancellation)
    {
        if (IngestFailure is { } failure)
            throw failure;
        var results = new EventResult[batch.Count];
        Instant now = Instant.FromDateTimeOffset(time.GetUtcNow());
        for (int i = 0; i < results.Length; i++)
        {
            bool isKnown = batch[i].Shape is not null;
            results[i] = new EventResult
            {
                Code = batch[i].Project is null ? EventCode.CustomerNotFound : isKnown ? EventCode.Accepted : EventCode.UnknownMeter,
                At = now,
            };
            Interlocked.Increment(ref isKnown ? ref Status.EventsAccepted : ref Status.EventsRejected);
        }

        Interlocked.Increment(ref Status.GroupsWritten);
        return ValueTask.FromResult(new IngestAnswer(IngestStatus.Decided, results, []));
    }

    public ValueTask<RateStatus> CountRequestAsync(CustomerEntry customer, RateCheck rate, CancellationToken cancellation) =>
        ValueTask.FromResult(new RateStatus(true, rate.Requests, rate.Requests - 1, rate.WindowSeconds));

    public IWallet Wallet(CustomerEntry customer) => FakeWallet(customer.Id);

    public IProject Project(ProjectEntry project) => projects.GetOrAdd(project.Id, _ => new FakeProject(project, time));

    public IBilling Billing(CustomerEntry customer) => throw new NotSupportedException();

    public FakeWallet FakeWallet(string customerId) => wallets.GetOrAdd(customerId, id => new FakeWallet(id, time));

    public async Task<FakeProject> FakeProjectAsync(string id) =>
        (FakeProject)Project((await Control.FindProjectAsync(id, CancellationToken.None))!);

    public ValueTask<long> WarmAsync(IReadOnlyList<CustomerEntry>? customers, CancellationToken cancellation)
    {
        Warmed = customers;
        return ValueTask.FromResult((long)(customers?.Count ?? 7));
    }
}
