using Metering.Core.Money;
using Metering.Core.Time;

namespace Metering.Storage.Postgres.Projections;

/// <summary>
/// What some events change of one row of <c>usage_hourly</c>. Adding, the larger and the newer do not depend on the order of events or on
/// how they were cut into batches. Sums are kept wide: only the row's total has to be an amount.
/// </summary>
internal struct HourRow
{
    public UsageProject Project;
    public Combination Combination;
    public Instant Start;
    public Int128 Sum;
    public long Count;
    public Amount Max;
    public Amount Latest;
    public (Instant Time, long Sequence, int Ordinal) LatestAt;
    public Int128 Credits;

    public void Add(Amount value, Amount credits, Instant time, long sequence, int ordinal) =>
        Add(value.Nanos, 1, value, value, (time, sequence, ordinal), credits.Nanos);

    public void Add(
        Int128 sum, long count, Amount max, Amount latest, (Instant Time, long Sequence, int Ordinal) latestAt, Int128 credits)
    {
        Sum += sum;
        Credits += credits;
        if (Count == 0 || max > Max)
            Max = max;
        if (Count == 0 || IsNewer(latestAt))
            (Latest, LatestAt) = (latest, latestAt);
        Count += count;
    }

    private readonly bool IsNewer((Instant Time, long Sequence, int Ordinal) at)
    {
        if (at.Time != LatestAt.Time)
            return at.Time > LatestAt.Time;
        return at.Sequence != LatestAt.Sequence ? at.Sequence > LatestAt.Sequence : at.Ordinal > LatestAt.Ordinal;
    }

    /// <summary>In the order of the table's primary key but for its digest.</summary>
    public static int Compare(in HourRow left, in HourRow right)
    {
        var order = left.Project == right.Project ? 0 : left.Project.Customer.AsSpan().SequenceCompareTo(right.Project.Customer);
        if (order == 0 && left.Project != right.Project)
            order = left.Project.Project.AsSpan().SequenceCompareTo(right.Project.Project);
        if (order == 0)
            order = left.Start.CompareTo(right.Start);
        if (order == 0 && left.Combination != right.Combination)
            order = string.CompareOrdinal(left.Combination.Meter, right.Combination.Meter);
        return order != 0 || left.Combination == right.Combination
            ? order
            : left.Combination.Dimensions.AsSpan().SequenceCompareTo(right.Combination.Dimensions);
    }
}
