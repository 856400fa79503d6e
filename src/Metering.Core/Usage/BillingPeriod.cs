using Metering.Core.Binary;
using Metering.Core.Money;
using Metering.Core.Time;

namespace Metering.Core.Usage;

/// <summary>A part of a billing period in which the project was on one plan version.</summary>
public sealed class PeriodSegment
{
    private MeterUsage[] meters = [];

    internal PeriodSegment(Instant start, string plan, int planVersion)
    {
        Start = start;
        Plan = plan;
        PlanVersion = planVersion;
    }

    /// <summary>When it begins; it lasts until the next one, or the period's end.</summary>
    public Instant Start { get; }

    /// <summary>The plan.</summary>
    public string Plan { get; internal set; }

    /// <summary>Its version.</summary>
    public int PlanVersion { get; internal set; }

    /// <summary>What was counted in it, by meter, in order of first use.</summary>
    public IReadOnlyList<MeterUsage> Meters => meters;

    /// <summary>The credits its events burned.</summary>
    public Amount Credits { get; internal set; }

    /// <summary>
    /// Default project: the credits that events of this time, in any of the customer's projects, cost beyond the wallet.
    /// </summary>
    public Amount Overage { get; internal set; }

    /// <summary>What was counted of a meter, or null for nothing.</summary>
    public MeterUsage? Find(string meter)
    {
        foreach (MeterUsage usage in meters)
        {
            if (ReferenceEquals(usage.Meter, meter) || usage.Meter == meter)
                return usage;
        }

        return null;
    }

    internal int Preload(int step)
    {
        MeterUsage[] read = meters;
        if (step == 2)
            return PlanVersion + (int)Credits.Nanos;
        if (step == 3)
            return read.Length;
        int sum = 0;
        foreach (MeterUsage usage in read)
            sum += usage.Preload(step);
        return sum;
    }

    internal void Add(in CountedValue counted, Instant time)
    {
        MeterUsage? usage = Find(counted.Meter);
        if (usage is null)
        {
            usage = new MeterUsage(counted.Meter, counted.Aggregation, counted.DimensionNames);
            meters = [.. meters, usage];
        }

        usage.Add(counted, time);
    }

    /// <summary>A copy in which what adds up is more, for forecasts.</summary>
    internal PeriodSegment Grown(Growth growth) => new(Start, Plan, PlanVersion)
    {
        Credits = growth.Of(Credits),
        Overage = growth.Of(Overage),
        meters = [.. meters.Select(usage => usage.Grown(growth))],
    };

    internal void Write(ByteWriter writer)
    {
        writer.Instant(Start);
        writer.Text(Plan);
        writer.Unsigned((ulong)PlanVersion);
        writer.Amount(Credits);
        writer.Amount(Overage);
        writer.Unsigned((ulong)meters.Length);
        foreach (MeterUsage usage in meters)
            usage.Write(writer);
    }

    internal static PeriodSegment Read(ref ByteReader reader, SharedKeys keys)
    {
        Instant start = reader.Instant();
        string plan = string.Intern(reader.Text());
        var segment = new PeriodSegment(start, plan, reader.Count()) { Credits = reader.Amount(), Overage = reader.Amount() };
        int count = reader.CountOf(MeterUsage.BytesMin);
        segment.meters = count == 0 ? [] : new MeterUsage[count];
        for (int i = 0; i < count; i++)
            segment.meters[i] = MeterUsage.Read(ref reader, keys);
        return segment;
    }
}

/// <summary>
/// What a project used in one billing period. Open until its end and the grace for late events are over;
/// what comes later is kept apart, for an adjustment.
/// </summary>
public sealed class BillingPeriod
{
    private PeriodSegment[] segments = [];
    private PeriodSegment[] late = [];

    internal BillingPeriod(Period period, long openedIn)
    {
        Period = period;
        OpenedIn = openedIn;
    }

    /// <summary>The period.</summary>
    public Period Period { get; }

    /// <summary>The group of the journal in which it began: none before it holds anything of it.</summary>
    public long OpenedIn { get; }

    /// <summary>When it was closed, or null while it is open.</summary>
    public Instant? ClosedAt { get; internal set; }

    /// <summary>Its segments, in order; one unless the plan changed in it. They do not change once the period is closed.</summary>
    public IReadOnlyList<PeriodSegment> Segments => segments;

    /// <summary>Usage that arrived after it was closed, by segment; empty before.</summary>
    public IReadOnlyList<PeriodSegment> Late => late;

