using System.Text;
using Metering.Core.Binary;
using Metering.Core.Catalog;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Core.Usage;
using Metering.Core.Wallets;
using Metering.Grid.Billing;
using Metering.Grid.Directory;

namespace Metering.Grid.Partitions;

/// <summary>A customer in its partition: status, wallet, projects.</summary>
internal sealed class CustomerState
{
    private ProjectUsage[] projects = [];
    private Period day;
    private long alignedHour = long.MinValue;
    private int hourAlignment;

    public CustomerState(string id, byte[] idUtf8, CustomerStatus status, string timeZone)
    {
        Id = id;
        IdUtf8 = idUtf8;
        Status = status;
        TimeZone = timeZone;
        Zone = TimeZones.TryFind(timeZone, out TimeZoneInfo? zone)
            ? zone
            : throw new CorruptDataException($"This machine does not know the time zone {timeZone}.");
        Bucket = Placement.BucketOf(IdUtf8);
    }

    public string Id { get; }

    public byte[] IdUtf8 { get; }

    public string TimeZone { get; }

    public TimeZoneInfo Zone { get; }

    /// <summary>The day of the month on which its billing periods begin, 1 to 31.</summary>
    public int AnchorDay { get; set; } = 1;

    public int Bucket { get; }

    /// <summary>The partition in whose memory it is, or null: then nothing may be decided with it.</summary>
    public PartitionState? Owner { get; private set; }

    /// <summary>The bucket it is in, while it is in memory.</summary>
    public Bucket? Home { get; private set; }

    /// <summary>The directory's entry that leads here.</summary>
    public CustomerEntry? Entry { get; private set; }

    public CustomerStatus Status { get; set; }

    public Wallet Wallet { get; private init; } = new();

    public IReadOnlyList<ProjectUsage> Projects => projects;

    /// <summary>The project that has the customer's id, once it was opened.</summary>
    public ProjectUsage? DefaultProject { get; private set; }

    /// <summary>Its invoices and coupons; null as long as it has none.</summary>
    public CustomerBilling? Billing { get; set; }

    /// <summary>When the next invoice can be issued, as last computed: not journaled by itself, because it needs the directory.</summary>
    public Instant IssueDue { get; set; } = Instant.MaxValue;

    /// <summary>After an invoice could not be issued: the next try is not before this. Not a part of the state.</summary>
    public Instant IssueNotBefore { get; set; } = Instant.UnixEpoch;

    /// <summary>How long the next wait after a failed try is. Not a part of the state.</summary>
    public TimeSpan IssueBackOff { get; set; }

    /// <summary>When anything of it is next due, as last computed.</summary>
    public Instant NextDue { get; set; } = Instant.MaxValue;

    /// <summary>What the request being decided has burned from the wallet so far and has not applied yet.</summary>
    public Amount PendingDrawn { get; set; }

    /// <summary>What it has burned beyond the wallet.</summary>
    public Amount PendingOverage { get; set; }

    /// <summary>How many of its events burned anything.</summary>
    public int PendingEvents { get; set; }

    /// <summary>Its first event in the request being decided, as a place in the slice.</summary>
    public int FirstTouch { get; set; }

    /// <summary>Its last one so far; -1 while no request touches it.</summary>
    public int LastTouch { get; set; } = -1;

    /// <summary>Whether its due times may have changed.</summary>
    public bool DueChanged { get; set; }

    /// <summary>Available, less what the request being decided has taken already.</summary>
    public Amount Spendable => Wallet.Available - PendingDrawn;

    public ProjectUsage? Find(string project)
    {
        foreach (ProjectUsage usage in projects)
        {
            if (ReferenceEquals(usage.Id, project) || usage.Id == project)
                return usage;
        }

        return null;
    }

    /// <summary>The project of an entry of this customer, or null.</summary>
    public ProjectUsage? Find(ProjectEntry entry) => entry.IsDefault ? DefaultProject : Find(entry.Id);

    public void Add(ProjectUsage project)
    {
        projects = [.. projects, project];
        if (project.Id == Id)
            DefaultProject = project;
    }

    /// <summary>Comes into a partition's memory.</summary>
    public void Enter(PartitionState owner, Bucket home) => (Owner, Home) = (owner, home);

