using Metering.Core.Catalog;
using Metering.Core.Invoicing;
using Metering.Core.Money;

namespace Metering.Core.Tests.Invoicing;

public sealed class LateUsageTests
{
    [Theory]
    [InlineData("minutes", "per_unit\",\"unit_price\":\"2", "10", "5", "Late usage of 2025-01: 1 x 10 = 10")]
    [InlineData("calls", "per_unit\",\"unit_price\":\"2", "x,x", "x", "Late usage of 2025-01: 1 x 2 = 2")]
    [InlineData("storage_gb", "per_unit\",\"unit_price\":\"2", "10", "7", "")]
    [InlineData("storage_gb", "per_unit\",\"unit_price\":\"2", "10", "12", "Late usage of 2025-01: 1 x 4 = 4")]
    [InlineData("seats", "per_unit\",\"unit_price\":\"2", "ann,bob", "bob,eve", "Late usage of 2025-01: 1 x 2 = 2")]
    [InlineData("minutes", "per_unit\",\"unit_price\":\"2\",\"included\":\"12", "10", "5", "Late usage of 2025-01: 1 x 6 = 6")]
    [InlineData("minutes", "per_unit\",\"unit_price\":\"2\",\"minimum_commitment\":\"25", "10", "5", "Late usage of 2025-01: 1 x 5 = 5")]
    [InlineData("minutes", "package\",\"unit_price\":\"2\",\"package_size\":\"8", "10", "6", "")]
    [InlineData("minutes", "package\",\"unit_price\":\"2\",\"package_size\":\"8", "10", "7", "Late usage of 2025-01: 1 x 2 = 2")]
    public void Adjustment_is_the_total_with_late_usage_less_the_total_without(
        string meter, string model, string inTime, string late, string line)
    {
        var bench = new InvoiceBench(Charge(meter, model)).Use(meter, inTime.Split(',')).Close().Use(meter, late.Split(','));
        var next = bench.NextInvoice();
        Assert.Equal(line, InvoiceBench.Text(next with { Lines = next.Lines.Where(IsAdjustment).ToValueList() }));
    }

    [Fact]
    public void Late_value_of_a_latest_counts_by_its_time()
    {
        InvoiceBench Closed() =>
            new InvoiceBench(Charge("level", "per_unit\",\"unit_price\":\"2")).UseAt("2025-01-20", "level", "10").Close();
        Assert.Equal("", InvoiceBench.Text(Closed().UseAt("2025-01-19", "level", "3").NextInvoice()));
        Assert.Equal("Late usage of 2025-01: 1 x -14 = -14", InvoiceBench.Text(Closed().UseAt("2025-01-21", "level", "3").NextInvoice()));
    }

    [Fact]
    public void What_was_adjusted_before_is_not_charged_again()
    {
        var bench = new InvoiceBench(Charge("minutes", "per_unit\",\"unit_price\":\"2")).Use("minutes", "10").Close().Use("minutes", "5");
        var first = bench.NextInvoice();
        Assert.Equal(new LateRecord(InvoiceBench.January, Amount.Zero, Amount.FromWhole(10)), Assert.Single(first.Recorded.Late));
        Assert.Equal("", InvoiceBench.Text(bench.NextInvoice("10")));
        var second = bench.Use("minutes", "1").NextInvoice("10");
        Assert.Equal("Late usage of 2025-01: 1 x 2 = 2", InvoiceBench.Text(second));
        Assert.Equal(
            new LateRecord(InvoiceBench.January, Amount.FromWhole(10), Amount.FromWhole(2)), Assert.Single(second.Recorded.Late));
    }

    [Fact]
    public void Late_usage_is_priced_by_the_plan_of_its_own_segment()
    {
        var bench = new InvoiceBench(Charge("minutes", "per_unit\",\"unit_price\":\"2"))
            .Change(Charge("minutes", "per_unit\",\"unit_price\":\"7"), InvoiceBench.At("2025-01-11T00:00:00Z"))
            .Close().UseAt("2025-01-10", "minutes", "1").UseAt("2025-01-12", "minutes", "1");
        Assert.Equal("Late usage of 2025-01: 1 x 9 = 9", InvoiceBench.Text(bench.NextInvoice()));
    }

    [Fact]
    public void Late_combinations_meet_their_cells()
    {
        var bench = new InvoiceBench("""
            "charges":[{"meter":"tokens","in":"money","model":"matrix","dimensions":["model"],
            "cells":[{"match":{"model":"m"},"unit_price":"2"}],"otherwise":"1"}]
            """).Tokens("A/m=10").Close().Tokens("A/m=1", "B/m=1", "A/n=1");
        Assert.Equal("Late usage of 2025-01: 1 x 5 = 5", InvoiceBench.Text(bench.NextInvoice()));
    }

    [Fact]
    public void Late_overage_credits_are_adjusted_at_the_closed_plans_value()
    {
        var bench = new InvoiceBench("""
            "credit_value":"0.02","charges":[{"meter":"tokens","in":"credits","model":"per_unit","unit_price":"1"}]
            """).Credits("100", "50").Close();
        var late = bench.Late();
        var invoice = InvoiceCompiler.Compile(bench.Inputs() with
        {
            Late = [late with { Segments = [late.Segments[0] with { LateOverageCredits = Amount.FromWhole(10) }] }],
        });
        Assert.Equal("Late usage of 2025-01: 1 x 0.2 = 0.2", InvoiceBench.Text(invoice).Split('\n')[^1]);
    }

    private static bool IsAdjustment(InvoiceLine line) => line.Kind == LineKind.Adjustment;

    private static string Charge(string meter, string model) =>
        $$"""
        "charges":[{"meter":"{{meter}}","in":"money","model":"{{model}}"}]
        """;
}
