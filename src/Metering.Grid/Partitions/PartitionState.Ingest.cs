using Metering.Core.Catalog;
using Metering.Core.Money;
using Metering.Core.Rating;
using Metering.Core.Time;
using Metering.Core.Usage;
using Metering.Core.Wallets;
using Metering.Grid.Dedup;
using Metering.Grid.Directory;
using Metering.Grid.Ingest;
using Metering.Grid.Journal;

namespace Metering.Grid.Partitions;

/// <content>The decision about events: the order of checks is the contract.</content>
public sealed partial class PartitionState
{
    private readonly List<CustomerState> touched = [];
    private readonly List<GrantDraw> draws = [];
    private readonly EventKeys keys = new();
    private int[] following = new int[16];

    /// <summary>
    /// Decides the events of a slice, those of each customer in order. What is due for a customer comes first, then its events, then the
    /// one burn of its wallet: what is journaled of it stands together.
    /// </summary>
    public void Ingest(in IngestSlice slice, CatalogSnapshot catalog, Instant now, GroupWriter group)
    {
        now = Advance(now);
        Gather(slice, catalog, now, group);
        foreach (CustomerState customer in touched)
        {
            int first = slice.Indexes[customer.FirstTouch];
            for (int at = customer.FirstTouch; at >= 0; at = following[at])
                Ingest(slice, slice.Indexes[at], customer, catalog, now, group);
            ApplyPending(customer, now, group);
            customer.LastTouch = -1;
            Settle(customer);
            slice.Balances[first] = new CustomerBalance(customer.Id, customer.Wallet.Available, customer.Wallet.Held);
        }

        touched.Clear();
    }

    /// <summary>Finds the customers of a slice, in the order of their first events, and chains the events of each.</summary>
    private void Gather(in IngestSlice slice, CatalogSnapshot catalog, Instant now, GroupWriter group)
    {
        ArraySegment<int> indexes = slice.Indexes;
        if (following.Length < indexes.Count)
            following = new int[Math.Max(indexes.Count, following.Length * 2)];
        for (int at = 0; at < indexes.Count; at++)
        {
            CustomerState customer = Open(slice.Batch[indexes[at]].Project!.Customer, catalog, now, group);
            following[at] = -1;
            if (customer.LastTouch >= 0)
            {
                following[customer.LastTouch] = at;
            }
            else
            {
                customer.FirstTouch = at;
                touched.Add(customer);
            }

            customer.LastTouch = at;
        }
    }

    private void Ingest(
        in IngestSlice slice, int index, CustomerState customer, CatalogSnapshot catalog, Instant now, GroupWriter group)
    {
        ref readonly ParsedEvent item = ref slice.Batch[index];
        ref EventResult result = ref slice.Results[index];
        result = default;
        FirstOutcome? known = slice.Known is not null && slice.Known.TryGetValue(index, out FirstOutcome found) ? found : null;
        if (!IsSuspended(customer) && TryFindFirst(item.Identity, known, now, out FirstOutcome first))
        {
            result.Code = EventCode.Duplicate;
            result.Differs = first.Digest != item.Digest;
            result.Credits = first.Credits;
            result.At = first.At;
            return;
        }

        ProjectEntry entry = item.Project!;
        if (!KnowsPlan(customer, entry, catalog))
        {
            result.Code = EventCode.Unavailable;
            return;
        }

        ProjectUsage project = Open(customer, entry, catalog, now, group);
        var decision = new EventDecision();
        WalletContext context = customer.Wallet.AutoTopUp is null ? new(now, default, bounds) : ContextOf(customer, now);
        EventCode code = Decide(customer, project, slice.Batch, item, catalog, now, ref decision);
        if (code == EventCode.Accepted)
            code = Fund(customer, decision.Plan!, decision.Credits, context, group, out decision.Overage);
        decision.IsOverageOwn = !decision.Overage.IsZero && IsOverageOwn(customer, item.Project!, decision.Time, catalog);
        result.Code = code;
        if (code != EventCode.Accepted)
            return;
        result.Credits = decision.Credits;
        result.At = now;
        Count(customer, project, slice.Batch, item, now, decision, group);
        if (customer.Wallet.AutoTopUp is not null)
            TopUp(customer, refused: false, context, group);
    }

