using Metering.Core.Catalog;
using Metering.Core.Money;

namespace Metering.Core.Tests.Invoicing;

/// <summary>One row a case of each charge model, with lines worked out by hand.</summary>
public sealed class ChargeModelTests
{
    private const string Graduated = """
        "charges":[{"meter":"storage_gb","in":"money","model":"graduated","tiers":[{"up_to":"10","unit_price":"0"},
        {"up_to":"100","unit_price":"0.10","flat_fee":"2"},{"up_to":null,"unit_price":"0.05","flat_fee":"7"}]}]
        """;

    private const string Volume = """
        "charges":[{"meter":"minutes","in":"money","model":"volume","tiers":[{"up_to":"10","unit_price":"1"},
        {"up_to":"100","unit_price":"0.5","flat_fee":"3"},{"up_to":null,"unit_price":"0.25"}]}]
        """;

    private const string Matrix = """
        "charges":[{"meter":"tokens","in":"money","model":"matrix","dimensions":["model","provider"],"per":"1000",
        "cells":[{"match":{"provider":"A","model":"m"},"unit_price":"2"},{"match":{"provider":"B"},"unit_price":"5"}],OTHERWISE}]
        """;

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void Flat_is_charged_whatever_the_quantity(int calls)
    {
        var bench = new InvoiceBench(Charge("calls", "flat", "\"amount\":\"12.50\""));
        for (var i = 0; i < calls; i++)
            bench.Use("calls", "");
        Lines(bench, "Calls: 1 month x 12.5 = 12.5");
    }

    [Theory]
    [InlineData("0", "")]
    [InlineData("1", "Minutes: 1 minutes x 0.004 = 0")]
    [InlineData("1.25", "Minutes: 1.25 minutes x 0.004 = 0")]
    [InlineData("1.25000001", "Minutes: 1.25000001 minutes x 0.004 = 0.01")]
    [InlineData("3.75", "Minutes: 3.75 minutes x 0.004 = 0.02")]
    [InlineData("6.25", "Minutes: 6.25 minutes x 0.004 = 0.02")]
    [InlineData("45250.5", "Minutes: 45250.5 minutes x 0.004 = 181")]
    public void Per_unit_is_quantity_times_price_rounded_half_to_even(string minutes, string line) =>
        Lines(new InvoiceBench(Charge("minutes", "per_unit", "\"unit_price\":\"0.004\"")).Use("minutes", minutes), line);

    [Theory]
    [InlineData("1", "3", "Minutes: 100 minutes x 1/3 = 33.33")]
    [InlineData("0.5", "3", "Minutes: 100 minutes x 0.5/3 = 16.67")]
    [InlineData("2", "1000", "Minutes: 100 minutes x 0.002 = 0.2")]
    public void Per_divides_the_price(string price, string per, string line) => Lines(
        new InvoiceBench(Charge("minutes", "per_unit", $"\"unit_price\":\"{price}\",\"per\":\"{per}\"")).Use("minutes", "100"), line);

    [Theory]
    [InlineData("50", "Minutes, included: 50 minutes x 0 = 0")]
    [InlineData("100", "Minutes, included: 100 minutes x 0 = 0")]
    [InlineData("100.5", "Minutes, included: 100 minutes x 0 = 0\nMinutes: 0.5 minutes x 2 = 1")]
    public void Included_units_are_shown_and_cost_nothing(string minutes, string lines) => Lines(
        new InvoiceBench(Charge("minutes", "per_unit", "\"unit_price\":\"2\",\"included\":\"100\"")).Use("minutes", minutes), lines);

    [Theory]
    [InlineData("10", "Storage gb, first 10: 10 GB x 0 = 0")]
    [InlineData("10.5", "Storage gb, first 10: 10 GB x 0 = 0\nStorage gb, next 90: 0.5 GB x 0.1 = 0.05\n"
        + "Storage gb, next 90, flat fee: 1 x 2 = 2")]
    [InlineData("100", "Storage gb, first 10: 10 GB x 0 = 0\nStorage gb, next 90: 90 GB x 0.1 = 9\n"
        + "Storage gb, next 90, flat fee: 1 x 2 = 2")]
    [InlineData("140", "Storage gb, first 10: 10 GB x 0 = 0\nStorage gb, next 90: 90 GB x 0.1 = 9\n"
        + "Storage gb, next 90, flat fee: 1 x 2 = 2\n"
        + "Storage gb, above 100: 40 GB x 0.05 = 2\nStorage gb, above 100, flat fee: 1 x 7 = 7")]
    public void Graduated_charges_each_unit_in_its_tier(string gigabytes, string lines) =>
        Lines(new InvoiceBench(Graduated).Use("storage_gb", gigabytes), lines);

