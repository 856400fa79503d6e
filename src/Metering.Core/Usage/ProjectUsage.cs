using Metering.Core.Binary;
using Metering.Core.Catalog;
using Metering.Core.Money;
using Metering.Core.Time;

namespace Metering.Core.Usage;

/// <summary>
/// A project: its plan, its billing periods with what was counted in them, its limit counters. State only; whoever decides calls the
/// <c>Apply</c> methods with results, live and in a replay alike.
/// </summary>
public sealed class ProjectUsage
{
    private BillingPeriod[] periods = [];
    private LimitCounter[] counters = [];

    // The segment in which almost every event counts, and the time from which on it does: found without a look at the periods.
    private PeriodSegment? running;
    private Instant runningFrom = Instant.MaxValue;
    private bool runningIsWhole;

    /// <summary>A project without a period yet.</summary>
    public ProjectUsage(string id, string plan, int planVersion)
    {
        Id = id;
        // Many projects are on one plan: their text is one, so that comparing it needs no look at it.
        Plan = string.Intern(plan);
        PlanVersion = planVersion;
    }

    /// <summary>The project's id.</summary>
    public string Id { get; }

    /// <summary>The plan it is on.</summary>
    public string Plan { get; private set; }

    /// <summary>The plan's version.</summary>
    public int PlanVersion { get; private set; }

    /// <summary>The plan from the next period on, or null for no change.</summary>
    public string? NextPlan { get; private set; }

    /// <summary>Its version.</summary>
    public int NextPlanVersion { get; private set; }

    /// <summary>Billing periods that are kept, oldest first: closed ones, the one being closed, the current one.</summary>
    public IReadOnlyList<BillingPeriod> Periods => periods;

    /// <summary>Limit counters.</summary>
    public IReadOnlyList<LimitCounter> Counters => counters;

    /// <summary>The newest period.</summary>
    public BillingPeriod Newest => periods[^1];

    /// <summary>Whatever a caller wants to keep at hand for this project, such as its compiled plan. Not part of the state.</summary>
    public object? Cache { get; set; }

    /// <summary>When a period begins or can be closed; <see cref="Instant.MaxValue"/> for never.</summary>
    public Instant NextDue(TimeSpan grace)
    {
        Instant due = periods.Length == 0 ? Instant.MaxValue : Newest.Period.End;
        foreach (BillingPeriod period in periods)
        {
            if (period.ClosedAt is null)
                due = Instant.Min(due, period.Period.End + grace);
        }

        return due;
    }

    /// <summary>
    /// The period a time belongs to: the one that contains it, the oldest kept for an earlier time, the newest for a later one.
    /// </summary>
    public BillingPeriod PeriodAt(Instant time)
    {
        for (int i = periods.Length - 1; i > 0; i--)
        {
            if (periods[i].Period.Start <= time)
                return periods[i];
        }

        return periods[0];
    }

    /// <summary>The segment of a time: its plan's prices hold for usage of that time.</summary>
    public PeriodSegment SegmentAt(Instant time) =>
        time >= runningFrom ? running! : PeriodAt(time).SegmentAt(time);

    /// <summary>
    /// The quantity of a sum or a count in the segment that a time belongs to;
    /// late usage of a closed period counts on from what was closed.
    /// </summary>
    public Amount QuantityAt(Instant time, string meter, Aggregation aggregation) => PeriodAt(time).QuantityAt(time, meter, aggregation);

    /// <summary>What was counted of a meter where an event of this time will be counted.</summary>
    public MeterUsage? UsageAt(Instant time, string meter) => TargetAt(time).Find(meter);

    /// <summary>
    /// Whether the sum of a meter over the whole period of a time, with all that came late, stays within the range of amounts.
    /// </summary>
    public bool CanAdd(Instant time, string meter, Amount value)
    {
        if (time < runningFrom || !runningIsWhole)
            return PeriodAt(time).CanAdd(meter, value);
        return running!.Find(meter) is not { } usage || usage.Total.CanAdd(value);
    }