    /// <summary>
    /// Whether the catalogue has the project's plan. One that a process has not seen yet comes with its next look at the directory.
    /// </summary>
    private static bool KnowsPlan(CustomerState customer, ProjectEntry entry, CatalogSnapshot catalog) =>
        customer.Find(entry) is { } project
            ? IsCached(project, catalog, out _) || catalog.TryFindPlan(project.Plan, project.PlanVersion, out _)
            : catalog.TryFindPlan(entry.Record.Plan, entry.Record.PlanVersion, out _)
                && (customer.DefaultProject is not null
                    || catalog.TryFindPlan(entry.Customer.Record.Plan, entry.Customer.Record.PlanVersion, out _));

    /// <summary>Everything that can refuse an event but the wallet. Changes nothing.</summary>
    private EventCode Decide(
        CustomerState customer, ProjectUsage project, EventBatch batch, in ParsedEvent item, CatalogSnapshot catalog, Instant now,
        ref EventDecision decision)
    {
        if (IsSuspended(customer))
            return EventCode.CustomerSuspended;
        if (item.Shape is null)
            return EventCode.UnknownMeter;
        decision.Time = item.HasTime ? item.Time : now;
        decision.Plan = PlanOf(project, catalog).Bind(item.Shape);
        decision.Pricing = PricingOf(project, decision, item.Shape, catalog);
        ReadOnlySpan<PropertyValue> values = batch.Values(item);
        bool outOfRange = false;
        var cost = new ExactSum();
        foreach (BoundMeter meter in decision.Pricing.Meters)
        {
            if (!Counts(meter.Meter, values, batch.Text))
                continue;
            decision.Counted |= 1UL << meter.Meter.Index;
            outOfRange |= IsOutOfRange(meter.Meter.Counting, values);
            if (!TryPrice(project, meter, values, batch.Text, decision.Time, outOfRange, ref cost) && !Rules.TakeUnpriced)
                return EventCode.NoPrice;
        }

        if (decision.Time < now - Rules.AcceptedAge)
            return EventCode.TooOld;
        if (decision.Time > now + Rules.AcceptedAhead)
            return EventCode.InFuture;
        foreach (ref readonly PropertyValue value in values)
            outOfRange |= value.OutOfRange;
        if (outOfRange || !cost.TryRound(out decision.Credits) || !CanBurn(customer, decision.Credits))
            return EventCode.OutOfRange;
        return DecideQuantities(project, batch, values, now, ref decision);
    }

    /// <summary>Whether the total ever burned stays within the range of amounts; overage is a part of it.</summary>
    private static bool CanBurn(CustomerState customer, Amount credits) =>
        customer.Wallet.Burned.Nanos + customer.PendingDrawn.Nanos + customer.PendingOverage.Nanos + credits.Nanos <= Amount.MaxNanos;

    /// <summary>Bounds and limits of every meter that counts the event.</summary>
    private EventCode DecideQuantities(
        ProjectUsage project, EventBatch batch, ReadOnlySpan<PropertyValue> values, Instant now, ref EventDecision decision)
    {
        EventCode worst = EventCode.Accepted;
        keys.Encode(decision.Plan!.Shape, decision.Counted, values, batch.Text);
        foreach (BoundMeter meter in decision.Plan!.Meters)
        {
            ulong bit = 1UL << meter.Meter.Index;
            if ((decision.Counted & bit) == 0)
                continue;
            CountingMeter counting = meter.Meter.Counting;
            CountedValue counted = keys.Count(meter.Meter, values, batch.Text, folded: false);
            if (!project.CanAdd(decision.Time, counting.Meter, counted.Value))
                return EventCode.OutOfRange;
            if (project.UsageAt(decision.Time, counting.Meter) is { } usage)
            {
                if (counting.Aggregation == Aggregation.Unique && usage.Total.Unique >= Rules.UniqueValuesMax
                    && !usage.Total.Contains(counted.ValueHash))
                    worst = First(worst, EventCode.TooManyValues);
                if (usage.CombinationCount >= Rules.CombinationsMax && !usage.Has(counted))
                {
                    if (!IsPricedApart(decision.Pricing!.Meters[meter.Meter.Index], values, batch.Text))
                        decision.Folded |= bit;
                    else if (usage.CombinationCount >= Rules.PricedCombinationsMax)
                        worst = First(worst, EventCode.TooManyValues);
                }
            }

            foreach (PlanLimit limit in meter.Limits)
                worst = First(worst, DecideLimit(project, limit, counted, decision.Time, now));
        }

        return worst;
    }

