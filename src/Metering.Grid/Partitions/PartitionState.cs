using System.Diagnostics.CodeAnalysis;
using Metering.Core.Binary;
using Metering.Core.Catalog;
using Metering.Core.Invoicing;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Core.Usage;
using Metering.Core.Wallets;
using Metering.Grid.Billing;
using Metering.Grid.Dedup;
using Metering.Grid.Directory;
using Metering.Grid.Journal;

namespace Metering.Grid.Partitions;

/// <summary>
/// A partition: a deterministic state machine that holds its customers' wallets and projects. No clock, no random, no I/O; used under its
/// owner's lock. Every command decides, applies and appends to the open group in one step.
/// Buckets that a command needs must be loaded before.
/// </summary>
/// <remarks>
/// <para>What is due for a customer by now is journaled before anything else that is done for it.</para>
/// <para>An exception from any member is a bug or broken data: the state is no longer to be trusted and must be dropped.</para>
/// </remarks>
public sealed partial class PartitionState
{
    private readonly EventIdentity identity;
    private readonly WalletBounds bounds;
    private readonly Dictionary<string, CustomerState> customers = new(StringComparer.Ordinal);
    private readonly Bucket[] buckets = new Bucket[Placement.Buckets];
    private readonly GroupWriter discard = new();
    private readonly ByteWriter key = new();
    private Instant nextDue = Instant.MaxValue;
    private bool nextDueIsStale;
    private long uses;

    /// <summary>An empty partition.</summary>
    public PartitionState(int partition, PartitionRules rules, EventIdentity identity, IRecentEvents recent)
    {
        Partition = partition;
        Rules = rules;
        Recent = recent;
        this.identity = identity;
        bounds = new WalletBounds(rules.WalletItemsMax, rules.AnswersMax, rules.IdempotencyRetention);
        for (int i = 0; i < buckets.Length; i++)
            buckets[i] = new Bucket();
        discard.Begin(0);
    }

    /// <summary>The partition.</summary>
    public int Partition { get; }

    /// <summary>The rules it decides by.</summary>
    public PartitionRules Rules { get; }

    /// <summary>The recent identities it looks in.</summary>
    public IRecentEvents Recent { get; }

    /// <summary>The partition's time: the newest that any command brought. It never goes back.</summary>
    public Instant Clock { get; private set; } = Instant.UnixEpoch;

    /// <summary>Customers in memory.</summary>
    public int CustomersInMemory => customers.Count;

    /// <summary>Journals and applies what is due by now in a loaded bucket, in order of due time, kind and id.</summary>
    public void RunDue(int bucket, CatalogSnapshot catalog, Instant now, GroupWriter group)
    {
        now = Advance(now);
        Require(buckets[bucket].IsLoaded, bucket);
        List<CustomerState> members = buckets[bucket].Customers;
        while (members.MinBy(customer => customer.NextDue) is { } next && next.NextDue <= now)
            RunDue(next, catalog, now, group);
        Recompute(buckets[bucket]);
    }

    private Instant Advance(Instant now)
    {
        Clock = Instant.Max(Clock, now);
        return Clock;
    }

    /// <summary>The customer, opened in this partition if it never was; what is due for it comes first.</summary>
    private CustomerState Open(CustomerEntry entry, CatalogSnapshot catalog, Instant now, GroupWriter group)
    {
        CustomerState? customer = entry.State;
        if (customer is null || customer.Owner != this)
            customer = FindOrOpen(entry, now, group);
        if (customer.NextDue <= now)
            RunDue(customer, catalog, now, group);
        customer.Home!.UsedAt = ++uses;
        return customer;
    }

    private CustomerState FindOrOpen(CustomerEntry entry, Instant now, GroupWriter group)
    {
        if (!customers.TryGetValue(entry.Id, out CustomerState? customer))
        {
            Require(buckets[entry.Bucket].IsLoaded, entry.Bucket);
            CustomerRecord record = entry.Record;
            customer = Opening(entry);
            Begin(customer, now, group);
            group.CustomerOpened(record.Status, record.TimeZone);
            if (customer.AnchorDay != 1)
                group.CustomerAnchored(customer.AnchorDay);
            Insert(customer);
            Touch(customer, group);
        }

        customer.Attach(entry);
        return customer;
    }

    /// <summary>A customer as it is when it is opened.</summary>
    private static CustomerState Opening(CustomerEntry entry) =>
        new(entry.Id, entry.IdUtf8, entry.Record.Status, entry.Record.TimeZone) { AnchorDay = entry.Record.BillingAnchorDay };

    /// <summary>The customer if it was opened, for a read; else one that looks as if it had been, which is not kept.</summary>
    private CustomerState Look(CustomerEntry entry, CatalogSnapshot catalog, Instant now, GroupWriter group)
    {
        Require(buckets[entry.Bucket].IsLoaded, entry.Bucket);
        return entry.State?.Owner == this || customers.ContainsKey(entry.Id)
            ? Open(entry, catalog, now, group)
            : Opening(entry);
    }

    /// <summary>
    /// The project, opened if it never was; the default project before any other, because it is the one that overage is counted in.
    /// </summary>
    private ProjectUsage Open(CustomerState customer, ProjectEntry entry, CatalogSnapshot catalog, Instant now, GroupWriter group)
    {
        if (customer.Find(entry) is { } known)
            return known;
        CustomerRecord payer = entry.Customer.Record;
        if (!entry.IsDefault && customer.DefaultProject is null)
            Open(customer, customer.Id, payer.Plan, payer.PlanVersion, catalog, now, group);
        return Open(customer, entry.Id, entry.Record.Plan, entry.Record.PlanVersion, catalog, now, group);
    }

