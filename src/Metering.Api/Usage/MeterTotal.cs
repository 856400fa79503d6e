using Metering.Core.Catalog;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Grid.History;

namespace Metering.Api.Usage;

/// <summary>
/// What one meter counted in a stretch of time, over all dimensions: hours of usage added up by the meter's own aggregation. A sum and a
/// count add up, a maximum is the largest of its hours, the latest is the value with the newest time,
/// a mean is the sum of the values by their number.
/// </summary>
internal sealed class MeterTotal(Aggregation aggregation)
{
    private ExactSum sum;
    private long count;
    private Amount max;
    private Amount latest;
    private Instant latestTime;

    /// <summary>How many events.</summary>
    public long Count => count;

    /// <summary>
    /// The quantity; null for a unique count, whose values hours do not hold, for a mean of nothing, and for a total outside of the range
    /// of amounts.
    /// </summary>
    public Amount? Quantity => aggregation switch
    {
        Aggregation.Sum => sum.TryRound(out var total) ? total : null,
        Aggregation.Count => Amount.FromWhole(count),
        Aggregation.Max => max,
        Aggregation.Latest => latest,
        Aggregation.Avg => Mean(),
        _ => null,
    };

    /// <summary>Adds an hour of one combination of dimensions.</summary>
    public void Add(UsageHourRow row)
    {
        max = count == 0 ? row.Max : Amount.Max(max, row.Max);
        if (count == 0 || row.LatestTime >= latestTime)
            (latest, latestTime) = (row.Latest, row.LatestTime);
        sum.Add(row.Sum);
        count += row.Count;
    }

    private Amount? Mean()
    {
        if (count == 0)
            return null;
        ExactSum mean = default;
        return sum.TryRound(out var total) && AddQuotient(ref mean, total) && mean.TryRound(out var result) ? result : null;
    }

    private bool AddQuotient(ref ExactSum mean, Amount total)
    {
        mean.Add(total, Amount.One, Amount.FromWhole(count));
        return true;
    }
}