    [Theory]
    [InlineData("10", "Minutes, up to 10: 10 minutes x 1 = 10")]
    [InlineData("10.000000001", "Minutes, up to 100: 10.000000001 minutes x 0.5 = 5\nMinutes, up to 100, flat fee: 1 x 3 = 3")]
    [InlineData("100", "Minutes, up to 100: 100 minutes x 0.5 = 50\nMinutes, up to 100, flat fee: 1 x 3 = 3")]
    [InlineData("200", "Minutes, above 100: 200 minutes x 0.25 = 50")]
    public void Volume_charges_all_units_in_the_tier_of_the_whole(string minutes, string lines) =>
        Lines(new InvoiceBench(Volume).Use("minutes", minutes), lines);

    [Theory]
    [InlineData("0.1", "Minutes: 1 packages of 1000 minutes x 5 = 5")]
    [InlineData("1000", "Minutes: 1 packages of 1000 minutes x 5 = 5")]
    [InlineData("1000.000000001", "Minutes: 2 packages of 1000 minutes x 5 = 10")]
    public void Package_charges_every_package_begun(string minutes, string line) => Lines(
        new InvoiceBench(Charge("minutes", "package", "\"unit_price\":\"5\",\"package_size\":\"1000\"")).Use("minutes", minutes), line);

    [Theory]
    [InlineData("1000", "", "Payments, 2.9 %: 1000 x 0.029 = 29")]
    [InlineData("1234.56", "", "Payments, 2.9 %: 1234.56 x 0.029 = 35.8")]
    [InlineData("1500", ",\"included\":\"1000\"", "Payments, included: 1000 x 0 = 0\nPayments, 2.9 %: 500 x 0.029 = 14.5")]
    public void Percentage_is_a_share_of_the_quantity(string paid, string included, string line) =>
        Lines(new InvoiceBench(Charge("payments", "percentage", "\"percent\":\"2.9\"" + included)).Use("payments", paid), line);

    [Fact]
    public void Matrix_prices_combinations_by_cell_and_the_rest_otherwise() => Lines(
        new InvoiceBench(Matrix.Replace("OTHERWISE", "\"otherwise\":\"1\""))
            .Tokens("B/x=300", "A/m=1000", "C/m=100", "B/=200", "A/m=500", "/m=50"),
        """
        Tokens, m A: 1500 tokens x 0.002 = 3
        Tokens, B: 500 tokens x 0.005 = 2.5
        Tokens, other: 150 tokens x 0.001 = 0.15
        """);

    [Fact]
    public void Matrix_shows_what_it_has_no_price_for() => Lines(
        new InvoiceBench(Matrix.Replace("OTHERWISE", "\"otherwise\":null")).Tokens("B/x=1000", "C/m=100"),
        """
        Tokens, B: 1000 tokens x 0.005 = 5
        Tokens, no price: 100 tokens x 0 = 0
        """);

    [Fact]
    public void Matrix_spreads_what_is_included_over_all_units_alike() => Lines(
        new InvoiceBench(Matrix.Replace("OTHERWISE", "\"otherwise\":\"1\",\"included\":\"1000\"")).Tokens("A/m=3000", "C/m=1000"),
        """
        Tokens, included: 1000 tokens x 0 = 0
        Tokens, m A: 2250 tokens x 0.002 = 4.5
        Tokens, other: 750 tokens x 0.001 = 0.75
        """);

    [Theory]
    [InlineData("1", "Minutes: 1 minutes x 2 = 2\nMinutes, minimum: 1 x 48 = 48")]
    [InlineData("25", "Minutes: 25 minutes x 2 = 50")]
    [InlineData("30", "Minutes: 30 minutes x 2 = 60")]
    [InlineData("0", "Minutes, minimum: 1 x 50 = 50")]
    public void Minimum_of_a_charge_adds_what_lacks(string minutes, string lines) => Lines(
        new InvoiceBench(Charge("minutes", "per_unit", "\"unit_price\":\"2\",\"minimum_commitment\":\"50\"")).Use("minutes", minutes),
        lines);

