using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Metering.Core.Catalog;
using Metering.Core.Ids;
using Metering.Core.Money;
using Metering.Core.Rating;
using Metering.Core.Tests.Money;

namespace Metering.Core.Tests.Rating;

public sealed class CompiledChargeTests
{
    private static readonly MeterId Tokens = MeterId.Parse("tokens");

    private static readonly Charge Graduated = new()
    {
        Meter = Tokens,
        In = ChargeUnit.Credits,
        Model = ChargeModel.Graduated,
        Included = Amount.FromWhole(5),
        Per = Amount.FromWhole(3),
        Tiers =
        [
            new Tier(Amount.FromWhole(10), Amount.Parse("1"), Amount.FromWhole(100)),
            new Tier(Amount.FromWhole(20), Amount.Parse("0.5"), Amount.Zero),
            new Tier(null, Amount.Parse("0.1"), Amount.FromWhole(7)),
        ],
    };

    private static readonly Charge Package = new()
    {
        Meter = Tokens,
        In = ChargeUnit.Credits,
        Model = ChargeModel.Package,
        UnitPrice = Amount.FromWhole(2),
        PackageSize = Amount.FromWhole(100),
        Included = Amount.FromWhole(50),
    };

    private static readonly Charge Matrix = new()
    {
        Meter = Tokens,
        In = ChargeUnit.Credits,
        Model = ChargeModel.Matrix,
        Dimensions = ["provider", "model"],
        Cells =
        [
            Cell("1", ("model", "large")),
            Cell("2", ("provider", "A")),
            Cell("3", ("provider", "A"), ("model", "small")),
            Cell("4", ("provider", "é"), ("model", "")),
        ],
    };

    [Theory]
    [InlineData("1000", "0", "10")]
    [InlineData("0", "0", "0")]
    [InlineData("0.000000001", "0", "0")]
    [InlineData("50", "99970", "0.2")]
    [InlineData("5", "200000", "0.05")]
    public void Per_unit_prices_what_lies_beyond_the_included_units(string quantity, string before, string credits)
    {
        var included = before == "0" ? Amount.Zero : Amount.FromWhole(100_000);
        var charge = new Charge
        {
            Meter = Tokens, In = ChargeUnit.Credits, Model = ChargeModel.PerUnit, UnitPrice = Amount.Parse("0.01"), Included = included,
        };
        Assert.Equal(credits, Price(charge, quantity, before));
        Assert.Equal(!included.IsZero, CompiledCharge.Compile(charge).NeedsQuantityBefore);
    }

    [Theory]
    [InlineData("5", "0", "0")]
    [InlineData("1", "5", "100.333333333")]
    [InlineData("10", "5", "103.333333333")]
    [InlineData("11", "5", "103.5")]
    [InlineData("1", "14", "0.333333333")]
    [InlineData("0", "14", "0")]
    [InlineData("0.000000001", "25", "7")]
    [InlineData("30", "0", "112.166666667")]
    [InlineData("1", "999999999999999999", "0.033333333")]
    public void Graduated_prices_each_unit_in_its_tier_and_a_tier_once_when_it_is_entered(string quantity, string before, string credits) =>
        Assert.Equal(credits, Price(Graduated, quantity, before));

    [Theory]
    [InlineData("50", "0", "0")]
    [InlineData("51", "0", "2")]
    [InlineData("1", "50", "2")]
    [InlineData("99", "51", "0")]
    [InlineData("100", "51", "2")]
    [InlineData("0", "150", "0")]
    [InlineData("1000", "0", "20")]
    [InlineData("0.000000001", "150", "2")]
    public void Package_prices_the_packages_begun(string quantity, string before, string credits) =>
        Assert.Equal(credits, Price(Package, quantity, before));

    [Fact]
    public void Packages_beyond_all_counting_still_price_exactly()
    {
        var charge = Package with { PackageSize = Amount.FromNanos(1), UnitPrice = Amount.FromNanos(3), Included = Amount.Zero };
        Assert.Equal("999999999999999999.999999999", Price(charge, "333333333333333333.333333333", "0"));
    }

