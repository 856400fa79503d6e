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

/// <summary>Where an encoded raw event stands, and the number of its project.</summary>
internal readonly record struct EventRow(int Project, int Start, int Length);

/// <summary>
/// The rows that some groups of the journal make. A pure function of the groups, the plans before them and the retention bound: the
/// projector and a rebuild both write what this holds, so they write the same.
/// </summary>
internal sealed partial class ProjectionBatch
{
    private const int LargeBytes = 8 << 20;
    private const int LargeRows = 50_000;

    private readonly GroupReader reader = new() { ReadsBurnsAsFigures = true };
    private readonly EventData data = new();
    private readonly EventTypes types = new();
    private readonly ByteWriter combination = new();
    private Instant latestDay = Instant.MinValue;

    public CopyBuffer EventBytes { get; } = new();

    public List<EventRow> Events { get; } = [];

    /// <summary>The projects with events, by the numbers that <see cref="Events"/> and <see cref="Hours"/> have.</summary>
    public List<UsageProject> Projects { get; } = [];

    public HourTable Hours { get; } = new();

    /// <summary>For writing: kept with the batch, as their arrays are filled again.</summary>
    public HourColumns HourColumns { get; } = new();

    public HourChangeRows HourChanges { get; } = new();

    public RowOrder Order { get; } = new();

    public ReadOnlySpan<byte> ProjectOfEvent(int row) => Projects[Events[row].Project].Project;

    public (int Start, int Length) PlaceOfEvent(int row) => (Events[row].Start, Events[row].Length);

    /// <summary>The first column, behind the number of columns.</summary>
    public ReadOnlySpan<byte> CustomerOfLedgerRow(int row) => Ledger.TextAt(LedgerRows[row] + 2);

    public (int Start, int Length) PlaceOfLedgerRow(int row) =>
        (LedgerRows[row], (row + 1 < LedgerRows.Count ? LedgerRows[row + 1] : Ledger.Length) - LedgerRows[row]);

    public CopyBuffer Ledger { get; } = new();

    /// <summary>Where each row of the ledger begins.</summary>
    public List<int> LedgerRows { get; } = [];

    public CopyBuffer Alerts { get; } = new();

    public OutboxRows Outbox { get; init; } = new();

    /// <summary>Invoices and credit notes; of everything, or of nothing where only a stretch of time is wanted.</summary>
    public InvoiceRows Invoices { get; } = new();

    /// <summary>Facts with their place: the rank of the entry within its group.</summary>
    public List<(PartitionFact Fact, int Ordinal)> Facts { get; } = [];

    /// <summary>UTC days of the raw events, as the start of each.</summary>
    public HashSet<Instant> Days { get; } = [];

    /// <summary>Events counted, wanted or not.</summary>
    public long EventCount { get; private set; }

    /// <summary>Whether it is time to write it: a day without wanted events still makes hours, ledger entries and alerts.</summary>
    public bool IsLarge =>
        EventBytes.Length + Ledger.Length + Alerts.Length > LargeBytes || Hours.Count > LargeRows
        || Facts.Count > LargeRows || Outbox.Count > LargeRows || Invoices.Count > LargeRows / 10;

    public void Clear()
    {
        EventBytes.Clear();
        Events.Clear();
        Hours.Clear();
        Ledger.Clear();
        LedgerRows.Clear();
        Alerts.Clear();
        Facts.Clear();
        Outbox.Clear();
        Invoices.Clear();
        Days.Clear();
        Projects.Clear();
        types.Trim();
        latestDay = Instant.MinValue;
        EventCount = 0;
    }

    /// <summary>The projects that a group names in entries for which its plan has to be known, and whose plan is not.</summary>
    public void ListUnknown(in JournalGroup group, ProjectPlans plans, ICollection<PlannedProject> unknown)
    {
        reader.Open(group.Sequence, group.Buffer, group.Start, group.Length);
        while (reader.Read())
        {
            if (reader.Kind is EntryKind.Event or EntryKind.PlanChanged or EntryKind.PeriodOpened
                && plans.Named(reader.CustomerIdUtf8, reader.ProjectIdUtf8) is { Plan: null } project)
                unknown.Add(project);
        }
    }