    /// <summary>The counter of a meter and kind of period, or null.</summary>
    public LimitCounter? FindCounter(string meter, PeriodKind kind)
    {
        foreach (LimitCounter counter in counters)
        {
            if (counter.Kind == kind && counter.Meter == meter)
                return counter;
        }

        return null;
    }

    /// <summary>The period that begins at a time, or null where none is kept.</summary>
    public BillingPeriod? FindPeriod(Instant start) => Array.Find(periods, period => period.Period.Start == start);

    /// <summary>A billing period begins; the plan kept for it takes effect.</summary>
    /// <param name="period">The period.</param>
    /// <param name="segmentStart">When its first segment begins.</param>
    /// <param name="sequence">The group that says so.</param>
    public void ApplyPeriodOpened(Period period, Instant segmentStart, long sequence)
    {
        if (NextPlan is not null)
        {
            (Plan, PlanVersion) = (NextPlan, NextPlanVersion);
            (NextPlan, NextPlanVersion) = (null, 0);
        }

        var opened = new BillingPeriod(period, sequence);
        opened.Begin(new PeriodSegment(segmentStart, Plan, PlanVersion));
        periods = [.. periods, opened];
        FindRunning();
    }

    /// <summary>A billing period takes no more late events; what comes now is kept apart.</summary>
    public void ApplyPeriodClosed(Instant start, Instant at)
    {
        PeriodOf(start).Close(at);
        FindRunning();
    }

    /// <summary>The plan changes now: the running period gets a new segment.</summary>
    public void ApplyPlanChanged(string plan, int planVersion, Instant at)
    {
        (Plan, PlanVersion) = (string.Intern(plan), planVersion);
        (NextPlan, NextPlanVersion) = (null, 0);
        Newest.Begin(new PeriodSegment(at, Plan, planVersion));
        FindRunning();
    }

    /// <summary>The plan changes when the next period begins.</summary>
    public void ApplyPlanScheduled(string plan, int planVersion) => (NextPlan, NextPlanVersion) = (string.Intern(plan), planVersion);

    /// <summary>A limit's period begins.</summary>
    public void ApplyLimitOpened(string meter, Aggregation aggregation, PeriodKind kind, Period period)
    {
        LimitCounter? counter = FindCounter(meter, kind);
        if (counter is null)
            counters = [.. counters, new LimitCounter(meter, aggregation, kind, period)];
        else
            counter.Restart(period);
    }

    /// <summary>An alert was raised: what was used has reached a threshold of a maximum.</summary>
    public void ApplyAlert(string meter, PeriodKind kind, Amount max, int threshold) => FindCounter(meter, kind)!.Raise(max, threshold);

    /// <summary>An event was counted on a meter.</summary>
    /// <param name="counted">What it adds.</param>
    /// <param name="time">The event's time: its period and segment.</param>
    /// <param name="at">When it arrived: its limits.</param>
    public void ApplyCounted(in CountedValue counted, Instant time, Instant at)
    {
        ChangeAt(time).Add(counted, time);
        foreach (LimitCounter counter in counters)
        {
            if (counter.Period.Contains(at) && counter.Meter == counted.Meter)
                counter.Add(counted, time);
        }
    }

    /// <summary>An event burned credits.</summary>
    public void ApplyCredits(Amount credits, Instant time)
    {
        if (!credits.IsZero)
            ChangeAt(time).Credits += credits;
    }

    /// <summary>Default project: an event of any of the customer's projects cost credits beyond the wallet.</summary>
    public void ApplyOverage(Amount overage, Instant time)
    {
        if (!overage.IsZero)
            ChangeAt(time).Overage += overage;
    }

    /// <summary>A closed period has its invoice.</summary>
    public void ApplyInvoiced(Instant start) => PeriodOf(start).IsInvoiced = true;

    /// <summary>An invoice charged something, or found nothing to charge, for what came late to a closed period.</summary>
    /// <param name="start">The period's start.</param>
    /// <param name="charged">What it added to what was charged before; below zero where late usage made the whole cheaper.</param>
    public void ApplyAdjusted(Instant start, Amount charged)
    {
        BillingPeriod period = PeriodOf(start);
        period.Adjusted += charged;
        period.HasUnadjusted = false;
    }

