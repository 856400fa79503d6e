using Metering.Core.Catalog;
using Metering.Core.Ids;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Grid;
using Metering.Grid.Billing;
using Metering.Grid.Directory;
using Metering.Grid.History;
using Metering.Grid.Ingest;
using Metering.Grid.Payments;
using Metering.Grid.Projects;
using Metering.Grid.Wallets;
using Metering.TestSupport.Memory;

namespace Metering.Delivery.Tests.Payments;

/// <summary>A grid of what payments ask of it: customers, their invoices and wallets, all in memory.</summary>
internal sealed class FakeEngine : IMeteringEngine, IInvoiceHistory
{
    private readonly CrashPoints points;
    private readonly MemoryDirectory directory;
    private readonly Dictionary<string, FakeBilling> billings = [];
    private readonly Dictionary<string, FakeWallet> wallets = [];

    public FakeEngine(CrashPoints points)
    {
        this.points = points;
        var plan = new Plan
        {
            Id = PlanId.Parse("pro"), Version = 1, Name = "Pro", Currency = Currency.Parse("USD"),
            CreditValue = Amount.Parse("0.001"), WalletMode = WalletMode.Prepaid,
        };
        directory = new MemoryDirectory(64, new CatalogRecord([], [plan]));
    }

    /// <summary>A customer whose partition does not answer.</summary>
    public string? Away { get; set; }

    public IDirectory Directory => directory;

    public IInvoiceHistory InvoiceHistory => this;

    public CustomerEntry Add(string customer) => directory.Add(customer, "pro");

    public FakeBilling BillingOf(string customer) =>
        billings.TryGetValue(customer, out FakeBilling? billing) ? billing : billings[customer] = new FakeBilling(customer, points);

    public FakeWallet WalletOf(string customer) =>
        wallets.TryGetValue(customer, out FakeWallet? wallet) ? wallet : wallets[customer] = new FakeWallet(points);

    public IBilling Billing(CustomerEntry customer) =>
        customer.Id == Away ? throw new PartitionUnavailableException("away") : BillingOf(customer.Id);

    public IWallet Wallet(CustomerEntry customer) => WalletOf(customer.Id);

    public IProject Project(ProjectEntry project) => new FakeProject(project);

    public ValueTask<InvoicePage> ListAsync(InvoiceQuery query, CancellationToken cancellation)
    {
        InvoiceRow[] rows =
        [
            .. billings.SelectMany(billing => billing.Value.All.Select(invoice => RowOf(billing.Key, invoice)))
                .Where(row => row.Status == query.Status && (!query.OnlyUnpushed || row.ExternalId is null))
                .OrderBy(row => row.Id, StringComparer.Ordinal)
                .SkipWhile(row => query.Cursor is not null && string.CompareOrdinal(row.Id, query.Cursor) <= 0),
        ];
        return new(new InvoicePage(
            [.. rows.Take(query.Limit)], rows.Length, rows.Length > query.Limit ? rows[query.Limit - 1].Id : null));
    }

    public IDirectoryStore DirectoryStore => throw new NotSupportedException();

    public IUsageHistory History => throw new NotSupportedException();

    public IProjectionLag Lag => throw new NotSupportedException();

    public EngineStatus Status => throw new NotSupportedException();

    public ValueTask<IngestAnswer> IngestAsync(EventBatch batch, CancellationToken cancellation) =>
        throw new NotSupportedException();

    public ValueTask<RateStatus> CountRequestAsync(CustomerEntry customer, RateCheck rate, CancellationToken cancellation) =>
        throw new NotSupportedException();

    public ValueTask<long> WarmAsync(IReadOnlyList<CustomerEntry>? customers, CancellationToken cancellation) =>
        throw new NotSupportedException();

    public ValueTask<IReadOnlyList<CreditNoteRow>> ListCreditNotesAsync(int partition, InvoiceId invoice, CancellationToken cancellation) =>
        throw new NotSupportedException();

    public ValueTask<IReadOnlyList<RevenueRow>> SumAsync(RevenueQuery query, CancellationToken cancellation) =>
        throw new NotSupportedException();

    public ValueTask<long> CountEventsAsync(DateOnly from, DateOnly until, CancellationToken cancellation) =>
        throw new NotSupportedException();

    private static InvoiceRow RowOf(string customer, IssuedInvoice invoice) => new(
        invoice.Id.Value, customer, invoice.Project.Value, 1, invoice.LegalNumber.ToString(), invoice.Period, invoice.Id.FirstDay, "pro", 1,
        "USD", invoice.Total, Amount.Zero, invoice.Total, Amount.Zero, invoice.Credited, invoice.Status, invoice.IssuedAt, invoice.DueAt,
        "", invoice.ExternalId, 1);

    private sealed class FakeProject(ProjectEntry project) : IProject
    {
        public ValueTask<ProjectView> ReadAsync(CancellationToken cancellation) => new(new ProjectView(
            project.Id, project.Customer.Id, "pro", 1, null, 0, Instant.UnixEpoch, Instant.UnixEpoch, [], [], [], Amount.Zero, 1));

        public ValueTask OpenAsync(CancellationToken cancellation) => throw new NotSupportedException();

        public ValueTask<CheckAnswer> CheckAsync(EventBatch? single, CancellationToken cancellation) => throw new NotSupportedException();

        public ValueTask<ProjectView> ChangePlanAsync(
            string plan, int version, PlanChangeTime when, CancellationToken cancellation) => throw new NotSupportedException();
    }
}

/// <summary>Names at the gateway, in memory.</summary>
internal sealed class MemoryAccounts(CrashPoints points) : IPaymentAccounts
{
    private readonly SortedDictionary<string, string> accounts = new(StringComparer.Ordinal);

    public ValueTask<string?> FindAsync(string customerId, CancellationToken cancellation) => new(accounts.GetValueOrDefault(customerId));

    public ValueTask<string?> FindCustomerAsync(string externalCustomerId, CancellationToken cancellation) =>
        new(accounts.FirstOrDefault(pair => pair.Value == externalCustomerId).Key);

    public ValueTask<string> AddAsync(string customerId, string externalCustomerId, CancellationToken cancellation)
    {
        points.Pass();
        accounts.TryAdd(customerId, externalCustomerId);
        points.Pass();
        return new(accounts[customerId]);
    }

    public ValueTask<IReadOnlyList<PaymentAccount>> ListAsync(string? after, int limit, CancellationToken cancellation) =>
        throw new NotSupportedException();
}

/// <summary>Refunds that were acted on, in memory.</summary>
internal sealed class MemoryRefunds : IPaymentRefunds
{
    private readonly Dictionary<string, RefundPart> parts = [];

    public ValueTask<RefundPart> ClaimAsync(string externalChargeId, Amount refunded, CancellationToken cancellation)
    {
        RefundPart part = parts.GetValueOrDefault(externalChargeId);
        if (part.IsEmpty)
            parts[externalChargeId] = part = part with { Until = Amount.Max(part.From, refunded) };
        return new(part);
    }

    public ValueTask CompleteAsync(string externalChargeId, RefundPart part, CancellationToken cancellation)
    {
        if (parts[externalChargeId] == part)
            parts[externalChargeId] = new RefundPart(part.Until, part.Until);
        return ValueTask.CompletedTask;
    }
}