    [Theory]
    [InlineData("A", "small", "3")]
    [InlineData("A", "large", "1")]
    [InlineData("A", "other", "2")]
    [InlineData("B", "large", "1")]
    [InlineData("é", "", "4")]
    public void The_cell_that_names_most_dimensions_wins_and_then_the_first(string provider, string model, string credits) =>
        Assert.Equal(credits, Price(Matrix, "1", "0", provider, model));

    [Theory]
    [InlineData("B", "small")]
    [InlineData("a", "small")]
    [InlineData("As", "mall")]
    [InlineData(null, "small")]
    [InlineData(null, null)]
    [InlineData("é", null)]
    public void Dimensions_without_a_cell_have_no_price_unless_the_matrix_says_otherwise(string? provider, string? model)
    {
        Assert.Null(Price(Matrix, "1", "0", provider, model));
        Assert.Equal("9", Price(Matrix with { Otherwise = Amount.FromWhole(9) }, "1", "0", provider, model));
    }

    [Fact]
    public void A_dimension_that_is_missing_matches_a_cell_that_leaves_it_open() => Assert.Equal("2", Price(Matrix, "1", "0", "A", null));

    [Fact]
    public void Where_there_is_no_price_the_sum_is_unchanged()
    {
        var sum = new ExactSum();
        sum.Add(Amount.One);
        var unknown = new DimensionValues("xy"u8, [new(0, 1), new(1, 1)]);
        Assert.False(CompiledCharge.Compile(Matrix).TryPrice(Amount.One, Amount.Zero, unknown, ref sum));
        sum.TryRound(out var amount);
        Assert.Equal(Amount.One, amount);
    }

    [Fact]
    public void A_thousand_models_are_each_found()
    {
        var models = Enumerable.Range(0, 1000).Select(i => $"model-{i}").ToArray();
        var charge = Matrix with { Cells = models.Select((model, i) => Cell($"{i}", ("provider", "P"), ("model", model))).ToValueList() };
        for (var i = 0; i < models.Length; i++)
            Assert.Equal($"{i}", Price(charge, "1", "0", "P", models[i]));
        Assert.Null(Price(charge, "1", "0", "P", "model-1000"));
    }

    [Theory]
    [InlineData("0.001", "1000")]
    [InlineData("1", "3")]
    [InlineData("0.000000001", "1000")]
    [InlineData("999999999999999999", "0.000000007")]
    public void A_price_per_many_units_is_exact_whether_it_divides_or_not(string price, string per)
    {
        var charge = new Charge
        {
            Meter = Tokens, In = ChargeUnit.Credits, Model = ChargeModel.PerUnit, UnitPrice = Amount.Parse(price), Per = Amount.Parse(per),
        };
        var compiled = CompiledCharge.Compile(charge);
        Check.Holds(AmountArbitrary.NotNegative, quantity =>
        {
            var priced = new ExactSum();
            var plain = new ExactSum();
            plain.Add(quantity, charge.UnitPrice, charge.Per);
            if (!compiled.TryPrice(quantity, Amount.Zero, DimensionValues.None, ref priced))
                return false;
            priced.Subtract(plain);
            return priced.IsZero;
        });
    }

    [Fact]
    public void The_same_usage_in_one_event_or_in_many_costs_exactly_the_same()
    {
        var charges = Gen.Elements(
            Graduated, Graduated with { Per = Amount.One }, Package,
            Package with { PackageSize = Amount.Parse("0.3"), Included = Amount.Zero },
            Package with { Model = ChargeModel.PerUnit, Per = Amount.FromWhole(7) });
        var steps = Gen.OneOf(Gen.Choose(0, 40).Select(whole => Amount.FromWhole(whole)), AmountArbitrary.Everyday).ListOf();
        Check.Holds(charges, steps, (charge, quantities) =>
        {
            var compiled = CompiledCharge.Compile(charge);
            var stepped = new ExactSum();
            var before = Amount.Zero;
            foreach (var quantity in quantities)
            {
                compiled.TryPrice(quantity, before, DimensionValues.None, ref stepped);
                before += quantity;
            }

            var whole = new ExactSum();
            compiled.TryPrice(before, Amount.Zero, DimensionValues.None, ref whole);
            stepped.Subtract(whole);
            return stepped.IsZero;
        });
    }