    /// <summary>Forgets closed periods that ended before a time, but for those that something is still to be charged for. Not journaled:
    /// nothing reads them any more.</summary>
    public void Forget(Instant endedBefore)
    {
        foreach (BillingPeriod period in periods)
        {
            if (!IsOver(period, endedBefore))
                continue;
            ForgetOver(endedBefore);
            return;
        }
    }

    private void ForgetOver(Instant endedBefore)
    {
        periods = [.. periods.Where(period => !IsOver(period, endedBefore))];
        FindRunning();
    }

    private static bool IsOver(BillingPeriod period, Instant endedBefore) => period.IsSettled && period.Period.End < endedBefore;

    /// <summary>
    /// Reads what counting an event will read, one step (1 to 5) along its references. Whoever does so for many projects, step by step,
    /// waits for their memory at the same time and not for one after the other. Changes nothing; another thread may be changing the
    /// project meanwhile.
    /// </summary>
    /// <returns>Something made of what was read, so that it is read.</returns>
    public int Preload(int step) => step == 1 ? PlanVersion + counters.Length : running?.Preload(step) ?? 0;

    private BillingPeriod PeriodOf(Instant start) =>
        FindPeriod(start) ?? throw new InvalidOperationException($"Project {Id} keeps no billing period that begins at {start}.");

    /// <summary>Writes the state.</summary>
    public void Write(ByteWriter writer)
    {
        writer.Text(Id);
        writer.Text(Plan);
        writer.Unsigned((ulong)PlanVersion);
        writer.Bool(NextPlan is not null);
        if (NextPlan is not null)
        {
            writer.Text(NextPlan);
            writer.Unsigned((ulong)NextPlanVersion);
        }

        writer.Unsigned((ulong)periods.Length);
        foreach (BillingPeriod period in periods)
            period.Write(writer);
        writer.Unsigned((ulong)counters.Length);
        foreach (LimitCounter counter in counters)
            counter.Write(writer);
    }

    /// <summary>Reads the state.</summary>
    /// <param name="reader">Stands on the project.</param>
    /// <param name="customer">The customer's id: that of its default project is the same object.</param>
    /// <param name="keys">What projects share.</param>
    public static ProjectUsage Read(ref ByteReader reader, string customer, SharedKeys keys)
    {
        string id = reader.Text();
        if (id == customer)
            id = customer;
        string plan = string.Intern(reader.Text());
        var project = new ProjectUsage(id, plan, reader.Count());
        if (reader.Bool())
        {
            project.NextPlan = string.Intern(reader.Text());
            project.NextPlanVersion = reader.Count();
        }

        int periods = reader.CountOf(1);
        project.periods = periods == 0 ? [] : new BillingPeriod[periods];
        for (int i = 0; i < periods; i++)
            project.periods[i] = BillingPeriod.Read(ref reader, keys);
        if (periods == 0)
            throw new CorruptDataException($"Project {id} has no billing period.");
        int counters = reader.CountOf(LimitCounter.BytesMin);
        project.counters = counters == 0 ? [] : new LimitCounter[counters];
        for (int i = 0; i < counters; i++)
            project.counters[i] = LimitCounter.Read(ref reader);
        project.FindRunning();
        return project;
    }

    /// <summary>Where an event of this time would be counted.</summary>
    private PeriodSegment TargetAt(Instant time) => time >= runningFrom ? running! : PeriodAt(time).Target(time);

    /// <summary>The same, to count it there.</summary>
    private PeriodSegment ChangeAt(Instant time) => time >= runningFrom ? running! : PeriodAt(time).Change(time);

    private void FindRunning()
    {
        runningFrom = Instant.MaxValue;
        if (periods.Length == 0 || Newest.ClosedAt is not null)
            return;
        running = Newest.Segments[^1];
        runningIsWhole = Newest.Segments.Count == 1;
        Instant periodFrom = periods.Length == 1 ? Instant.MinValue : Newest.Period.Start;
        runningFrom = runningIsWhole ? periodFrom : Instant.Max(periodFrom, running.Start);
    }
}
