using Metering.Core.Invoicing;
using Metering.Core.Money;
using static Metering.Core.Tests.Invoicing.InvoiceBench;

namespace Metering.Core.Tests.Invoicing;

public sealed class UsageForecastTests
{
    private const string Minutes =
        """
        "base_fee":"10","charges":[{"meter":"minutes","in":"money","model":"per_unit","unit_price":"1","included":"100"},
        {"meter":"storage_gb","in":"money","model":"per_unit","unit_price":"2"}]
        """;

    [Fact]
    public void Sums_grow_with_time_and_the_largest_stays_so_that_what_is_included_counts_as_it_will()
    {
        InvoiceInputs inputs = new InvoiceBench(Minutes).Use("minutes", "50").Use("storage_gb", "3").Inputs();

        Assert.Equal(A("16"), InvoiceCompiler.Compile(inputs).Total);
        // Ten of 31 days are past: 155 minutes, of which 100 are included.
        Assert.Equal(A("71"), InvoiceCompiler.Compile(UsageForecast.Of(inputs, At("2025-01-11"))).Total);
        Assert.Equal(A("16"), InvoiceCompiler.Compile(inputs).Total);
    }

    [Fact]
    public void Less_than_a_day_counts_as_a_day()
    {
        InvoiceInputs inputs = new InvoiceBench(Minutes).Use("minutes", "10").Inputs();

        Assert.Equal(A("220"), InvoiceCompiler.Compile(UsageForecast.Of(inputs, At("2025-01-01T00:01:00Z"))).Total);
    }

    [Fact]
    public void Nothing_grows_once_the_period_is_over()
    {
        InvoiceInputs inputs = new InvoiceBench(Minutes).Use("minutes", "150").Inputs();

        Assert.Equal(A("60"), InvoiceCompiler.Compile(UsageForecast.Of(inputs, January.End)).Total);
    }

    [Fact]
    public void Segment_that_is_over_stays_and_the_running_one_grows_over_its_own_length()
    {
        InvoiceInputs inputs = new InvoiceBench("""
            "charges":[{"meter":"minutes","in":"money","model":"per_unit","unit_price":"1"}]
            """).Use("minutes", "7")
            .Change("""
            "charges":[{"meter":"minutes","in":"money","model":"per_unit","unit_price":"2"}]
            """, At("2025-01-12")).Use("minutes", "5").Inputs();

        // Five of the second segment's twenty days are past.
        Assert.Equal(A("47"), InvoiceCompiler.Compile(UsageForecast.Of(inputs, At("2025-01-17"))).Total);
    }

    [Fact]
    public void What_burned_and_what_is_beyond_the_wallet_grow_too()
    {
        InvoiceInputs inputs = new InvoiceBench("""
            "credit_value":"0.5","charges":[{"meter":"calls","in":"credits","model":"per_unit","unit_price":"1"}]
            """).Use("calls", "1").Credits("10", "4").Inputs();

        Assert.Equal(A("6.2"), InvoiceCompiler.Compile(UsageForecast.Of(inputs, At("2025-01-11"))).Total);
    }

    [Fact]
    public void What_would_leave_the_range_stays_at_its_end() =>
        Assert.Equal(Amount.MaxValue, new Core.Usage.Growth(31, 1).Of(Amount.MaxValue));
}
