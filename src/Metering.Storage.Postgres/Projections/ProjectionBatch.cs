using System.Text;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Core.Usage;
using Metering.Core.Wallets;
using Metering.Core.Binary;
using Metering.Grid.Directory;
using Metering.Grid.Journal;
using Metering.Grid.Projects;

namespace Metering.Storage.Postgres.Projections;

/// <summary>Which rows are wanted, by the time of each: of the event, of the hour's start, of the ledger entry, of the alert.</summary>
internal readonly record struct TimeRange(Instant From, Instant To)
{
    public static TimeRange Everything => new(Instant.MinValue, Instant.MaxValue);

    public bool Contains(Instant time) => time >= From && time < To;
}

/// <summary>Where an encoded raw event stands, with what it is sorted by.</summary>
internal readonly record struct EventRow(int Project, Instant Time, int Partition, long Sequence, int Ordinal, int Start, int Length);

/// <summary>
/// The rows that some groups of the journal make. A pure function of the groups, the plans before them and the retention bound: the
/// projector and a rebuild both write what this holds, so they write the same.
/// </summary>
internal sealed partial class ProjectionBatch
{
    private const int LargeBytes = 8 << 20;
    private const int LargeRows = 50_000;

    private readonly GroupReader reader = new();
    private readonly EventData data = new();
    private readonly ByteWriter combination = new();
    private readonly Dictionary<string, int> projectNumbers = new(StringComparer.Ordinal);

    public CopyBuffer EventBytes { get; } = new();

    public List<EventRow> Events { get; } = [];

    public HourTable Hours { get; } = new();

    public CopyBuffer Ledger { get; } = new();

    public CopyBuffer Alerts { get; } = new();

    public OutboxRows Outbox { get; init; } = new();

    /// <summary>Facts with their place: the rank of the entry within its group.</summary>
    public List<(PartitionFact Fact, int Ordinal)> Facts { get; } = [];

    /// <summary>UTC days of the raw events, as the start of each.</summary>
    public HashSet<Instant> Days { get; } = [];

    /// <summary>Events counted, wanted or not.</summary>
    public long EventCount { get; private set; }

    /// <summary>The names of the projects by the numbers that <see cref="Events"/> has.</summary>
    public IReadOnlyDictionary<string, int> ProjectNumbers => projectNumbers;

    /// <summary>Whether it is time to write it: a day without wanted events still makes hours, ledger entries and alerts.</summary>
    public bool IsLarge =>
        EventBytes.Length + Ledger.Length + Alerts.Length > LargeBytes || Hours.Count > LargeRows
        || Facts.Count > LargeRows || Outbox.Count > LargeRows;

    public void Clear()
    {
        EventBytes.Clear();
        Events.Clear();
        Hours.Clear();
        Ledger.Clear();
        Alerts.Clear();
        Facts.Clear();
        Outbox.Clear();
        Days.Clear();
        projectNumbers.Clear();
        EventCount = 0;
    }

    /// <summary>The projects that a group names in entries for which its plan has to be known.</summary>
    public void ListProjects(long sequence, byte[] body, ICollection<string> projects)
    {
        reader.Open(sequence, body);
        while (reader.Read())
        {
            if (reader.Kind is EntryKind.Event or EntryKind.PlanChanged or EntryKind.PeriodOpened)
                projects.Add(reader.ProjectId);
        }
    }

    /// <summary>Adds the rows of a group.</summary>
    /// <param name="partition">Its partition.</param>
    /// <param name="sequence">Its sequence number.</param>
    /// <param name="body">The group.</param>
    /// <param name="plans">The plans before the group; afterwards, those after it.</param>
    /// <param name="wanted">Which rows.</param>
    /// <param name="droppedBefore">Raw events before this are not kept.</param>
    public void Add(int partition, long sequence, byte[] body, ProjectPlans plans, TimeRange wanted, Instant droppedBefore)
    {
        var entry = -1;
        try
        {
            reader.Open(sequence, body);
            for (entry = 0; reader.Read(); entry++)
            {
                AddEntry(partition, sequence, entry, plans, wanted, droppedBefore);
                Outbox.Add(reader, partition, entry);
            }
        }
        catch (Exception e)
        {
            throw new PoisonGroupException(partition, sequence, entry, e);
        }
    }

