using Metering.Core.Catalog;
using Metering.Core.Binary;
using Metering.Core.Money;
using Metering.Core.Time;

namespace Metering.Core.Usage;

/// <summary>
/// What was counted of one meter, over all its events or over those of one combination of dimensions. The default has counted nothing.
/// </summary>
/// <remarks>
/// A mutable struct, so that it stands inside of whatever counts: with many customers every object of its own is one more wait for memory.
/// A copy is a picture of that moment; its distinct values are shared with the original.
/// </remarks>
public struct Aggregate
{
    private HashSet<UInt128>? values;
    private Instant latestTime;

    /// <summary>The sum of the values.</summary>
    public Amount Sum { readonly get; private set; }

    /// <summary>How many events.</summary>
    public long Count { readonly get; private set; }

    /// <summary>The largest value; zero before the first.</summary>
    public Amount Max { readonly get; private set; }

    /// <summary>The value of the newest time; of two at the same time, the one that came later.</summary>
    public Amount Latest { readonly get; private set; }

    /// <summary>The time of <see cref="Latest"/>; <see cref="Instant.MinValue"/> before the first.</summary>
    public Instant LatestTime
    {
        readonly get => Count == 0 ? Instant.MinValue : latestTime;
        private set => latestTime = value;
    }

    /// <summary>How many distinct values.</summary>
    public readonly long Unique => values?.Count ?? 0;

    /// <summary>The quantity by an aggregation. An average is rounded half to even at the ninth decimal.</summary>
    public readonly Amount Quantity(Aggregation aggregation) => aggregation switch
    {
        Aggregation.Sum => Sum,
        Aggregation.Count => Amount.FromWhole(Count),
        Aggregation.Max => Max,
        Aggregation.Latest => Latest,
        Aggregation.Unique => Amount.FromWhole(Unique),
        Aggregation.Avg => Count == 0 ? Amount.Zero : Amount.FromNanos(Rounding.DivideHalfEven(Sum.Nanos, Count)),
        _ => throw new ArgumentOutOfRangeException(nameof(aggregation), aggregation, "There is no such aggregation."),
    };

    /// <summary>The quantity there would be after one more event.</summary>
    /// <returns>False where the sum would be out of range.</returns>
    public readonly bool TryQuantityWith(Aggregation aggregation, Amount value, UInt128 valueHash, Instant time, out Amount quantity)
    {
        quantity = default;
        if (!Sum.TryAdd(value, out Amount sum))
            return false;
        quantity = aggregation switch
        {
            Aggregation.Sum => sum,
            Aggregation.Count => Amount.FromWhole(Count + 1),
            Aggregation.Max => Count == 0 ? value : Amount.Max(Max, value),
            Aggregation.Latest => time >= LatestTime ? value : Latest,
            Aggregation.Unique => Amount.FromWhole(Unique + (Contains(valueHash) ? 0 : 1)),
            Aggregation.Avg => Amount.FromNanos(Rounding.DivideHalfEven(sum.Nanos, Count + 1)),
            _ => throw new ArgumentOutOfRangeException(nameof(aggregation), aggregation, "There is no such aggregation."),
        };
        return true;
    }

    /// <summary>Whether a distinct value was counted.</summary>
    public readonly bool Contains(UInt128 valueHash) => values is not null && values.Contains(valueHash);

    /// <summary>Counts one event.</summary>
    public void Add(Aggregation aggregation, Amount value, UInt128 valueHash, Instant time)
    {
        Sum += value;
        Max = Count == 0 ? value : Amount.Max(Max, value);
        if (time >= LatestTime)
        {
            Latest = value;
            LatestTime = time;
        }

        Count++;

        if (aggregation == Aggregation.Unique)
            (values ??= []).Add(valueHash);
    }

    /// <summary>Counts what another aggregate, of later events, has counted. A sum beyond the range of amounts stays at its end.</summary>
    internal void Add(in Aggregate later)
    {
        Sum = Sum.TryAdd(later.Sum, out Amount sum) ? sum : Amount.MaxValue;
        Max = Count == 0 ? later.Max : later.Count == 0 ? Max : Amount.Max(Max, later.Max);
        if (later.LatestTime >= LatestTime)
            (Latest, LatestTime) = (later.Latest, later.LatestTime);
        Count += later.Count;
        if (later.values is not null)
            (values ??= []).UnionWith(later.values);
    }

    /// <summary>A copy with more of what adds up; the largest, the latest and the distinct values stay.</summary>
    internal readonly Aggregate Grown(Growth growth) => this with { Sum = growth.Of(Sum), Count = growth.Of(Count) };

    internal readonly void Write(ByteWriter writer)
    {
        writer.Amount(Sum);
        writer.Unsigned(Count);
        writer.Amount(Max);
        writer.Amount(Latest);
        writer.Instant(LatestTime);
        writer.Unsigned(Unique);
        foreach (UInt128 value in values ?? [])
            writer.Fixed128(value);
    }

    internal static Aggregate Read(ref ByteReader reader)
    {
        var aggregate = new Aggregate
        {
            Sum = reader.Amount(), Count = reader.Long(), Max = reader.Amount(), Latest = reader.Amount(), LatestTime = reader.Instant(),
        };
        int unique = reader.CountOf(16);
        if (unique > 0)
            aggregate.values = new HashSet<UInt128>(unique);
        for (int i = 0; i < unique; i++)
            aggregate.values!.Add(reader.Fixed128());
        return aggregate;
    }
}