    /// <summary>Adds the rows of a group.</summary>
    /// <param name="group">The group.</param>
    /// <param name="plans">The plans before the group; afterwards, those after it.</param>
    /// <param name="wanted">Which rows.</param>
    /// <param name="droppedBefore">Raw events before this are not kept.</param>
    /// <exception cref="PoisonGroupException">It cannot be projected; where a plan is not known, because of an
    /// <see cref="UnknownProjectException"/>. Some of its rows have been added.</exception>
    public void Add(in JournalGroup group, ProjectPlans plans, TimeRange wanted, Instant droppedBefore)
    {
        var entry = -1;
        try
        {
            reader.Open(group.Sequence, group.Buffer, group.Start, group.Length);
            for (entry = 0; reader.Read(); entry++)
            {
                AddEntry(group.Partition, group.Sequence, entry, plans, wanted, droppedBefore);
                Outbox.Add(reader, group.Partition, entry);
                if (wanted == TimeRange.Everything)
                    Invoices.Add(reader, group.Partition);
            }
        }
        catch (Exception e)
        {
            throw new PoisonGroupException(group.Partition, group.Sequence, entry, e);
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
                SetPlan(partition, plans, entry, new ProjectPlan(reader.Plan, reader.PlanVersion, null, 0));
                break;
            case EntryKind.PlanChanged when reader.When == PlanChangeTime.Now:
                SetPlan(partition, plans, entry, new ProjectPlan(reader.Plan, reader.PlanVersion, null, 0));
                break;
            case EntryKind.PlanChanged:
                var current = plans.Of(reader.ProjectIdUtf8);
                plans.Set(current, current.Plan!.Value with { NextPlan = reader.Plan, NextVersion = reader.PlanVersion });
                break;
            case EntryKind.PeriodOpened when plans.Of(reader.ProjectIdUtf8).Plan is { NextPlan: not null } plan:
                SetPlan(partition, plans, entry, plan.Turned());
                break;
        }
    }

    private void SetPlan(int partition, ProjectPlans plans, int entry, ProjectPlan plan)
    {
        plans.Set(plans.Named(reader.CustomerIdUtf8, reader.ProjectIdUtf8), plan);
        Facts.Add((new PartitionFact(
            reader.CustomerId, reader.ProjectId, plan.Plan, plan.Version, null, partition, reader.Sequence), entry));
    }

    private void AddEvent(int partition, ProjectPlans plans, TimeRange wanted, Instant droppedBefore)
    {
        EventCount++;
        var project = plans.Of(reader.ProjectIdUtf8);
        var type = types.Of(reader.Shape);
        project.Join(Projects);
        if (wanted.Contains(reader.Time) && reader.Time >= droppedBefore)
            AddEventRow(partition, project, type);

        var start = Hour(reader.Time, reader.HourAlignment);
        if (!wanted.Contains(start))
            return;
        var credits = reader.Credits;
        var meters = reader.Shape.Meters;
        for (var i = 0; i < meters.Length; i++)
        {
            if ((reader.Counted >> i & 1) == 0)
                continue;
            var counted = meters[i].Count(reader.Values, reader.Body, (reader.Folded >> i & 1) != 0, combination);
            Hours.Row(project, types.Of(type, i, counted), start)
                .Add(counted.Value, credits, reader.Time, reader.Sequence, reader.Ordinal);
            // The credits of an event are shown once, with the first meter that counted it.
            credits = Amount.Zero;
        }
    }

    private void AddEventRow(int partition, PlannedProject project, EventType type)
    {
        var plan = project.Plan!.Value;
        var start = EventBytes.Length;
        EventBytes.Row(14);
        EventBytes.Time(reader.Time);
        EventBytes.Time(reader.At);
        EventBytes.Long(reader.Sequence);
        EventBytes.Int(partition);
        EventBytes.Int(reader.Ordinal);
        EventBytes.Int(plan.Version);
        EventBytes.Text(project.Project);
        EventBytes.Text(project.Customer);
        EventBytes.Text(reader.Source);
        EventBytes.Text(reader.Id);
        EventBytes.Text(type.Type);
        EventBytes.Text(plan.Plan);
        EventBytes.Numeric(reader.Credits);
        EventBytes.Text(data.Write(type.Names, reader.Values, reader.Body));
        Events.Add(new EventRow(project.Number, start, EventBytes.Length - start));
        var day = Day(reader.Time);
        if (day == latestDay)
            return;
        latestDay = day;
        Days.Add(day);
    }

    private void AddLedger(int partition)
    {
        var stamp = reader.Stamp;
        LedgerRows.Add(Ledger.Length);
        Ledger.Row(10);
        Ledger.Text(reader.CustomerIdUtf8);
        Ledger.Long(stamp.Number);
        Ledger.Int(partition);
        Ledger.Long(reader.Sequence);
        if (reader.Wallet is { } change)
        {
            var type = change.Ledger ?? throw new InvalidDataException(
                $"Group {reader.Sequence} numbers a wallet event that makes no ledger entry.");
            Ledger.Text(LedgerEntryTypes.Name(type));
            Ledger.Numeric(change.LedgerAmount);
        }
        else
        {
            Ledger.Text("BURN"u8);
            Ledger.Numeric(reader.Burn.Total);
        }

        Ledger.Numeric(stamp.Before);
        Ledger.Numeric(stamp.After);
        if (reader.Wallet is null && reader.Burn is { Events: 1, Overage.IsZero: true })
            Ledger.Text("1 event"u8);
        else
            Ledger.Text(reader.Wallet?.Description ?? reader.Burn.Description);
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
