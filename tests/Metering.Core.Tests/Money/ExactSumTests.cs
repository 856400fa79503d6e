using System.Numerics;
using FsCheck;
using FsCheck.Fluent;
using Metering.Core.Money;

namespace Metering.Core.Tests.Money;

public sealed class ExactSumTests
{
    private static readonly Gen<Part> Parts =
        from quantity in Gen.OneOf(AmountArbitrary.Any, AmountArbitrary.Everyday)
        from price in Gen.OneOf(AmountArbitrary.Any, AmountArbitrary.Everyday)
        from per in Gen.OneOf(
            Gen.Constant(Amount.One), Gen.Constant(Amount.FromWhole(1000)), Gen.Constant(Amount.FromWhole(3)),
            AmountArbitrary.EverydayPositive)
        select new Part(quantity, price, per);

    [Fact]
    public void Fractions_of_a_price_add_up_to_the_price()
    {
        var sum = new ExactSum();
        foreach (var numerator in new[] { 1, 2, 4 })
            sum.Add(Amount.Parse("10"), Amount.Parse("0.1"), Amount.Parse("3"), numerator, 7);
        sum.Add(Amount.One, Amount.One, Amount.Parse("3"), -1, 1);
        Assert.True(sum.IsZero);
        Assert.Throws<ArgumentOutOfRangeException>(() => new ExactSum().Add(Amount.One, Amount.One, Amount.One, 1, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ExactSum().Add(Amount.One, Amount.One, Amount.Zero, 1, 1));
    }

    [Fact]
    public void A_thousand_tokens_in_and_500_out_at_a_hundredth_cost_15()
    {
        var sum = new ExactSum();
        sum.Add(Amount.FromWhole(1000), Amount.Parse("0.01"));
        sum.Add(Amount.FromWhole(500), Amount.Parse("0.01"));
        Assert.True(sum.TryRound(out var credits));
        Assert.Equal("15", credits.ToString());
    }

    [Fact]
    public void Three_thirds_are_one_whole()
    {
        var sum = new ExactSum();
        for (var i = 0; i < 3; i++)
            sum.Add(Amount.One, Amount.One, Amount.FromWhole(3));
        sum.TryRound(out var amount);
        Assert.Equal(Amount.One, amount);
    }

    [Fact]
    public void Parts_below_the_nano_unit_add_up_before_the_one_rounding()
    {
        var sum = new ExactSum();
        for (var i = 0; i < 1000; i++)
            sum.Add(Amount.FromNanos(1), Amount.Parse("0.001"));
        sum.TryRound(out var amount);
        Assert.Equal(1, (int)amount.Nanos);
    }

    [Theory]
    [InlineData("0.5", 0)]
    [InlineData("1.5", 2)]
    [InlineData("2.5", 2)]
    [InlineData("2.500000001", 3)]
    public void A_tie_goes_to_the_even_nano_unit(string price, int nanos)
    {
        var sum = new ExactSum();
        sum.Add(Amount.FromNanos(1), Amount.Parse(price));
        sum.TryRound(out var amount);
        Assert.Equal(nanos, (int)amount.Nanos);

        var negative = new ExactSum();
        negative.Subtract(sum);
        negative.TryRound(out amount);
        Assert.Equal(-nanos, (int)amount.Nanos);
    }

    [Fact]
    public void A_sum_is_the_rational_number_rounded_once() =>
        Check.Holds(Parts.ListOf(), parts =>
        {
            var sum = new ExactSum();
            var numerator = BigInteger.Zero;
            var denominator = BigInteger.One;
            foreach (var part in parts)
            {
                sum.Add(part.Quantity, part.Price, part.Per);
                var partDenominator = (BigInteger)part.Per.Nanos * Amount.NanosPerUnit;
                numerator = numerator * partDenominator + (BigInteger)part.Quantity.Nanos * (BigInteger)part.Price.Nanos * denominator;
                denominator *= partDenominator;
            }

            return new[] { 9, 4, 2, 0 }.All(decimals => Agrees(sum, numerator, denominator, decimals))
                && sum.Sign == numerator.Sign && sum.IsZero == numerator.IsZero;
        });

    [Fact]
    public void The_order_of_the_parts_does_not_matter() =>
        Check.Holds(Parts.ListOf(), Gen.Choose(0, int.MaxValue), (parts, seed) =>
        {
            var forward = new ExactSum();
            foreach (var part in parts)
                forward.Add(part.Quantity, part.Price, part.Per);
            var shuffled = new ExactSum();
            var left = new ExactSum();
            foreach (var part in parts.OrderBy(part => part.Quantity.Nanos ^ seed))
            {
                ref var target = ref Int128.IsEvenInteger(part.Price.Nanos ^ seed) ? ref shuffled : ref left;
                target.Add(part.Quantity, part.Price, part.Per);
            }

            shuffled.Add(left);
            return forward.TryRound(out var one) == shuffled.TryRound(out var other) && one == other;
        });

    [Fact]
    public void What_is_added_and_taken_away_leaves_nothing() =>
        Check.Holds(Parts.ListOf(), parts =>
        {
            var sum = new ExactSum();
            foreach (var part in parts)
                sum.Add(part.Quantity, part.Price, part.Per);
            sum.Subtract(sum);
            return sum.IsZero && sum.TryRound(out var amount) && amount.IsZero;
        });

    [Fact]
    public void A_sum_can_be_added_to_itself()
    {
        var large = new ExactSum();
        for (var i = 0; i < 3; i++)
        {
            large.Add(Amount.MaxValue, Amount.FromWhole(30));
            large.Add(Amount.One, Amount.One, Amount.FromWhole(3));
            large.Add(Amount.MaxValue, Amount.FromWhole(30));
            large.Subtract(large);
            Assert.True(large.IsZero);
        }

        for (var i = 0; i < 100; i++)
            large.Add(Amount.MaxValue, Amount.FromWhole(1));
        var twice = large;
        twice.Add(large);
        large.Add(large);
        large.Subtract(twice);
        Assert.True(large.IsZero);
    }

    [Fact]
    public void A_sum_past_the_last_amount_does_not_round()
    {
        var sum = new ExactSum();
        sum.Add(Amount.MaxValue);
        Assert.True(sum.TryRound(out var amount));
        Assert.Equal(Amount.MaxValue, amount);
        Assert.False(sum.TryRound(2, out _));
        sum.Add(Amount.MaxValue, Amount.MaxValue);
        Assert.False(sum.TryRound(out _));
        sum.Add(-Amount.MaxValue, Amount.MaxValue);
        Assert.True(sum.TryRound(out amount));
        Assert.Equal(Amount.MaxValue, amount);
    }

    [Fact]
    public void A_price_is_per_a_positive_number_and_rounds_to_0_to_9_decimals()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new ExactSum().Add(Amount.One, Amount.One, Amount.Zero));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ExactSum().TryRound(10, out _));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ExactSum().TryRound(-1, out _));
    }

    [Fact]
    public void Everyday_sums_allocate_nothing()
    {
        var price = Amount.Parse("0.00088");
        var thousand = Amount.FromWhole(1000);
        var sum = new ExactSum();
        sum.Add(thousand, price, thousand);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++)
        {
            sum.Add(thousand, price);
            sum.Add(thousand, price, thousand);
            sum.TryRound(out _);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static bool Agrees(in ExactSum sum, BigInteger numerator, BigInteger denominator, int decimals)
    {
        var steps = RoundedHalfToEven(numerator * BigInteger.Pow(10, decimals), denominator);
        var nanos = steps * BigInteger.Pow(10, 9 - decimals);
        var fits = BigInteger.Abs(nanos) <= (BigInteger)Amount.MaxNanos;
        return sum.TryRound(decimals, out var amount) == fits && (!fits || (BigInteger)amount.Nanos == nanos);
    }

    // Written with floor and parity, not as the product does it.
    private static BigInteger RoundedHalfToEven(BigInteger numerator, BigInteger denominator)
    {
        var doubled = 2 * numerator + denominator;
        var floor = BigInteger.DivRem(doubled, 2 * denominator, out var remainder);
        if (remainder.Sign < 0)
        {
            floor--;
            remainder += 2 * denominator;
        }

        return remainder.IsZero && !floor.IsEven ? floor - 1 : floor;
    }

    private sealed record Part(Amount Quantity, Amount Price, Amount Per);
}
