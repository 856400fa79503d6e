using Metering.Core.Binary;
using Metering.Core.Money;
using Metering.Core.Time;

namespace Metering.Core.Usage;

/// <summary>A part of a billing period in which the project was on one plan version.</summary>
public sealed class PeriodSegment
{
    private readonly List<MeterUsage> meters = [];

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

    internal void Add(in CountedValue counted, Instant time)
    {
        MeterUsage? usage = Find(counted.Meter);
        if (usage is null)
        {
            usage = new MeterUsage(counted.Meter, counted.Aggregation, counted.DimensionNames);
            meters.Add(usage);
        }

        usage.Add(counted, time);
    }

    internal void Write(ByteWriter writer)
    {
        writer.Instant(Start);
        writer.Text(Plan);
        writer.Unsigned((ulong)PlanVersion);
        writer.Amount(Credits);
        writer.Unsigned((ulong)meters.Count);
        foreach (MeterUsage usage in meters)
            usage.Write(writer);
    }

    internal static PeriodSegment Read(ref ByteReader reader)
    {
        Instant start = reader.Instant();
        string plan = string.Intern(reader.Text());
        var segment = new PeriodSegment(start, plan, reader.Count()) { Credits = reader.Amount() };
        int count = reader.CountOf(1);
        for (int i = 0; i < count; i++)
            segment.meters.Add(MeterUsage.Read(ref reader));
        return segment;
    }
}

/// <summary>
/// What a project used in one billing period. Open until its end and the grace for late events are over;
/// what comes later is kept apart, for an adjustment.
/// </summary>
public sealed class BillingPeriod
{
    private readonly List<PeriodSegment> segments = [];

    internal BillingPeriod(Period period) => Period = period;

    /// <summary>The period.</summary>
    public Period Period { get; }

    /// <summary>When it was closed, or null while it is open.</summary>
    public Instant? ClosedAt { get; internal set; }

    /// <summary>Its segments, in order; one unless the plan changed in it. They do not change once the period is closed.</summary>
    public IReadOnlyList<PeriodSegment> Segments => segments;

    /// <summary>Usage that arrived after it was closed, by segment; empty before.</summary>
    public IReadOnlyList<PeriodSegment> Late => late;

    private readonly List<PeriodSegment> late = [];

    /// <summary>The segment of a time; times before the first segment belong to the first.</summary>
    public PeriodSegment SegmentAt(Instant time) => Pick(segments, time);

    internal void Begin(PeriodSegment segment) => segments.Add(segment);

    internal void Close(Instant at)
    {
        ClosedAt = at;
        foreach (PeriodSegment segment in segments)
            late.Add(new PeriodSegment(segment.Start, segment.Plan, segment.PlanVersion));
    }

    internal PeriodSegment Target(Instant time) => Pick(ClosedAt is null ? segments : late, time);

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
        writer.OptionalInstant(ClosedAt);
        foreach (List<PeriodSegment> list in new[] { segments, late })
        {
            writer.Unsigned((ulong)list.Count);
            foreach (PeriodSegment segment in list)
                segment.Write(writer);
        }
    }

    internal static BillingPeriod Read(ref ByteReader reader)
    {
        Instant start = reader.Instant();
        var period = new BillingPeriod(new Period(start, reader.Instant())) { ClosedAt = reader.OptionalInstant() };
        foreach (List<PeriodSegment> list in new[] { period.segments, period.late })
        {
            int count = reader.CountOf(1);
            for (int i = 0; i < count; i++)
                list.Add(PeriodSegment.Read(ref reader));
        }

        if (period.segments.Count == 0 || (period.ClosedAt is null ? 0 : period.segments.Count) != period.late.Count)
            throw new CorruptDataException("A billing period does not have the segments it must have.");
        return period;
    }

    private static PeriodSegment Pick(List<PeriodSegment> list, Instant time)
    {
        for (int i = list.Count - 1; i > 0; i--)
        {
            if (list[i].Start <= time)
                return list[i];
        }

        return list[0];
    }
}