    private ProjectUsage Open(
        CustomerState customer, string id, string planId, int planVersion, CatalogSnapshot catalog, Instant now, GroupWriter group)
    {
        Plan plan = PlanOf(catalog, planId, planVersion);
        Period period = customer.BillingPeriodOf(now, plan);
        var project = new ProjectUsage(id, planId, planVersion);
        Begin(customer, now, group);
        group.ProjectOpened(project.Id, project.Plan, project.PlanVersion);
        group.PeriodOpened(project.Id, period, now);
        project.ApplyPeriodOpened(period, now, group.Sequence);
        customer.Add(project);
        customer.DueChanged = true;
        if (!ReferenceEquals(group, discard))
            Touch(customer, group);
        return project;
    }

    private static ProjectUsage DefaultOf(CustomerState customer) =>
        customer.DefaultProject ?? throw new CorruptDataException($"The default project of {customer.Id} was never opened.");

    private static Plan PlanOf(CatalogSnapshot catalog, string plan, int version) =>
        catalog.TryFindPlan(plan, version, out Plan? found)
            ? found
            : throw new InvalidOperationException($"The catalogue has no version {version} of plan {plan}.");

    private static PlanCache PlanOf(ProjectUsage project, CatalogSnapshot catalog)
    {
        if (IsCached(project, catalog, out PlanCache? cache))
            return cache;
        cache = catalog.FindBindings(project.Plan, project.PlanVersion)
            ?? throw new InvalidOperationException($"The catalogue has no version {project.PlanVersion} of plan {project.Plan}.");
        project.Cache = cache;
        return cache;
    }

    private static bool IsCached(ProjectUsage project, CatalogSnapshot catalog, [NotNullWhen(true)] out PlanCache? cache)
    {
        cache = project.Cache as PlanCache;
        return cache is not null && ReferenceEquals(cache.Catalog, catalog) && cache.Plan.Version == project.PlanVersion
            && ReferenceEquals(cache.PlanId, project.Plan);
    }

    private static void Begin(CustomerState customer, Instant now, GroupWriter group) =>
        group.Customer(customer.Id, customer.IdUtf8, now, customer.HourAlignment(now));

    private void RunDue(CustomerState customer, CatalogSnapshot catalog, Instant now, GroupWriter group)
    {
        int entries = group.Entries;
        Amount available = customer.Wallet.Available;
        Begin(customer, now, group);
        while (true)
        {
            Instant wallet = customer.Wallet.NextDue;
            ProjectUsage? project = NextDueProject(customer);
            Instant next = project?.NextDue(Rules.LateGrace) ?? Instant.MaxValue;
            Instant overdue = customer.Billing?.NextDue ?? Instant.MaxValue;
            if (Instant.Min(Instant.Min(wallet, next), overdue) > now)
                break;
            if (wallet <= next && wallet <= overdue)
                WalletDecisions.RunNextDue(customer.Wallet, wallet, ContextOf(customer, now), group);
            else if (next <= overdue)
                RunDue(customer, project!, next, catalog, now, group);
            else
                ChangeStatus(customer.Billing!.NextOverdue!, InvoiceStatus.Overdue, group);
        }

        if (customer.Wallet.Available < available)
            WalletDecisions.TopUpIfNeeded(customer.Wallet, customer.PendingDrawn, refused: false, ContextOf(customer, now), group);
        if (group.Entries != entries)
            Touch(customer, group);
        customer.DueChanged = true;
        Settle(customer);
    }

    private ProjectUsage? NextDueProject(CustomerState customer)
    {
        ProjectUsage? first = null;
        foreach (ProjectUsage project in customer.Projects)
        {
            int order = first is null ? -1 : project.NextDue(Rules.LateGrace).CompareTo(first.NextDue(Rules.LateGrace));
            if (order < 0 || (order == 0 && string.CompareOrdinal(project.Id, first!.Id) < 0))
                first = project;
        }

        return first;
    }

    private void RunDue(
        CustomerState customer, ProjectUsage project, Instant due, CatalogSnapshot catalog, Instant now, GroupWriter group)
    {
        Period newest = project.Newest.Period;
        if (newest.End <= due)
        {
            Plan plan = PlanOf(
                catalog, project.NextPlan ?? project.Plan, project.NextPlan is null ? project.PlanVersion : project.NextPlanVersion);
            Period next = customer.BillingPeriodOf(newest.End, plan);
            next = next with { Start = newest.End };
            group.PeriodOpened(project.Id, next, next.Start);
            project.ApplyPeriodOpened(next, next.Start, group.Sequence);
            return;
        }

        BillingPeriod ended = project.Periods.First(period => period.ClosedAt is null && period.Period.End + Rules.LateGrace <= due);
        group.PeriodClosed(project.Id, ended.Period.Start);
        project.ApplyPeriodClosed(ended.Period.Start, now);
    }

    private WalletContext ContextOf(CustomerState customer, Instant now) => new(now, customer.DayStart(now), bounds);

    /// <summary>The customer's bucket has changed with this group.</summary>
    private void Touch(CustomerState customer, GroupWriter group) => Touch(customer.Home!, group.Sequence);

    private static void Touch(Bucket bucket, long sequence)
    {
        bucket.IsDirty = true;
        bucket.ChangedAt = sequence;
    }

    private void Insert(CustomerState customer)
    {
        Bucket home = buckets[customer.Bucket];
        customers.Add(customer.Id, customer);
        home.Customers.Add(customer);
        customer.Enter(this, home);
        customer.DueChanged = true;
    }

    [DoesNotReturn]
    private static void ThrowNotLoaded(int bucket) => throw new InvalidOperationException($"Bucket {bucket} is not in memory.");

    private static void Require(bool loaded, int bucket)
    {
        if (!loaded)
            ThrowNotLoaded(bucket);
    }
}