    /// <summary>Whether it has its invoice.</summary>
    public bool IsInvoiced { get; internal set; }

    /// <summary>What later invoices have charged, in all, for usage that came after it was closed.</summary>
    public Amount Adjusted { get; internal set; }

    /// <summary>Whether anything came late that no invoice has looked at yet.</summary>
    public bool HasUnadjusted { get; internal set; }

    /// <summary>Whether nothing is still to be charged for it, unless more comes late.</summary>
    public bool IsSettled => ClosedAt is not null && IsInvoiced && !HasUnadjusted;

    /// <summary>The segment of a time; times before the first segment belong to the first.</summary>
    public PeriodSegment SegmentAt(Instant time) => Pick(segments, time);

    internal void Begin(PeriodSegment segment) => segments = [.. segments, segment];

    internal void Close(Instant at)
    {
        ClosedAt = at;
        late = Array.ConvertAll(segments, static segment => new PeriodSegment(segment.Start, segment.Plan, segment.PlanVersion));
    }

    internal PeriodSegment Target(Instant time) => Pick(ClosedAt is null ? segments : late, time);

    /// <summary>The segment that something is added to.</summary>
    internal PeriodSegment Change(Instant time)
    {
        HasUnadjusted |= ClosedAt is not null;
        return Target(time);
    }

    /// <summary>The quantity of a meter in the segment of a time; what came late counts on from what was closed.</summary>
    internal Amount QuantityAt(Instant time, string meter, Catalog.Aggregation aggregation)
    {
        Amount inTime = Pick(segments, time).Find(meter)?.Total.Quantity(aggregation) ?? Amount.Zero;
        if (ClosedAt is null)
            return inTime;
        Amount afterwards = Pick(late, time).Find(meter)?.Total.Quantity(aggregation) ?? Amount.Zero;
        return inTime.TryAdd(afterwards, out Amount both) ? both : Amount.MaxValue;
    }

    /// <summary>Whether the sum of a meter over the whole period, with all that came late, stays within the range of amounts.</summary>
    public bool CanAdd(string meter, Amount value)
    {
        Int128 sum = value.Nanos;
        foreach (PeriodSegment segment in segments)
            sum += segment.Find(meter)?.Total.Sum.Nanos ?? Int128.Zero;
        foreach (PeriodSegment segment in late)
            sum += segment.Find(meter)?.Total.Sum.Nanos ?? Int128.Zero;
        return sum <= Amount.MaxNanos;
    }

    internal void Write(ByteWriter writer)
    {
        writer.Instant(Period.Start);
        writer.Instant(Period.End);
        writer.Unsigned(OpenedIn);
        writer.OptionalInstant(ClosedAt);
        writer.Byte((byte)((IsInvoiced ? 1 : 0) | (HasUnadjusted ? 2 : 0)));
        writer.Amount(Adjusted);
        Write(writer, segments);
        Write(writer, late);
    }

    internal static BillingPeriod Read(ref ByteReader reader, SharedKeys keys)
    {
        Instant start = reader.Instant();
        var period = new BillingPeriod(new Period(start, reader.Instant()), reader.Long()) { ClosedAt = reader.OptionalInstant() };
        byte flags = reader.Byte(0, 3);
        period.IsInvoiced = (flags & 1) != 0;
        period.HasUnadjusted = (flags & 2) != 0;
        period.Adjusted = reader.Amount();
        period.segments = ReadSegments(ref reader, keys);
        period.late = ReadSegments(ref reader, keys);
        if (period.segments.Length == 0 || (period.ClosedAt is null ? 0 : period.segments.Length) != period.late.Length)
            throw new CorruptDataException("A billing period does not have the segments it must have.");
        return period;
    }

    private static void Write(ByteWriter writer, PeriodSegment[] list)
    {
        writer.Unsigned((ulong)list.Length);
        foreach (PeriodSegment segment in list)
            segment.Write(writer);
    }

    private static PeriodSegment[] ReadSegments(ref ByteReader reader, SharedKeys keys)
    {
        int count = reader.CountOf(1);
        PeriodSegment[] list = count == 0 ? [] : new PeriodSegment[count];
        for (int i = 0; i < count; i++)
            list[i] = PeriodSegment.Read(ref reader, keys);
        return list;
    }

    private static PeriodSegment Pick(PeriodSegment[] list, Instant time)
    {
        for (int i = list.Length - 1; i > 0; i--)
        {
            if (list[i].Start <= time)
                return list[i];
        }

        return list[0];
    }
}
