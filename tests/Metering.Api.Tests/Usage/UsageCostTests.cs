using Metering.Api.Usage;
using Metering.Core.Catalog;
using Metering.Core.Ids;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Grid.History;

namespace Metering.Api.Tests.Usage;

public sealed class UsageCostTests
{
    private static readonly Instant Start = Instant.FromUnixMicroseconds(0);

    [Fact]
    public void Credits_cost_their_value()
    {
        var cost = new UsageCost(PlanOf(creditValue: "0.001"), Meters());
        Assert.Equal("0.015", Total(cost, Row("calls", "0", credits: "15")));
    }

    [Fact]
    public void A_price_per_unit_is_exact()
    {
        var cost = new UsageCost(PlanOf(Charged("sum", "0.004")), Meters());
        Assert.Equal("181.002", Total(cost, Row("sum", "45250.5")));
    }

    [Fact]
    public void What_is_included_is_taken_off_once_over_all_hours()
    {
        var cost = new UsageCost(PlanOf(Charged("calls", "0.001") with { Included = Amount.FromWhole(100_000) }), Meters());
        Assert.Equal("0", Total(cost, Row("calls", count: 60_000)));
        Assert.Equal("5", Total(cost, Row("calls", count: 45_000)));
        cost.BeginPeriod();
        Assert.Equal("0", Total(cost, Row("calls", count: 45_000)));
    }

    [Fact]
    public void A_maximum_costs_as_much_as_it_rises()
    {
        var cost = new UsageCost(PlanOf(Charged("max", "0.10")), Meters());
        Assert.Equal("3", Total(cost, Row("max", max: "30")));
        Assert.Equal("0", Total(cost, Row("max", max: "20")));
        Assert.Equal("2", Total(cost, Row("max", max: "50")));
    }

    [Fact]
    public void A_matrix_is_priced_by_its_dimensions()
    {
        Charge matrix = Charged("sum", "0") with
        {
            Model = ChargeModel.Matrix,
            Dimensions = ["model"],
            Cells = [new MatrixCell([new DimensionMatch("model", "big")], Amount.Parse("0.02"))],
            Otherwise = Amount.Parse("0.001"),
        };
        var cost = new UsageCost(PlanOf(matrix), Meters());
        Assert.Equal("2", Total(cost, Row("sum", "100", dimensions: """{"model":"big"}""")));
        Assert.Equal("0.1", Total(cost, Row("sum", "100", dimensions: """{"model":"small"}""")));
        Assert.Equal("0.1", Total(cost, Row("sum", "100")));
    }

    [Fact]
    public void Charges_that_only_an_invoice_can_price_cost_nothing_here()
    {
        Charge volume = Charged("sum", "0") with { Model = ChargeModel.Volume, Tiers = [new Tier(null, Amount.One, Amount.Zero)] };
        Assert.Equal("0", Total(new UsageCost(PlanOf(volume), Meters()), Row("sum", "100")));
    }

    [Fact]
    public void Totals_follow_the_meters_aggregation()
    {
        Assert.Equal("3", Quantity(Aggregation.Sum));
        Assert.Equal("4", Quantity(Aggregation.Count));
        Assert.Equal("9", Quantity(Aggregation.Max));
        Assert.Equal("5", Quantity(Aggregation.Latest));
        Assert.Equal("0.75", Quantity(Aggregation.Avg));
        Assert.Null(Quantity(Aggregation.Unique));
        Assert.Null(new MeterTotal(Aggregation.Avg).Quantity);

        static string? Quantity(Aggregation aggregation)
        {
            var total = new MeterTotal(aggregation);
            total.Add(Row("m", "1", 1, "7") with { Latest = Amount.FromWhole(5), LatestTime = Start + TimeSpan.FromHours(1) });
            total.Add(Row("m", "2", 3, "9") with { Latest = Amount.FromWhole(6), LatestTime = Start });
            return total.Quantity?.ToString();
        }
    }

    [Theory]
    [InlineData("850", "1000", "85")]
    [InlineData("1", "3", "33.33")]
    [InlineData("5", "0", "100")]
    [InlineData("0", "0", "0")]
    [InlineData("1500", "1000", "150")]
    public void Percentages_have_two_decimals(string used, string max, string percent) => Assert.Equal(
        decimal.Parse(percent, System.Globalization.CultureInfo.InvariantCulture), Percentages.Of(Amount.Parse(used), Amount.Parse(max)));

    private static string Total(UsageCost cost, UsageHourRow row)
    {
        ExactSum sum = default;
        cost.Add(row, ref sum);
        Assert.True(sum.TryRound(out Amount total));
        return total.ToString();
    }

    private static UsageHourRow Row(
        string meter, string sum = "0", long count = 1, string max = "0", string credits = "0", string dimensions = "{}") => new(
        "p", meter, dimensions, Start, Amount.Parse(sum), count, Amount.Parse(max), Amount.Zero, Start, Amount.Parse(credits));

    private static Charge Charged(string meter, string price) =>
        new() { Meter = MeterId.Parse(meter), In = ChargeUnit.Money, Model = ChargeModel.PerUnit, UnitPrice = Amount.Parse(price) };

    private static Plan PlanOf(Charge? charge = null, string? creditValue = null) => new()
    {
        Id = PlanId.Parse("p"),
        Version = 1,
        Name = "P",
        Currency = Currency.Parse("USD"),
        WalletMode = WalletMode.Postpaid,
        CreditValue = creditValue is null ? null : Amount.Parse(creditValue),
        Charges = charge is null ? [] : [charge],
    };

    private static Dictionary<string, Meter> Meters() => new (string Id, Aggregation Aggregation)[]
    {
        ("calls", Aggregation.Count), ("sum", Aggregation.Sum), ("max", Aggregation.Max),
    }.ToDictionary(
        meter => meter.Id,
        meter => new Meter { Id = MeterId.Parse(meter.Id), EventType = "t", Aggregation = meter.Aggregation });
}