    [Fact]
    public void Graduated_agrees_with_pricing_unit_by_unit() =>
        Check.Holds(Gen.Choose(0, 60), Gen.Choose(0, 60), (before, quantity) =>
        {
            var expected = new ExactSum();
            for (var unit = before + 1; unit <= before + quantity; unit++)
            {
                var beyond = unit - 5;
                if (beyond <= 0)
                    continue;
                var price = beyond <= 10 ? "1" : beyond <= 20 ? "0.5" : "0.1";
                expected.Add(Amount.One, Amount.Parse(price), Amount.FromWhole(3));
                if (beyond == 1)
                    expected.Add(Amount.FromWhole(100));
                if (beyond == 21)
                    expected.Add(Amount.FromWhole(7));
            }

            var priced = new ExactSum();
            CompiledCharge.Compile(Graduated)
                .TryPrice(Amount.FromWhole(quantity), Amount.FromWhole(before), DimensionValues.None, ref priced);
            priced.Subtract(expected);
            return priced.IsZero;
        });

    [Fact]
    public void Models_that_are_not_decided_at_the_event_do_not_compile()
    {
        foreach (var model in new[] { ChargeModel.Flat, ChargeModel.Volume, ChargeModel.Percentage })
            Assert.Throws<ArgumentException>(() => CompiledCharge.Compile(Package with { Model = model }));
        Assert.Throws<ArgumentException>(() => CompiledCharge.Compile(Package with { PackageSize = Amount.Zero }));
        Assert.Throws<ArgumentException>(() => CompiledCharge.Compile(Graduated with { Tiers = [] }));
        Assert.Throws<ArgumentException>(() => CompiledCharge.Compile(Graduated with { Per = Amount.Zero }));
    }

    [Fact]
    public void Negative_quantities_and_a_wrong_number_of_dimensions_are_bugs()
    {
        var package = CompiledCharge.Compile(Package);
        var matrix = CompiledCharge.Compile(Matrix);
        var sum = new ExactSum();
        Assert.Throws<ArgumentOutOfRangeException>(() => package.TryPrice(-Amount.One, Amount.Zero, DimensionValues.None, ref sum));
        Assert.Throws<ArgumentOutOfRangeException>(() => package.TryPrice(Amount.One, -Amount.One, DimensionValues.None, ref sum));
        Assert.Throws<ArgumentException>(() => matrix.TryPrice(Amount.One, Amount.Zero, DimensionValues.None, ref sum));
    }

    [Fact]
    public void Pricing_an_event_allocates_nothing()
    {
        var charges = new[] { Matrix, Graduated with { Per = Amount.One }, Package }.Select(CompiledCharge.Compile).ToArray();
        var slices = new DimensionSlice[] { new(0, 1), new(1, 5) };
        var sum = new ExactSum();
        var before = 0L;
        for (var i = 0; i < 1_001; i++)
        {
            if (i == 1)
                before = GC.GetAllocatedBytesForCurrentThread();
            foreach (var charge in charges)
            {
                var dimensions = charge.Dimensions.Count == 0 ? DimensionValues.None : new DimensionValues("Asmall"u8, slices);
                charge.TryPrice(Amount.FromWhole(12), Amount.FromWhole(7), dimensions, ref sum);
            }
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static MatrixCell Cell(string price, params (string Dimension, string Value)[] match) =>
        new(match.Select(pair => new DimensionMatch(pair.Dimension, pair.Value)).ToValueList(), Amount.Parse(price));

    private static string? Price(Charge charge, string quantity, string before, params string?[] dimensions)
    {
        var bytes = Encoding.UTF8.GetBytes(string.Concat(dimensions));
        var slices = new List<DimensionSlice>();
        var at = 0;
        foreach (var value in dimensions)
        {
            var length = value is null ? -1 : Encoding.UTF8.GetByteCount(value);
            slices.Add(value is null ? DimensionSlice.Missing : new DimensionSlice(at, length));
            at += Math.Max(length, 0);
        }

        var sum = new ExactSum();
        var values = new DimensionValues(bytes, slices.ToArray());
        if (!CompiledCharge.Compile(charge).TryPrice(Amount.Parse(quantity), Amount.Parse(before), values, ref sum))
            return null;
        Assert.True(sum.TryRound(out var amount));
        return amount.ToString();
    }
}
