using System.Buffers;
using System.Text;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Core.Wallets;
using Metering.Grid.Dedup;
using Metering.Grid.Directory;
using Metering.Grid.Ingest;
using Metering.Grid.Journal;
using Metering.Grid.Partitions;
using Metering.Grid.Projects;
using Metering.Grid.Wallets;

namespace Metering.Grid.Tests.Partitions;

/// <summary>
/// One partition with its customers, on a clock that the test moves. Every command's group is closed and kept, as the journal would.
/// </summary>
internal sealed class PartitionHarness
{
    public static readonly Instant Start = At("2025-01-17T14:30:00Z");

    private static readonly EventIdentity Identity = new("0123456789abcdef"u8);

    private readonly Dictionary<string, ProjectEntry> projects = [];
    private readonly GroupWriter group = new();
    private long sequence;

    public PartitionHarness(CatalogSnapshot? catalog = null, PartitionRules? rules = null)
    {
        Catalog = catalog ?? ShippedCatalog.Default;
        Rules = rules ?? new PartitionRules();
        Recent = new RecentEvents();
        State = new PartitionState(3, Rules, Identity, Recent);
        for (int bucket = 0; bucket < Placement.Buckets; bucket++)
            State.Load(bucket, 0, ReadOnlyMemory<byte>.Empty);
        group.Begin(1);
    }

    public CatalogSnapshot Catalog { get; set; }

    public PartitionRules Rules { get; }

    public PartitionState State { get; private set; }

    public RecentEvents Recent { get; private set; }

    public Instant Now { get; set; } = Start;

    /// <summary>The groups that were not empty, by sequence.</summary>
    public List<(long Sequence, byte[] Body)> Groups { get; } = [];

    /// <summary>What the group writer counted in the groups so far.</summary>
    public int LedgerEntries { get; private set; }

    public IEnumerable<ProjectEntry> Projects => projects.Values;

    public IEnumerable<CustomerEntry> Customers => projects.Values.Where(project => project.IsDefault).Select(project => project.Customer);

    public static Instant At(string text) => Instant.TryParseRfc3339(text, out Instant at) ? at : throw new FormatException(text);

    public static Amount Credits(string text) => Amount.Parse(text);

    public CustomerEntry AddCustomer(string id, string plan, string zone = "UTC", CustomerStatus status = CustomerStatus.Active,
        int anchor = 1)
    {
        Assert.True(Catalog.TryFindPlan(plan, 1, out _));
        var record = new CustomerRecord(id, id, $"{id}@example.com", plan, 1, "USD", zone, null, status, Start, 1)
        {
            BillingAnchorDay = anchor,
        };
        var customer = new CustomerEntry(record, 3, Placement.BucketOf(Encoding.UTF8.GetBytes(id)));
        projects.Add(id, new ProjectEntry(new ProjectRecord(id, id, id, plan, 1, Start, 1), customer));
        return customer;
    }

    public ProjectEntry AddProject(CustomerEntry customer, string id, string plan)
    {
        Assert.True(Catalog.TryFindPlan(plan, 1, out _));
        var project = new ProjectEntry(new ProjectRecord(id, customer.Id, id, plan, 1, Start, 1), customer);
        projects.Add(id, project);
        return project;
    }

    public ProjectEntry Project(string id) => projects[id];

    public EventBatch Batch(params IReadOnlyList<Ev> events) => Ev.Batch(events, Catalog, Identity, Project);

    public EventResult[] Send(params IReadOnlyList<Ev> events) => Send(events, null, out _);

    public EventResult Send(Ev single) => Send([single], null, out _)[0];

    public EventResult[] Send(IReadOnlyList<Ev> events, IReadOnlyDictionary<int, FirstOutcome>? known, out List<CustomerBalance> balances)
    {
        using EventBatch batch = Batch(events);
        var results = new EventResult[events.Count];
        var touched = new CustomerBalance[events.Count];
        var slice = new IngestSlice(batch, Enumerable.Range(0, events.Count).ToArray(), known, results, touched);
        State.Ingest(slice, Catalog, Now, group);
        Close();
        balances = [.. touched.Where(balance => balance.CustomerId is not null)];
        return results;
    }

    public WalletResult Execute(string customer, WalletCommand command, FirstOutcome? known = null)
    {
        WalletResult result = State.Execute(Project(customer).Customer, command, known, Catalog, Now, group);
        Close();
        return result;
    }