    [Theory]
    [InlineData("1", "Minutes: 1 minutes x 2 = 2\nBase fee, First: 1 month x 10 = 10\nMinimum commitment, First: 1 x 38 = 38")]
    [InlineData("20", "Minutes: 20 minutes x 2 = 40\nBase fee, First: 1 month x 10 = 10")]
    public void Minimum_of_a_plan_counts_usage_and_base_fee(string minutes, string lines) => Lines(
        new InvoiceBench(
                Charge("minutes", "per_unit", "\"unit_price\":\"2\"") + ",\"base_fee\":\"10\",\"minimum_commitment\":\"50\"")
            .Use("minutes", minutes),
        lines);

    [Theory]
    [InlineData("calls", "x,x,x", "Calls: 3 calls x 1 = 3")]
    [InlineData("minutes", "1,2.5,1", "Minutes: 4.5 minutes x 1 = 4.5")]
    [InlineData("storage_gb", "1,2.5,1", "Storage gb: 2.5 GB x 1 = 2.5")]
    [InlineData("seats", "ann,bob,ann", "Seats: 2 seats x 1 = 2")]
    [InlineData("level", "5,7,3", "Level: 3 x 1 = 3")]
    public void Every_aggregation_makes_the_quantity(string meter, string uses, string line) =>
        Lines(new InvoiceBench(Charge(meter, "per_unit", "\"unit_price\":\"1\"")).Use(meter, uses.Split(',')), line);

    [Theory]
    [InlineData("120", "0", "Credits used: 120 credits x 0 = 0")]
    [InlineData("120", "20.5", "Credits used: 120 credits x 0 = 0\nOverage credits: 20.5 credits x 0.02 = 0.41")]
    public void Burned_credits_are_shown_and_overage_is_billed_at_their_value(string burned, string overage, string lines) => Lines(
        new InvoiceBench("""
            "credit_value":"0.02","charges":[{"meter":"tokens","in":"credits","model":"per_unit","unit_price":"1"}]
            """).Credits(burned, overage),
        lines);

    [Theory]
    [InlineData("JPY", "Minutes: 25 minutes x 0.5 = 12")]
    [InlineData("USD", "Minutes: 25 minutes x 0.5 = 12.5")]
    [InlineData("KWD", "Minutes: 25 minutes x 0.5 = 12.5")]
    public void Lines_round_to_the_minor_unit_of_the_currency(string currency, string line) =>
        Lines(new InvoiceBench(Charge("minutes", "per_unit", "\"unit_price\":\"0.5\""), currency).Use("minutes", "25"), line);

    [Theory]
    [InlineData("JPY", "1.5", "2")]
    [InlineData("JPY", "2.5", "2")]
    [InlineData("JPY", "2.500000001", "3")]
    [InlineData("USD", "0.015", "0.02")]
    [InlineData("USD", "0.025", "0.02")]
    [InlineData("KWD", "0.0015", "0.002")]
    [InlineData("KWD", "0.0025", "0.002")]
    public void Ties_go_to_the_even_minor_unit(string currency, string price, string amount)
    {
        var bench = new InvoiceBench(Charge("minutes", "per_unit", $"\"unit_price\":\"{price}\""), currency).Use("minutes", "1");
        Assert.Equal(Amount.Parse(amount), bench.Invoice().Total);
    }

    [Fact]
    public void Amounts_beyond_the_range_are_an_overflow_and_never_a_wrong_invoice() => Assert.Throws<OverflowException>(() =>
        new InvoiceBench(Charge("minutes", "per_unit", "\"unit_price\":\"1000000000000\"")).Use("minutes", "1000000000000").Invoice());

    private static string Charge(string meter, string model, string members) =>
        $$"""
        "charges":[{"meter":"{{meter}}","in":"money","model":"{{model}}",{{members}}}]
        """;

    private static void Lines(InvoiceBench bench, string lines) =>
        Assert.Equal(lines.ReplaceLineEndings("\n"), InvoiceBench.Text(bench.Invoice()));
}
