using Metering.Core.Catalog;
using Metering.Core.Binary;
using Metering.Core.Time;

namespace Metering.Core.Usage;

/// <summary>
/// Counts a meter in one period, by arrival, for limits and their alerts. It belongs to the meter and the kind of period, not to a plan: a plan that changes
/// in mid-period finds what was used.
/// </summary>
public sealed class LimitCounter
{
    internal LimitCounter(string meter, Aggregation aggregation, PeriodKind kind, Period period)
    {
        Meter = meter;
        Aggregation = aggregation;
        Kind = kind;
        Period = period;
    }

    /// <summary>The meter.</summary>
    public string Meter { get; }

    /// <summary>How it makes a quantity.</summary>
    public Aggregation Aggregation { get; }

    /// <summary>The kind of period.</summary>
    public PeriodKind Kind { get; }

    /// <summary>The period it counts. Once that is over it stands for nothing until a new one is opened.</summary>
    public Period Period { get; private set; }

    /// <summary>What was counted in it.</summary>
    public Aggregate Used { get; private set; } = new();

    /// <summary>The highest threshold an alert was raised for in this period, in percent; 0 for none.</summary>
    public int RaisedUpTo { get; internal set; }

    internal void Restart(Period period)
    {
        Period = period;
        Used = new Aggregate();
        RaisedUpTo = 0;
    }

    internal void Write(ByteWriter writer)
    {
        writer.Text(Meter);
        writer.Byte((byte)Aggregation);
        writer.Byte((byte)Kind);
        writer.Instant(Period.Start);
        writer.Instant(Period.End);
        writer.Unsigned((ulong)RaisedUpTo);
        Used.Write(writer);
    }

    internal static LimitCounter Read(ref ByteReader reader)
    {
        string meter = string.Intern(reader.Text());
        var aggregation = (Aggregation)reader.Byte();
        var kind = (PeriodKind)reader.Byte();
        Instant start = reader.Instant();
        Instant end = reader.Instant();
        return new LimitCounter(meter, aggregation, kind, new Period(start, end))
        {
            RaisedUpTo = reader.Count(), Used = Aggregate.Read(ref reader),
        };
    }
}