    private static EventCode First(EventCode left, EventCode right) =>
        left == EventCode.Accepted ? right : right == EventCode.Accepted ? left : (EventCode)Math.Min((byte)left, (byte)right);

    private EventCode DecideLimit(ProjectUsage project, PlanLimit limit, in CountedValue counted, Instant time, Instant now)
    {
        LimitCounter? counter = project.FindCounter(counted.Meter, limit.Period);
        Aggregate used = counter is not null && counter.Period.Contains(now) ? counter.Used : default;
        if (!used.TryQuantityWith(counted.Aggregation, counted.Value, counted.ValueHash, time, out Amount quantity))
            return EventCode.OutOfRange;
        if (counted.Aggregation == Aggregation.Unique && used.Unique >= Rules.UniqueValuesMax && !used.Contains(counted.ValueHash))
            return EventCode.TooManyValues;
        return limit.Hard && quantity > limit.Max ? EventCode.LimitExceeded : EventCode.Accepted;
    }

    /// <summary>Takes the price out of the wallet, as far as the plan lets it: what the request has taken is applied at its end.</summary>
    private EventCode Fund(
        CustomerState customer, PlanBinding plan, Amount credits, WalletContext context, GroupWriter group, out Amount overage)
    {
        overage = Amount.Zero;
        if (credits.IsZero)
            return EventCode.Accepted;
        Amount drawn = plan.Plan.WalletMode == WalletMode.Postpaid ? Amount.Zero : Amount.Min(credits, customer.Spendable);
        if (drawn < credits && plan.Plan.WalletMode != WalletMode.Postpaid && TopUp(customer, refused: true, context, group))
            drawn = Amount.Min(credits, customer.Spendable);
        if (drawn < credits && plan.Plan.WalletMode == WalletMode.Prepaid)
            return EventCode.InsufficientCredits;
        overage = credits - drawn;
        customer.PendingDrawn += drawn;
        customer.PendingOverage += overage;
        customer.PendingEvents++;
        return EventCode.Accepted;
    }

    /// <summary>
    /// Asks for a top-up where it is time for one. A refused event may leave nothing but this: the bucket has changed all the same.
    /// </summary>
    private bool TopUp(CustomerState customer, bool refused, WalletContext context, GroupWriter group)
    {
        if (customer.Wallet.AutoTopUp is null)
            return false;
        Begin(customer, context.At, group);
        int entries = group.Entries;
        bool added = WalletDecisions.TopUpIfNeeded(customer.Wallet, customer.PendingDrawn, refused, context, group);
        if (group.Entries != entries)
            Touch(customer, group);
        return added;
    }

