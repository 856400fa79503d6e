using Metering.Core.Catalog;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Core.Usage;
using Metering.Core.Wallets;
using Metering.Grid.Dedup;
using Metering.Grid.Directory;
using Metering.Grid.Ingest;
using Metering.Grid.Journal;
using Metering.Grid.Projects;

namespace Metering.Grid.Partitions;

/// <content>Commands and reads of projects.</content>
public sealed partial class PartitionState
{
    /// <summary>A project as it is.</summary>
    public ProjectView ReadProject(ProjectEntry project, CatalogSnapshot catalog, Instant now, GroupWriter group)
    {
        now = Advance(now);
        CustomerState customer = Look(project.Customer, catalog, now, group);
        return ViewOf(customer, Look(customer, project, catalog, now), catalog, now, group);
    }

    /// <summary>Opens a project, and its customer, unless they are open: from then on its billing periods run.</summary>
    public void OpenProject(ProjectEntry project, CatalogSnapshot catalog, Instant now, GroupWriter group)
    {
        now = Advance(now);
        CustomerState customer = Open(project.Customer, catalog, now, group);
        Open(customer, project, catalog, now, group);
        Settle(customer);
    }

    /// <summary>Limits past a threshold, and whether an event would be taken. Nothing is consumed.</summary>
    public CheckAnswer Check(
        ProjectEntry project, EventBatch? single, FirstOutcome? known, CatalogSnapshot catalog, Instant now, GroupWriter group)
    {
        now = Advance(now);
        CustomerState customer = Look(project.Customer, catalog, now, group);
        ProjectUsage usage = Look(customer, project, catalog, now);
        EventCode code = EventCode.Accepted;
        var decision = new EventDecision();
        if (single is not null)
        {
            ref readonly ParsedEvent item = ref single[0];
            if (!IsSuspended(customer) && TryFindFirst(item.Identity, known, now, out FirstOutcome first))
                return new CheckAnswer(EventCode.Duplicate, first.Credits, AlertsOf(usage, catalog, now));
            code = Decide(customer, usage, single, item, catalog, now, ref decision);
            if (code == EventCode.Accepted && decision.Plan!.Plan.WalletMode == WalletMode.Prepaid && decision.Credits > customer.Spendable
                && !WouldTopUp(customer, decision.Credits, now))
                code = EventCode.InsufficientCredits;
        }

        return new CheckAnswer(code, decision.Credits, AlertsOf(usage, catalog, now));
    }

    /// <summary>Moves a project to a plan version that the catalogue has.</summary>
    public ProjectView ChangePlan(
        ProjectEntry project, string plan, int version, PlanChangeTime when, CatalogSnapshot catalog, Instant now, GroupWriter group)
    {
        now = Advance(now);
        PlanOf(catalog, plan, version);
        CustomerState customer = Open(project.Customer, catalog, now, group);
        ProjectUsage usage = Open(customer, project, catalog, now, group);
        bool isCurrent = usage.Plan == plan && usage.PlanVersion == version;
        bool changes = when == PlanChangeTime.Now
            ? !isCurrent || usage.NextPlan is not null
            : usage.NextPlan is null ? !isCurrent : usage.NextPlan != plan || usage.NextPlanVersion != version;
        if (changes)
        {
            Begin(customer, now, group);
            group.PlanChanged(usage.Id, plan, version, when);
            if (when == PlanChangeTime.Now)
                usage.ApplyPlanChanged(plan, version, now);
            else
                usage.ApplyPlanScheduled(plan, version);
            Touch(customer, group);
        }

        Settle(customer);
        return ViewOf(customer, usage, catalog, now, group);
    }

    /// <summary>
    /// Overage is for the default project's invoice, unless a credit has no value under its plan: then for that of the project itself.
    /// </summary>
    private static bool IsOverageOwn(CustomerState customer, ProjectEntry entry, Instant time, CatalogSnapshot catalog)
    {
        if (entry.IsDefault)
            return false;
        PeriodSegment segment = DefaultOf(customer).PeriodAt(time).SegmentAt(time);
        return !catalog.TryFindPlan(segment.Plan, segment.PlanVersion, out Plan? plan) || plan.CreditValue is null;
    }

