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
/// Of six words: amounts are held as 64-bit nano-units, and beside it where one of them does not fit. A copy is a picture of that moment;
/// its distinct values are shared with the original.
/// </remarks>
public struct Aggregate
{
    private Rare? rare;
    private long sum;
    private long max;
    private long latest;
    private long count;
    private Instant latestTime;

    /// <summary>The sum of the values.</summary>
    public readonly Amount Sum => IsWide ? rare!.Sum : Amount.FromNanos(sum);

    /// <summary>How many events.</summary>
    public readonly long Count => count;

    /// <summary>The largest value; zero before the first.</summary>
    public readonly Amount Max => IsWide ? rare!.Max : Amount.FromNanos(max);

    /// <summary>The value of the newest time; of two at the same time, the one that came later.</summary>
    public readonly Amount Latest => IsWide ? rare!.Latest : Amount.FromNanos(latest);

    /// <summary>The time of <see cref="Latest"/>; <see cref="Instant.MinValue"/> before the first.</summary>
    public readonly Instant LatestTime => count == 0 ? Instant.MinValue : latestTime;

    /// <summary>How many distinct values.</summary>
    public readonly long Unique => Values?.Count ?? 0;

    private readonly bool IsWide => rare is not null && rare.IsWide;

    private readonly HashSet<UInt128>? Values => rare?.Values;

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
        if (!Sum.TryAdd(value, out Amount with))
            return false;
        quantity = aggregation switch
        {
            Aggregation.Sum => with,
            Aggregation.Count => Amount.FromWhole(Count + 1),
            Aggregation.Max => Count == 0 ? value : Amount.Max(Max, value),
            Aggregation.Latest => time >= LatestTime ? value : Latest,
            Aggregation.Unique => Amount.FromWhole(Unique + (Contains(valueHash) ? 0 : 1)),
            Aggregation.Avg => Amount.FromNanos(Rounding.DivideHalfEven(with.Nanos, Count + 1)),
            _ => throw new ArgumentOutOfRangeException(nameof(aggregation), aggregation, "There is no such aggregation."),
        };
        return true;
    }

    /// <summary>Whether the sum with one more value stays within the range of amounts.</summary>
    internal readonly bool CanAdd(Amount value) =>
        // Two numbers of 64 bits are far within it.
        (!IsWide && value.Nanos == (long)value.Nanos) || Sum.TryAdd(value, out _);

    /// <summary>Whether a distinct value was counted.</summary>
    public readonly bool Contains(UInt128 valueHash) => Values is { } values && values.Contains(valueHash);

    /// <summary>Counts one event. A sum that would leave the range of amounts stays at its end.</summary>
    public void Add(Aggregation aggregation, Amount value, UInt128 valueHash, Instant time)
    {
        long nanos = (long)value.Nanos;
        long with = sum + nanos;
        bool isLatest = time >= LatestTime;
        // Two numbers of one sign whose sum has the other are past 64 bits.
        if (nanos == value.Nanos && !IsWide && ((sum ^ with) & (nanos ^ with)) >= 0)
        {
            sum = with;
            max = count == 0 ? nanos : Math.Max(max, nanos);
            if (isLatest)
                latest = nanos;
        }
        else
        {
            // Whoever decides foretells the sum. Only the counter of a limit that the plan no longer has is not asked about before.
            Amount held = Sum.TryAdd(value, out Amount whole) ? whole : Amount.MaxValue;
            Set(held, count == 0 ? value : Amount.Max(Max, value), isLatest ? value : Latest);
        }

        if (isLatest)
            latestTime = time;
        count++;
        if (aggregation == Aggregation.Unique)
            (Values ?? NewValues(0)).Add(valueHash);
    }

    /// <summary>Counts what another aggregate, of later events, has counted. A sum beyond the range of amounts stays at its end.</summary>
    internal void Add(in Aggregate later)
    {
        bool isLater = later.LatestTime >= LatestTime;
        Set(
            Sum.TryAdd(later.Sum, out Amount both) ? both : Amount.MaxValue,
            count == 0 ? later.Max : later.count == 0 ? Max : Amount.Max(Max, later.Max),
            isLater ? later.Latest : Latest);
        if (isLater)
            latestTime = later.LatestTime;
        count += later.count;
        if (later.Values is { } values)
            (Values ?? NewValues(0)).UnionWith(values);
    }

    /// <summary>A copy with more of what adds up; the largest, the latest and the distinct values stay.</summary>
    internal readonly Aggregate Grown(Growth growth)
    {
        Aggregate grown = this;
        grown.Set(growth.Of(Sum), Max, Latest);
        grown.count = growth.Of(count);
        return grown;
    }

    internal readonly void Write(ByteWriter writer)
    {
        writer.Amount(Sum);
        writer.Unsigned(count);
        writer.Amount(Max);
        writer.Amount(Latest);
        writer.Instant(LatestTime);
        writer.Unsigned(Unique);
        foreach (UInt128 value in Values ?? [])
            writer.Fixed128(value);
    }

    internal static Aggregate Read(ref ByteReader reader)
    {
        var aggregate = new Aggregate();
        Amount sum = reader.Amount();
        aggregate.count = reader.Long();
        Amount max = reader.Amount();
        aggregate.Set(sum, max, reader.Amount());
        aggregate.latestTime = reader.Instant();
        int unique = reader.CountOf(16);
        HashSet<UInt128>? values = unique == 0 ? null : aggregate.NewValues(unique);
        for (int i = 0; i < unique; i++)
            values!.Add(reader.Fixed128());
        return aggregate;
    }

    private HashSet<UInt128> NewValues(int capacity)
    {
        var values = new HashSet<UInt128>(capacity);
        rare = IsWide ? new Rare(values, true, rare!.Sum, rare.Max, rare.Latest) : new Rare(values, false, default, default, default);
        return values;
    }

    private void Set(Amount newSum, Amount newMax, Amount newLatest)
    {
        if (IsSmall(newSum) && IsSmall(newMax) && IsSmall(newLatest))
        {
            (sum, max, latest) = ((long)newSum.Nanos, (long)newMax.Nanos, (long)newLatest.Nanos);
            if (IsWide)
                rare = Values is null ? null : new Rare(Values, false, default, default, default);
            return;
        }

        rare = new Rare(Values, true, newSum, newMax, newLatest);
    }

    private static bool IsSmall(Amount amount) => amount.Nanos == (long)amount.Nanos;

    /// <summary>What few meters have. Replaced, never changed but for the distinct values, so that a copy stays what it was.</summary>
    /// <param name="Values">The distinct values of a unique count.</param>
    /// <param name="IsWide">Whether the amounts stand here.</param>
    /// <param name="Sum">Where they do: the sum,</param>
    /// <param name="Max">the largest</param>
    /// <param name="Latest">and the latest.</param>
    private sealed record Rare(HashSet<UInt128>? Values, bool IsWide, Amount Sum, Amount Max, Amount Latest);
}
