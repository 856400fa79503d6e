using Metering.Core.Catalog;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Core.Usage;

namespace Metering.Core.Tests.Usage;

public sealed class AggregateTests
{
    private static readonly Instant T = Instant.UnixEpoch;

    [Theory]
    [InlineData(Aggregation.Sum, "11")]
    [InlineData(Aggregation.Count, "4")]
    [InlineData(Aggregation.Max, "5")]
    [InlineData(Aggregation.Latest, "2")]
    [InlineData(Aggregation.Unique, "3")]
    [InlineData(Aggregation.Avg, "2.75")]
    public void Quantity_by_aggregation_is_what_was_foretold(Aggregation aggregation, string expected)
    {
        var aggregate = new Aggregate();
        (int Value, int Seconds, int Hash)[] events = [(3, 5, 1), (5, 1, 2), (1, 9, 1), (2, 9, 3)];
        foreach ((int value, int seconds, int hash) in events)
        {
            Instant time = T + TimeSpan.FromSeconds(seconds);
            Assert.True(aggregate.TryQuantityWith(aggregation, Amount.FromWhole(value), (UInt128)hash, time, out Amount foretold));
            aggregate.Add(aggregation, Amount.FromWhole(value), (UInt128)hash, time);
            Assert.Equal(foretold, aggregate.Quantity(aggregation));
        }

        Assert.Equal(expected, aggregate.Quantity(aggregation).ToString());
    }

    [Fact]
    public void Sum_out_of_range_is_foretold_and_nothing_is_counted()
    {
        var aggregate = new Aggregate();
        aggregate.Add(Aggregation.Sum, Amount.MaxValue, 0, T);
        Assert.False(aggregate.TryQuantityWith(Aggregation.Sum, Amount.FromNanos(1), 0, T, out _));
        Assert.Equal((Amount.MaxValue, 1L), (aggregate.Sum, aggregate.Count));
    }

    [Fact]
    public void Amounts_on_both_sides_of_64_bits_are_counted_exactly()
    {
        Amount edge = Amount.FromNanos(long.MaxValue);
        Amount past = Amount.FromNanos((Int128)long.MaxValue + 1);
        Amount[] values =
        [
            Amount.One, edge, edge, -past, -past, -edge, past, Amount.FromNanos(-7), -past, Amount.FromWhole(1L << 55), Amount.Zero,
            -Amount.FromWhole(1L << 55), -Amount.One, Amount.One,
        ];
        var aggregate = new Aggregate();
        var (sum, max, latest) = (Amount.Zero, values[0], Amount.Zero);
        Instant latestTime = Instant.MinValue;
        for (int i = 0; i < values.Length; i++)
        {
            Instant time = T + TimeSpan.FromSeconds(i * 5 % 7);
            Aggregate before = aggregate;
            Amount sumBefore = sum;
            aggregate.Add(Aggregation.Unique, values[i], (UInt128)(i / 2), time);
            sum += values[i];
            max = Amount.Max(max, values[i]);
            (latest, latestTime) = time >= latestTime ? (values[i], time) : (latest, latestTime);
            Assert.Equal((sum, max, latest), (aggregate.Sum, aggregate.Max, aggregate.Latest));
            Assert.Equal((i + 1L, latestTime, i / 2 + 1L), (aggregate.Count, aggregate.LatestTime, aggregate.Unique));
            // A copy stays what it was.
            Assert.Equal((sumBefore, (long)i), (before.Sum, before.Count));
        }
    }

    [Fact]
    public void Average_is_rounded_half_to_even_and_zero_of_nothing()
    {
        var aggregate = new Aggregate();
        Assert.True(aggregate.Quantity(Aggregation.Avg).IsZero);
        aggregate.Add(Aggregation.Avg, Amount.FromNanos(1), 0, T);
        aggregate.Add(Aggregation.Avg, Amount.FromNanos(2), 0, T);
        Assert.Equal("0.000000002", aggregate.Quantity(Aggregation.Avg).ToString());
    }

    [Theory]
    [InlineData(849, 0)]
    [InlineData(850, 85)]
    [InlineData(851, 85)]
    public void Thresholds_are_reached_exactly(int used, int reached) => Assert.Equal(
        reached > 0, AlertText.Reaches(Amount.FromWhole(used), Amount.FromWhole(1000), 85));
}
