using Metering.Core.Catalog;
using Metering.Core.Binary;
using Metering.Core.Money;
using Metering.Core.Time;

namespace Metering.Core.Usage;

/// <summary>
/// Counts a meter in one period, by arrival, for limits and their alerts. It belongs to the meter and the kind of period, not to a plan: a
/// plan that changes in mid-period finds what was used.
/// </summary>
public sealed class LimitCounter
{
    /// <summary>It never takes fewer bytes in a checkpoint.</summary>
    internal const int BytesMin = 12;

    private (Amount Max, int UpTo)[] raised = [];
    private Aggregate used;

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
    public ref readonly Aggregate Used => ref used;

    /// <summary>
    /// The highest threshold of a maximum for which an alert was raised in this period, in percent; 0 for none. By maximum, because a plan
    /// may have a soft and a hard limit of the same meter, and another plan has limits of its own.
    /// </summary>
    public int RaisedUpTo(Amount max)
    {
        foreach ((Amount each, int upTo) in raised)
        {
            if (each == max)
                return upTo;
        }

        return 0;
    }

    internal void Add(in CountedValue counted, Instant time) => used.Add(counted.Aggregation, counted.Value, counted.ValueHash, time);

    internal void Raise(Amount max, int threshold)
    {
        raised = [.. raised.Where(each => each.Max != max), (max, threshold)];
    }

    internal void Restart(Period period)
    {
        Period = period;
        used = default;
        raised = [];
    }

    internal void Write(ByteWriter writer)
    {
        writer.Text(Meter);
        writer.Byte((byte)Aggregation);
        writer.Byte((byte)Kind);
        writer.Instant(Period.Start);
        writer.Instant(Period.End);
        writer.Unsigned((ulong)raised.Length);
        foreach ((Amount max, int upTo) in raised)
        {
            writer.Amount(max);
            writer.Unsigned((ulong)upTo);
        }

        used.Write(writer);
    }

    internal static LimitCounter Read(ref ByteReader reader)
    {
        string meter = string.Intern(reader.Text());
        var aggregation = (Aggregation)reader.Byte(1, 6);
        var kind = (PeriodKind)reader.Byte(1, 4);
        Instant start = reader.Instant();
        Instant end = reader.Instant();
        var counter = new LimitCounter(meter, aggregation, kind, new Period(start, end));
        int count = reader.CountOf(2);
        counter.raised = count == 0 ? [] : new (Amount Max, int UpTo)[count];
        for (int i = 0; i < count; i++)
            counter.raised[i] = (reader.Amount(), reader.Count());
        counter.used = Aggregate.Read(ref reader);
        return counter;
    }
}
