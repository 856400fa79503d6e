using Metering.Core.Binary;
using Metering.Core.Time;
using Metering.Core.Usage;
using Metering.Grid.Dedup;
using Metering.Grid.Directory;
using Metering.Grid.Ingest;
using Metering.Grid.Journal;
using Metering.Grid.Projects;

namespace Metering.Grid.Partitions;

/// <content>Recovery: applying what was journaled. It reads results only, so no catalogue is needed.</content>
public sealed partial class PartitionState
{
    private readonly GroupReader replayed = new();

    /// <summary>
    /// Applies a committed group during recovery. The buckets it changes
    /// (<see cref="ListBuckets(long, byte[], GroupReader, ICollection{int})"/>) must be loaded; those whose checkpoint already contains the
    /// group are skipped. Every event's identity is added to the recent set.
    /// </summary>
    public void Replay(long sequence, byte[] body)
    {
        replayed.Open(sequence, body);
        CustomerState? customer = null;
        while (replayed.Read())
        {
            Advance(replayed.At);
            int number = Placement.BucketOf(replayed.CustomerIdUtf8);
            if (replayed.Kind == EntryKind.Event)
                Remember(replayed);
            else if (replayed.Kind is EntryKind.InvoiceIssued or EntryKind.CreditNoteIssued)
                Count(replayed);
            Bucket bucket = buckets[number];
            Require(bucket.IsLoaded, number);
            if (bucket.LoadedAt >= sequence)
                continue;
            if (customer is null || customer.Id != replayed.CustomerId)
            {
                if (customer is not null)
                    Settle(customer);
                customer = Find(replayed);
            }

            Apply(customer, replayed);
            Touch(bucket, sequence);
        }

        if (customer is not null)
            Settle(customer);
    }

    /// <summary>The buckets whose customers a group changes.</summary>
    public static void ListBuckets(long sequence, byte[] body, GroupReader reader, ICollection<int> changed)
    {
        reader.Open(sequence, body);
        while (reader.Read())
            changed.Add(Placement.BucketOf(reader.CustomerIdUtf8));
    }

    /// <summary>The outcome of one event of a group, for a duplicate of it.</summary>
    public static FirstOutcome ReadOutcome(long sequence, byte[] body, int ordinal, GroupReader reader)
    {
        reader.Open(sequence, body);
        while (reader.Read())
        {
            if (reader.Kind == EntryKind.Event && reader.Ordinal == ordinal)
                return OutcomeOf(reader);
        }

        throw new CorruptDataException($"Group {sequence} has no event {ordinal}.");
    }

    private static FirstOutcome OutcomeOf(GroupReader reader) =>
        new(new JournalPosition(reader.Sequence, reader.Ordinal), reader.Digest, reader.At, reader.Credits);

    private void Remember(GroupReader reader)
    {
        UInt128 id = identity.Of(reader.CustomerIdUtf8, reader.Source, reader.Id);
        // Also where it is there already: it was taken again past the horizon, and live, too, the newest copy is the one that counts.
        Recent.Add(id, OutcomeOf(reader));
    }

    private CustomerState Find(GroupReader reader)
    {
        if (customers.TryGetValue(reader.CustomerId, out CustomerState? known))
            return known;
        if (reader.Kind != EntryKind.CustomerOpened)
            throw new CorruptDataException($"Group {reader.Sequence} changes a customer that was never opened.");
        var customer = new CustomerState(reader.CustomerId, reader.CustomerIdUtf8.ToArray(), reader.Status, reader.TimeZone);
        Insert(customer);
        return customer;
    }

    private void Apply(CustomerState customer, GroupReader reader)
    {
        switch (reader.Kind)
        {
            case EntryKind.Event:
                ApplyEvent(ProjectOf(customer, reader), reader);
                if (!reader.Overage.IsZero)
                    (reader.IsOverageOwn ? ProjectOf(customer, reader) : DefaultOf(customer)).ApplyOverage(reader.Overage, reader.Time);
                break;
            case EntryKind.Wallet:
                if (customer.Wallet.Apply(reader.Wallet, reader.At) != reader.Stamp)
                    throw new CorruptDataException($"The ledger of {customer.Id} does not chain at group {reader.Sequence}.");
                customer.DueChanged = true;
                break;
            case EntryKind.CustomerOpened:
                break;
            case EntryKind.CustomerAnchored:
                customer.AnchorDay = reader.AnchorDay;
                break;
            case EntryKind.StatusChanged:
                customer.Status = reader.Status;
                break;
            case EntryKind.ProjectOpened:
                customer.Add(new ProjectUsage(reader.ProjectId, reader.Plan, reader.PlanVersion));
                break;
            case EntryKind.PeriodOpened:
                ProjectOf(customer, reader).ApplyPeriodOpened(reader.Period, reader.SegmentStart, reader.Sequence);
                customer.DueChanged = true;
                break;
            case EntryKind.PeriodClosed:
                ProjectOf(customer, reader).ApplyPeriodClosed(reader.Period.Start, reader.At);
                customer.DueChanged = true;
                break;
            case EntryKind.LimitOpened:
                ProjectOf(customer, reader).ApplyLimitOpened(reader.Meter, reader.Aggregation, reader.PeriodKind, reader.Period);
                break;
            case EntryKind.AlertRaised:
                ProjectOf(customer, reader).ApplyAlert(reader.Meter, reader.PeriodKind, reader.Max, reader.Threshold);
                break;
            case EntryKind.PlanChanged when reader.When == PlanChangeTime.Now:
                ProjectOf(customer, reader).ApplyPlanChanged(reader.Plan, reader.PlanVersion, reader.At);
                break;
            case EntryKind.PlanChanged:
                ProjectOf(customer, reader).ApplyPlanScheduled(reader.Plan, reader.PlanVersion);
                break;
            case >= EntryKind.InvoiceIssued and <= EntryKind.InvoicePushed:
                ApplyBilling(customer, reader);
                break;
            default:
                throw new CorruptDataException($"A partition cannot apply a journal entry {reader.Kind}.");
        }
    }

    private void ApplyEvent(ProjectUsage project, GroupReader reader)
    {
        CountingMeter[] meters = reader.Shape.Meters;
        for (int i = 0; i < meters.Length; i++)
        {
            ulong bit = 1UL << i;
            if ((reader.Counted & bit) == 0)
                continue;
            CountedValue counted = meters[i].Count(reader.Values, reader.Body, (reader.Folded & bit) != 0, key);
            project.ApplyCounted(counted, reader.Time, reader.At);
        }

        project.ApplyCredits(reader.Credits, reader.Time);
    }

    private static ProjectUsage ProjectOf(CustomerState customer, GroupReader reader) =>
        customer.Find(reader.ProjectId)
        ?? throw new CorruptDataException($"Group {reader.Sequence} changes a project that was never opened.");
}