    private void AddEntry(
        int partition, long sequence, int entry, ProjectPlans plans, TimeRange wanted, Instant droppedBefore)
    {
        switch (reader.Kind)
        {
            case EntryKind.Event:
                AddEvent(partition, plans, wanted, droppedBefore);
                break;
            case EntryKind.Wallet when reader.Stamp.Number > 0 && wanted.Contains(reader.At):
                AddLedger(partition);
                break;
            case EntryKind.AlertRaised when wanted.Contains(reader.At):
                AddAlert(partition, entry);
                break;
            case EntryKind.CustomerOpened or EntryKind.StatusChanged:
                Facts.Add((new PartitionFact(
                    reader.CustomerId, reader.CustomerId, null, 0, reader.Status, partition, sequence), entry));
                break;
            case EntryKind.ProjectOpened:
                plans.Set(reader.ProjectId, new ProjectPlan(reader.Plan, reader.PlanVersion, null, 0));
                AddPlanFact(partition, reader.ProjectId, plans, entry);
                break;
            case EntryKind.PlanChanged when reader.When == PlanChangeTime.Now:
                plans.Set(reader.ProjectId, new ProjectPlan(reader.Plan, reader.PlanVersion, null, 0));
                AddPlanFact(partition, reader.ProjectId, plans, entry);
                break;
            case EntryKind.PlanChanged:
                var current = plans.Of(reader.ProjectId);
                plans.Set(reader.ProjectId, current with { NextPlan = reader.Plan, NextVersion = reader.PlanVersion });
                break;
            case EntryKind.PeriodOpened when plans.Of(reader.ProjectId).NextPlan is not null:
                plans.Set(reader.ProjectId, plans.Of(reader.ProjectId).Turned());
                AddPlanFact(partition, reader.ProjectId, plans, entry);
                break;
        }
    }

    private void AddPlanFact(int partition, string project, ProjectPlans plans, int entry)
    {
        var plan = plans.Of(project);
        Facts.Add((new PartitionFact(reader.CustomerId, project, plan.Plan, plan.Version, null, partition, reader.Sequence), entry));
    }

    private void AddEvent(int partition, ProjectPlans plans, TimeRange wanted, Instant droppedBefore)
    {
        EventCount++;
        var project = reader.ProjectId;
        var shape = reader.Shape;
        if (wanted.Contains(reader.Time) && reader.Time >= droppedBefore)
            AddEventRow(partition, plans.Of(project));

        var start = Hour(reader.Time, reader.HourAlignment);
        if (!wanted.Contains(start))
            return;
        var credits = reader.Credits;
        for (var i = 0; i < shape.Meters.Length; i++)
        {
            if ((reader.Counted >> i & 1) == 0)
                continue;
            var counted = shape.Meters[i].Count(reader.Values, reader.Body, (reader.Folded >> i & 1) != 0, combination);
            Hours.Row(partition, reader.CustomerId, project, start, counted)
                .Add(counted.Value, credits, reader.Time, reader.Sequence, reader.Ordinal);
            // The credits of an event are shown once, with the first meter that counted it.
            credits = Amount.Zero;
        }
    }

    private void AddEventRow(int partition, ProjectPlan plan)
    {
        var shape = reader.Shape;
        var project = reader.ProjectId;
        if (!projectNumbers.TryGetValue(project, out var number))
            projectNumbers.Add(project, number = projectNumbers.Count);
        var start = EventBytes.Length;
        EventBytes.Row(14);
        EventBytes.Time(reader.Time);
        EventBytes.Time(reader.At);
        EventBytes.Long(reader.Sequence);
        EventBytes.Int(partition);
        EventBytes.Int(reader.Ordinal);
        EventBytes.Int(plan.Version);
        EventBytes.Text(project);
        EventBytes.Text(reader.CustomerIdUtf8);
        EventBytes.Text(reader.Source);
        EventBytes.Text(reader.Id);
        EventBytes.Text(shape.Type);
        EventBytes.Text(plan.Plan);
        EventBytes.Numeric(reader.Credits);
        EventBytes.Text(data.Write(shape.Properties, reader.Values, reader.Body));
        Events.Add(new EventRow(number, reader.Time, partition, reader.Sequence, reader.Ordinal, start, EventBytes.Length - start));
        Days.Add(Day(reader.Time));
    }

    private void AddLedger(int partition)
    {
        var stamp = reader.Stamp;
        var change = reader.Wallet!;
        var type = change.Ledger ?? throw new InvalidDataException(
            $"Group {reader.Sequence} numbers a wallet event that makes no ledger entry.");
        Ledger.Row(10);
        Ledger.Text(reader.CustomerIdUtf8);
        Ledger.Long(stamp.Number);
        Ledger.Int(partition);
        Ledger.Long(reader.Sequence);
        Ledger.Text(LedgerEntryTypes.Name(type));
        Ledger.Numeric(change.LedgerAmount);
        Ledger.Numeric(stamp.Before);
        Ledger.Numeric(stamp.After);
        Ledger.Text(change.Description);
        Ledger.Time(reader.At);
    }

    /// <summary>The start of the hour of the customer's time zone: hours begin <paramref name="alignment"/> minutes after those of
    /// UTC.</summary>
    internal static Instant Hour(Instant time, int alignment)
    {
        var shift = alignment * 60 * Instant.MicrosecondsPerSecond;
        return Instant.FromUnixMicroseconds(Floor(time.UnixMicroseconds - shift, 3600 * Instant.MicrosecondsPerSecond) + shift);
    }

    /// <summary>The start of the UTC day.</summary>
    internal static Instant Day(Instant time) =>
        Instant.FromUnixMicroseconds(Floor(time.UnixMicroseconds, 86_400 * Instant.MicrosecondsPerSecond));

    private static long Floor(long value, long unit)
    {
        var rest = value % unit;
        return value - (rest < 0 ? rest + unit : rest);
    }
}