    /// <summary>Lets an entry of the directory lead here.</summary>
    public void Attach(CustomerEntry entry)
    {
        Detach();
        Entry = entry;
        entry.State = this;
    }

    /// <summary>Leaves memory: no entry may keep it there.</summary>
    public void Leave()
    {
        Owner = null;
        Home = null;
        Detach();
    }

    /// <summary>
    /// Reads what a decision will read, one step along its references: whoever does so for many customers, step by step, waits for their
    /// memory once and not for each in turn. Without the lock: what is read may be out of date, and decides nothing.
    /// </summary>
    public int Preload(int step) => step == 0
        ? Bucket + (int)PendingOverage.Nanos
        : Wallet.Preload(step) + (Home?.ChangedAt > 0 ? 1 : 0) + (DefaultProject?.Preload(step) ?? 0);

    /// <summary>The start of the customer's day.</summary>
    public Instant DayStart(Instant at)
    {
        if (!day.Contains(at))
            day = Calendar.DayOf(at, Zone);
        return day.Start;
    }

    /// <summary>The billing period of a plan around an instant.</summary>
    public Period BillingPeriodOf(Instant at, Plan plan) =>
        Calendar.BillingPeriodOf(at, Zone, BillingAnchor.Of(plan.Interval, AnchorDay));

    /// <summary>Minutes by which the customer's hours begin later than those of UTC.</summary>
    public int HourAlignment(Instant at)
    {
        long hour = at.UnixMicroseconds / (3600 * Instant.MicrosecondsPerSecond);
        if (hour != alignedHour)
        {
            alignedHour = hour;
            hourAlignment = Calendar.HourAlignment(at, Zone);
        }

        return hourAlignment;
    }

    private Instant ComputeNextDue(TimeSpan grace)
    {
        Instant due = Wallet.NextDue;
        foreach (ProjectUsage project in projects)
            due = Instant.Min(due, project.NextDue(grace));
        return Billing is null ? due : Instant.Min(due, Billing.NextDue);
    }

    /// <summary>The oldest closed period without an invoice, of the project that comes first; null for none.</summary>
    public (ProjectUsage Project, BillingPeriod Period)? NextToIssue()
    {
        (ProjectUsage Project, BillingPeriod Period)? next = null;
        foreach (ProjectUsage project in projects)
        {
            foreach (BillingPeriod period in project.Periods)
            {
                if (period.ClosedAt is not null && !period.IsInvoiced
                    && (next is not { } first || period.Period.Start < first.Period.Period.Start))
                    next = (project, period);
            }
        }

        return next;
    }

    public void ComputeDue(TimeSpan grace)
    {
        NextDue = ComputeNextDue(grace);
        IssueDue = NextToIssue() is null ? Instant.MaxValue : IssueNotBefore;
    }

    public void Write(ByteWriter writer)
    {
        writer.Text(Id);
        writer.Byte((byte)Status);
        writer.Text(TimeZone);
        writer.Byte((byte)AnchorDay);
        Wallet.Write(writer);
        writer.Unsigned((ulong)projects.Length);
        foreach (ProjectUsage project in projects)
            project.Write(writer);
        writer.Bool(Billing is not null);
        Billing?.Write(writer);
    }

    /// <param name="reader">Stands on the customer.</param>
    /// <param name="version">That of the checkpoint: anchor days and low balances came with version 3.</param>
    /// <param name="keys">What customers share.</param>
    public static CustomerState Read(ref ByteReader reader, int version, SharedKeys keys)
    {
        string id = reader.Text();
        var status = (CustomerStatus)reader.Byte();
        var customer = new CustomerState(id, Encoding.UTF8.GetBytes(id), status, string.Intern(reader.Text()))
        {
            AnchorDay = version < 3 ? 1 : reader.Byte(1, 31),
            Wallet = Wallet.Read(ref reader, hasLowBalance: version >= 3),
        };
        for (int count = reader.Count(); count > 0; count--)
            customer.Add(ProjectUsage.Read(ref reader, id, keys));
        customer.Billing = reader.Bool() ? CustomerBilling.Read(ref reader) : null;
        return customer;
    }

    private void Detach()
    {
        if (Entry?.State == this)
            Entry.State = null;
        Entry = null;
    }
}
