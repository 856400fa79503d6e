using Metering.Core.Money;

namespace Metering.Core.Tests.Invoicing;

/// <summary>Proration: what is charged of a part of a period. January has 31 days, 2,678,400 seconds.</summary>
public sealed class PlanChangeTests
{
    private const string Calls = """
        "base_fee":"31","charges":[{"meter":"calls","in":"money","model":"per_unit","unit_price":"1","included":"31"}]
        """;

    [Fact]
    public void First_partial_month_is_charged_by_the_second()
    {
        var bench = new InvoiceBench(Calls, from: InvoiceBench.At("2025-01-22T00:00:00Z"));
        for (var i = 0; i < 12; i++)
            bench.Use("calls", "");
        Lines(
            bench,
            """
            Calls, included: 10 calls x 0 = 0
            Calls: 2 calls x 1 = 2
            Base fee, First: 0.322580645 month x 31 = 10
            """);
    }

    [Fact]
    public void Change_of_plan_splits_usage_base_fee_and_what_is_included() => Lines(
        new InvoiceBench(Calls).UseAt("2025-01-05", "calls", "").Change(
                Calls.Replace("\"31\"", "\"62\""), InvoiceBench.At("2025-01-11T00:00:00Z"))
            .UseAt("2025-01-05", "calls", "").UseAt("2025-01-12", "calls", ""),
        """
        Calls, included: 2 calls x 0 = 0
        Calls, included: 1 calls x 0 = 0
        Base fee, First: 0.322580645 month x 31 = 10
        Base fee, Second: 0.677419355 month x 62 = 42
        """);

    [Fact]
    public void Base_fee_of_two_segments_on_the_same_price_is_that_of_a_period_but_for_rounding_of_each_line()
    {
        var invoice = new InvoiceBench("\"base_fee\":\"49\"")
            .Change("\"base_fee\":\"49\"", InvoiceBench.At("2025-01-01T00:00:01.75Z")).Invoice();
        Assert.Equal(["0", "49"], invoice.Lines.Select(line => line.Amount.ToString()));
        Assert.Equal("1/2678400 2678399/2678400", string.Join(
            ' ', invoice.Segments.Select(segment => $"{segment.Share.Numerator}/{segment.Share.Denominator}")));
    }

    [Fact]
    public void Included_amount_that_is_no_whole_nano_unit_is_exact_until_the_line_is_rounded()
    {
        // 1/3 of 31 days is 10 days and 8 hours: of 100 units 33.333... are included, and 66.666... cost 0.03 each: 2 to the cent.
        var bench = new InvoiceBench(
            """
            "charges":[{"meter":"minutes","in":"money","model":"per_unit","unit_price":"0.03","included":"100"}]
            """,
            from: InvoiceBench.At("2025-01-21T16:00:00Z"));
        Lines(
            bench.Use("minutes", "100"),
            """
            Minutes, included: 33.333333333 minutes x 0 = 0
            Minutes: 66.666666667 minutes x 0.03 = 2
            """);
    }

    [Theory]
    [InlineData("33.333333333", "Minutes, included: 33.333333333 minutes x 0 = 0")]
    [InlineData("33.333333334", "Minutes, included: 33.333333333 minutes x 0 = 0\nMinutes: 1 packages of 10 minutes x 5 = 5")]
    public void Package_is_begun_by_the_smallest_part_beyond_what_is_included(string minutes, string lines) => Lines(
        new InvoiceBench(
            """
            "charges":[{"meter":"minutes","in":"money","model":"package","unit_price":"5","package_size":"10","included":"100"}]
            """,
            from: InvoiceBench.At("2025-01-21T16:00:00Z")).Use("minutes", minutes),
        lines);

    [Fact]
    public void Tier_bounds_are_not_prorated() => Lines(
        new InvoiceBench(
            """
            "charges":[{"meter":"minutes","in":"money","model":"graduated","included":"100",
            "tiers":[{"up_to":"10","unit_price":"3"},{"up_to":null,"unit_price":"1"}]}]
            """,
            from: InvoiceBench.At("2025-01-21T16:00:00Z")).Use("minutes", "50"),
        """
        Minutes, included: 33.333333333 minutes x 0 = 0
        Minutes, first 10: 10 minutes x 3 = 30
        Minutes, above 10: 6.666666667 minutes x 1 = 6.67
        """);

    [Fact]
    public void Flat_charges_and_minimums_are_prorated() => Lines(
        new InvoiceBench(
            """
            "minimum_commitment":"93","charges":[{"meter":"calls","in":"money","model":"flat","amount":"15.5"},
            {"meter":"minutes","in":"money","model":"per_unit","unit_price":"1","minimum_commitment":"62"}]
            """,
            from: InvoiceBench.At("2025-01-22T00:00:00Z")).Use("minutes", "4"),
        """
        Calls: 0.322580645 month x 15.5 = 5
        Minutes: 4 minutes x 1 = 4
        Minutes, minimum: 1 x 16 = 16
        Minimum commitment, First: 1 x 5 = 5
        """);

    [Fact]
    public void Largest_and_distinct_values_count_in_the_segment_of_their_time() => Lines(
        new InvoiceBench(
            """
            "charges":[{"meter":"storage_gb","in":"money","model":"per_unit","unit_price":"1"}]
            """).Use("storage_gb", "7", "5").Change(
            """
            "charges":[{"meter":"storage_gb","in":"money","model":"per_unit","unit_price":"2"}]
            """, InvoiceBench.At("2025-01-11T00:00:00Z")).Use("storage_gb", "3"),
        """
        Storage gb: 7 GB x 1 = 7
        Storage gb: 3 GB x 2 = 6
        """);

    [Fact]
    public void Every_line_says_for_which_time_it_is()
    {
        var change = InvoiceBench.At("2025-01-11T00:00:00Z");
        var invoice = new InvoiceBench(Calls).Change(Calls, change).Invoice();
        Assert.Equal([change, InvoiceBench.January.End], invoice.Lines.Select(line => line.Period.End));
        Assert.Equal([InvoiceBench.January.Start, change], invoice.Segments.Select(segment => segment.Period.Start));
        Assert.Equal(["first", "second"], invoice.Segments.Select(segment => segment.Plan.Value));
    }

    private static void Lines(InvoiceBench bench, string lines) =>
        Assert.Equal(lines.ReplaceLineEndings("\n"), InvoiceBench.Text(bench.Invoice()));
}