    public WalletResult Grant(string customer, string amount, int priority = 50, Instant? expiresAt = null) =>
        Execute(customer, new GrantCredits(Credits(amount), GrantKind.Paid, priority, expiresAt, "test"));

    public WalletResult CaptureFor(string customer, string hold, Ev paid, bool close = false, IdempotencyKey? key = null)
    {
        using EventBatch batch = Batch(paid);
        return Execute(customer, new CaptureHoldForEvent(hold, batch, close) { Idempotency = key });
    }

    public WalletView Wallet(string customer)
    {
        WalletView view = State.ReadWallet(Project(customer).Customer, Catalog, Now, group);
        Close();
        return view;
    }

    public ProjectView View(string project)
    {
        ProjectView view = State.ReadProject(Project(project), Catalog, Now, group);
        Close();
        return view;
    }

    public CheckAnswer Check(string project, Ev? single = null)
    {
        using EventBatch? batch = single is null ? null : Batch(single);
        CheckAnswer answer = State.Check(Project(project), batch, null, Catalog, Now, group);
        Close();
        return answer;
    }

    public long SetStatus(string customer, CustomerStatus status)
    {
        long sequence = State.SetStatus(Project(customer).Customer, status, Catalog, Now, group);
        Close();
        return sequence;
    }

    public ProjectView ChangePlan(string project, string plan, int version, PlanChangeTime when)
    {
        ProjectView view = State.ChangePlan(Project(project), plan, version, when, Catalog, Now, group);
        Close();
        return view;
    }

    /// <summary>Does what a tick does.</summary>
    public void RunDue()
    {
        var due = new List<int>();
        State.ListDue(Now, due);
        foreach (int bucket in due)
            State.RunDue(bucket, Catalog, Now, group);
        Close();
    }

    /// <summary>What the groups after a sequence say, one line an entry.</summary>
    public IEnumerable<string> Journal(long after = 0) => Groups
        .Where(each => each.Sequence > after)
        .SelectMany(each => EntryText.Of(each.Sequence, each.Body));

    public long LastSequence => sequence;

    /// <summary>Every bucket as it would be saved.</summary>
    public Dictionary<int, byte[]> Encode() => Enumerable.Range(0, Placement.Buckets)
        .Where(bucket => State.CustomersIn(bucket) > 0)
        .ToDictionary(bucket => bucket, bucket => Encode(State, bucket));

    /// <summary>A partition that starts from saved buckets at a sequence, and replays what was journaled after it.</summary>
    public PartitionHarness Recover(long savedAt, IReadOnlyDictionary<int, byte[]> saved)
    {
        var recovered = new PartitionHarness(Catalog, Rules) { Now = Now, sequence = sequence };
        foreach ((string id, ProjectEntry project) in projects)
            recovered.projects.Add(id, project);
        recovered.Recent = new RecentEvents();
        recovered.State = new PartitionState(3, Rules, Identity, recovered.Recent);
        for (int bucket = 0; bucket < Placement.Buckets; bucket++)
            recovered.State.Load(bucket, savedAt, saved.TryGetValue(bucket, out byte[]? body) ? body : ReadOnlyMemory<byte>.Empty);
        foreach ((long number, byte[] body) in Groups)
            recovered.State.Replay(number, body);
        recovered.Groups.AddRange(Groups);
        recovered.group.Begin(sequence + 1);
        return recovered;
    }

    public PartitionHarness Recover() => Recover(0, new Dictionary<int, byte[]>());

    /// <summary>Fails unless another partition shows the same of every customer and project.</summary>
    public void AssertSameViews(PartitionHarness other)
    {
        foreach (CustomerEntry customer in Customers)
            Assert.Equal(Text(Wallet(customer.Id)), Text(other.Wallet(customer.Id)));
        foreach (ProjectEntry project in Projects)
            Assert.Equal(Text(View(project.Id)), Text(other.View(project.Id)));
    }

    public static string Text(object view) => System.Text.Json.JsonSerializer.Serialize(view, JsonText.Options);

    private static byte[] Encode(PartitionState state, int bucket)
    {
        var writer = new ArrayBufferWriter<byte>();
        state.Save(bucket, writer);
        return writer.WrittenSpan.ToArray();
    }

    private void Close()
    {
        if (group.IsEmpty)
            return;
        sequence = group.Sequence;
        LedgerEntries += group.LedgerEntries;
        Groups.Add((sequence, group.Close().ToArray()));
        group.Begin(sequence + 1);
    }
}
