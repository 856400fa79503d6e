using System.Text;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Core.Usage;
using Metering.Grid;
using Metering.Grid.Billing;
using Metering.Grid.Directory;
using Metering.Grid.History;
using Metering.Grid.Ingest;
using Metering.Grid.Projects;
using Metering.Grid.Wallets;

namespace Metering.Api.Tests;

/// <summary>An engine that writes down what it is given and answers as the test says. It counts rate limits, and nothing else.</summary>
internal sealed class RecordingEngine(IDirectory directory, IDirectoryStore store, TimeProvider time) : IMeteringEngine
{
    private readonly Dictionary<string, long> counted = [];

    /// <summary>Every event taken, as <c>project/type/id</c>.</summary>
    public List<string> Taken { get; } = [];

    /// <summary>Decides one event by its id; accepted at 15 credits unless the test says otherwise.</summary>
    public Func<string, EventResult>? Decide { get; set; }

    /// <summary>Thrown by <see cref="IngestAsync"/>, where set.</summary>
    public Exception? Failure { get; set; }

    /// <summary>Answered by <see cref="IngestAsync"/> in place of decisions, where set.</summary>
    public IngestStatus Status { get; set; }

    public IDirectory Directory { get; } = directory;

    public IDirectoryStore DirectoryStore { get; } = store;

    public IUsageHistory History => throw new NotSupportedException();

    public IInvoiceHistory InvoiceHistory => throw new NotSupportedException();

    public IProjectionLag Lag => throw new NotSupportedException();

    EngineStatus IMeteringEngine.Status { get; } = new();

    public ValueTask<IngestAnswer> IngestAsync(EventBatch batch, CancellationToken cancellation)
    {
        if (Failure is not null)
            throw Failure;
        if (Status != IngestStatus.Decided)
            return new(new IngestAnswer(Status, [], []));
        var results = new EventResult[batch.Count];
        var customers = new HashSet<string>();
        for (int i = 0; i < batch.Count; i++)
        {
            string id = Encoding.UTF8.GetString(batch.Slice(batch[i].Id));
            if (batch[i].Project is not { } project)
            {
                results[i] = new EventResult { Code = EventCode.CustomerNotFound };
                continue;
            }

            results[i] = Decide?.Invoke(id) ?? Accepted();
            customers.Add(project.Customer.Id);
            Taken.Add($"{project.Id}/{Encoding.UTF8.GetString(batch.Slice(batch[i].Type))}/{id}");
        }

        CustomerBalance[] balances = [.. customers.Select(id => new CustomerBalance(id, Amount.FromWhole(999_985), Amount.Zero))];
        return new(new IngestAnswer(IngestStatus.Decided, results, balances));
    }

    public EventResult Accepted() =>
        new() { Code = EventCode.Accepted, Credits = Amount.FromWhole(15), At = Instant.FromDateTimeOffset(time.GetUtcNow()) };

    public ValueTask<RateStatus> CountRequestAsync(CustomerEntry customer, RateCheck rate, CancellationToken cancellation) =>
        new(Count(rate));

    public IWallet Wallet(CustomerEntry customer) => throw new NotSupportedException();

    public IProject Project(ProjectEntry project) => throw new NotSupportedException();

    public IBilling Billing(CustomerEntry customer) => throw new NotSupportedException();

    public ValueTask<long> WarmAsync(IReadOnlyList<CustomerEntry>? customers, CancellationToken cancellation) =>
        throw new NotSupportedException();

    private RateStatus Count(RateCheck check)
    {
        lock (counted)
        {
            long before = counted.GetValueOrDefault(check.KeyId);
            if (before >= check.Requests)
                return new RateStatus(false, check.Requests, 0, 42);
            counted[check.KeyId] = before + 1;
            return new RateStatus(true, check.Requests, check.Requests - before - 1, 42);
        }
    }
}