    private bool WouldTopUp(CustomerState customer, Amount credits, Instant now)
    {
        Wallet wallet = customer.Wallet;
        return wallet.AutoTopUp is { Trust: true } setting && WalletDecisions.MayTopUp(wallet, ContextOf(customer, now))
            && wallet.Available.TryAdd(setting.Amount, out Amount after) && credits <= after;
    }

    private ProjectUsage Look(CustomerState customer, ProjectEntry entry, CatalogSnapshot catalog, Instant now)
    {
        if (customer.Find(entry) is { } known)
            return known;
        discard.Begin(0);
        var shadow = new CustomerState(customer.Id, customer.IdUtf8, customer.Status, customer.TimeZone) { AnchorDay = customer.AnchorDay };
        return Open(shadow, entry, catalog, now, discard);
    }

    private static ProjectView ViewOf(CustomerState customer, ProjectUsage usage, CatalogSnapshot catalog, Instant now, GroupWriter group)
    {
        BillingPeriod current = usage.PeriodAt(now);
        Amount credits = Amount.Zero;
        foreach (PeriodSegment segment in current.Segments)
            credits += segment.Credits;
        MeterUsage[] merged = [.. MeterUsage.Merge(current.Segments)];
        return new ProjectView(
            usage.Id, customer.Id, usage.Plan, usage.PlanVersion, usage.NextPlan, usage.NextPlanVersion, current.Period.Start,
            current.Period.End,
            [.. merged.SelectMany(ViewsOf)],
            [.. merged.Select(each => ViewOf(each, [], each.Total))],
            [.. PlanOf(usage, catalog).Plan.Limits.Select(limit => ViewOf(customer, usage, limit, now))],
            credits, group.Sequence - (group.IsEmpty ? 1 : 0));
    }

    private static IEnumerable<MeterUsageView> ViewsOf(MeterUsage usage) => usage.CombinationCount == 0
        ? [ViewOf(usage, [], usage.Total)]
        : usage.Combinations.Select(each => ViewOf(usage, DimensionKey.Read(usage.DimensionNames, each.Key), each.Usage));

    private static MeterUsageView ViewOf(MeterUsage usage, IReadOnlyList<KeyValuePair<string, string>> dimensions, Aggregate counted) =>
        new(usage.Meter, dimensions, counted.Sum, counted.Count, counted.Max, counted.Latest, counted.Unique,
            counted.Quantity(usage.Aggregation));

    private static LimitView ViewOf(CustomerState customer, ProjectUsage usage, PlanLimit limit, Instant now)
    {
        LimitCounter? counter = usage.FindCounter(limit.Meter.Value, limit.Period);
        bool runs = counter is not null && counter.Period.Contains(now);
        Period period = runs ? counter!.Period : LimitPeriod(customer, usage, limit.Period, now);
        Amount used = runs ? counter!.Used.Quantity(counter.Aggregation) : Amount.Zero;
        return new LimitView(limit.Meter.Value, limit.Period, period.Start, period.End, used, limit.Max, limit.Hard);
    }

    private static List<LimitAlert> AlertsOf(ProjectUsage usage, CatalogSnapshot catalog, Instant now)
    {
        Plan plan = PlanOf(usage, catalog).Plan;
        var alerts = new List<LimitAlert>();
        foreach (PlanLimit limit in plan.Limits)
        {
            if (limit.Max is not { } max || usage.FindCounter(limit.Meter.Value, limit.Period) is not { } counter
                || !counter.Period.Contains(now))
                continue;
            Amount used = counter.Used.Quantity(counter.Aggregation);
            int reached = plan.AlertThresholds.Append(100)
                .Where(threshold => AlertText.Reaches(used, max, threshold)).DefaultIfEmpty(0).Max();
            if (reached > 0)
            {
                alerts.Add(new LimitAlert(
                    counter.Meter, counter.Kind, used, max, AlertText.Percentage(used, max), reached, AlertText.Severity(reached),
                    AlertText.Message(counter.Meter, used, max)));
            }
        }

        return alerts;
    }

    /// <summary>Whether a customer's events are refused whatever they are.</summary>
    private bool IsSuspended(CustomerState customer) => customer.Status == CustomerStatus.Suspended
        || (customer.Status == CustomerStatus.PastDue && Rules.PastDueSuspends);
}