    /// <summary>Journals and applies an event that was accepted, with the limit periods it begins and the alerts it raises.</summary>
    private void Count(
        CustomerState customer, ProjectUsage project, EventBatch batch, in ParsedEvent item, Instant now, in EventDecision decision,
        GroupWriter group)
    {
        Begin(customer, now, group);
        OpenLimits(customer, project, now, decision, group);
        int ordinal = group.Event(
            batch, item, item.Project!.IdUtf8, decision.Time, decision.Counted, decision.Folded, decision.Credits, decision.Overage,
            decision.IsOverageOwn);
        ReadOnlySpan<PropertyValue> values = batch.Values(item);
        foreach (BoundMeter meter in decision.Plan!.Meters)
        {
            ulong bit = 1UL << meter.Meter.Index;
            if ((decision.Counted & bit) == 0)
                continue;
            CountedValue counted = keys.Count(meter.Meter, values, batch.Text, (decision.Folded & bit) != 0);
            project.ApplyCounted(counted, decision.Time, now);
        }

        project.ApplyCredits(decision.Credits, decision.Time);
        if (!decision.Overage.IsZero)
            (decision.IsOverageOwn ? project : DefaultOf(customer)).ApplyOverage(decision.Overage, decision.Time);
        Recent.Add(item.Identity, new FirstOutcome(new JournalPosition(group.Sequence, ordinal), item.Digest, now, decision.Credits));
        RaiseAlerts(project, now, decision, group);
        Touch(customer, group);
    }

    private static void OpenLimits(CustomerState customer, ProjectUsage project, Instant now, in EventDecision decision, GroupWriter group)
    {
        foreach (BoundMeter meter in decision.Plan!.Meters)
        {
            if ((decision.Counted & (1UL << meter.Meter.Index)) == 0)
                continue;
            foreach (PlanLimit limit in meter.Limits)
            {
                CountingMeter counting = meter.Meter.Counting;
                if (project.FindCounter(counting.Meter, limit.Period) is { } counter && counter.Period.Contains(now))
                    continue;
                Period period = LimitPeriod(customer, project, limit.Period, now);
                group.LimitOpened(project.Id, counting.Meter, counting.Aggregation, limit.Period, period);
                project.ApplyLimitOpened(counting.Meter, counting.Aggregation, limit.Period, period);
            }
        }
    }

    private static Period LimitPeriod(CustomerState customer, ProjectUsage project, PeriodKind kind, Instant now) =>
        kind == PeriodKind.Billing ? project.Newest.Period : Calendar.PeriodOf(kind, now, customer.Zone);

    private static void RaiseAlerts(ProjectUsage project, Instant now, in EventDecision decision, GroupWriter group)
    {
        foreach (BoundMeter meter in decision.Plan!.Meters)
        {
            if ((decision.Counted & (1UL << meter.Meter.Index)) == 0)
                continue;
            foreach (PlanLimit limit in meter.Limits)
            {
                if (limit.Max is not { } max)
                    continue;
                LimitCounter counter = project.FindCounter(meter.Meter.Counting.Meter, limit.Period)!;
                Amount used = counter.Used.Quantity(counter.Aggregation);
                foreach (int threshold in decision.Plan.Thresholds)
                {
                    if (threshold <= counter.RaisedUpTo(max) || !AlertText.Reaches(used, max, threshold))
                        continue;
                    group.AlertRaised(project.Id, counter.Meter, counter.Kind, counter.Period.Start, threshold, used, max);
                    project.ApplyAlert(counter.Meter, counter.Kind, max, threshold);
                }
            }
        }
    }

    /// <summary>One burn a wallet a request.</summary>
    private void ApplyPending(CustomerState customer, Instant now, GroupWriter group)
    {
        if (customer.PendingEvents == 0)
            return;
        Amount total = customer.PendingDrawn + customer.PendingOverage;
        Instant due = customer.Wallet.NextDue;
        customer.Wallet.PlanDraws(customer.PendingDrawn, draws);
        LedgerStamp stamp = customer.Wallet.ApplyBurn(total, customer.PendingOverage, draws);
        Begin(customer, now, group);
        group.Burned(total, customer.PendingOverage, draws, customer.PendingEvents, stamp);
        customer.PendingDrawn = customer.PendingOverage = Amount.Zero;
        customer.PendingEvents = 0;
        customer.DueChanged |= customer.Wallet.NextDue != due;
        Touch(customer, group);
    }

    private bool TryFindFirst(UInt128 id, FirstOutcome? known, Instant now, out FirstOutcome first)
    {
        if (!Recent.TryFind(id, out first))
        {
            if (known is null)
                return false;
            first = known.Value;
        }

        return first.At > now - Rules.DedupHorizon;
    }
}
