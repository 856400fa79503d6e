using Metering.Core.Binary;
using Metering.Core.Catalog;
using Metering.Core.Ids;
using Metering.Core.Invoicing;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Core.Usage;

namespace Metering.Core.Tests.Invoicing;

/// <summary>Invoices on the catalogues as they ship.</summary>
public sealed class KnownAnswerTests
{
    private static readonly (string Meter, string Quantity)[] FullMonth =
    [
        ("participant_minutes", "50000"), ("egress_minutes", "5000"), ("storage_gb", "50"), ("bandwidth_gb", "500"),
        ("api_requests", "500000"),
    ];

    [Fact]
    public void Pro_for_a_full_period_comes_to_339_50()
    {
        var invoice = Compile("media", "media-pro", FullMonth);
        Assert.Equal(
            """
            Participant minutes: 50000 minutes x 0.004 = 200
            Egress minutes: 5000 minutes x 0.012 = 60
            Storage gb: 50 GB x 0.1 = 5
            Bandwidth gb: 500 GB x 0.05 = 25
            Api requests: 500000 requests x 0.000001 = 0.5
            Base fee, Pro: 1 month x 49 = 49
            """,
            InvoiceBench.Text(invoice));
        Assert.Equal(Amount.Parse("339.50"), invoice.Total);
        Assert.Equal("INV-p1-202501", invoice.Number.Value);
        Assert.Equal("inv_p1_20250101", invoice.Id.Value);
        Assert.Equal("2025-01", invoice.PeriodLabel);
    }

    [Fact]
    public void Participant_minutes_with_a_fraction_cost_181_00() =>
        Assert.Equal(Amount.Parse("181"), Compile("media", "media-pro", ("participant_minutes", "45250.5")).Lines[0].Amount);

    [Fact]
    public void Five_thousand_calls_beyond_those_included_cost_5_00()
    {
        var invoice = Compile("api", "api-pro", ("calls_billable", "105000"));
        Assert.Equal(
            """
            Calls billable, included: 100000 calls x 0 = 0
            Calls billable: 5000 calls x 0.001 = 5
            Base fee, Pro: 1 month x 49 = 49
            """,
            InvoiceBench.Text(invoice));
    }

    [Theory]
    [InlineData("api-free", 100, "0")]
    [InlineData("api-pro", 45, "2205")]
    [InlineData("api-enterprise", 5, "2500")]
    public void Base_fees_of_the_plans_sum_up_to_the_monthly_revenue(string plan, int customers, string revenue)
    {
        var total = Amount.Zero;
        for (var i = 0; i < customers; i++)
            total += Compile("api", plan).Total;
        Assert.Equal(Amount.Parse(revenue), total);
    }

    private static Invoice Compile(string file, string plan, params (string Meter, string Quantity)[] uses)
    {
        var bytes = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "catalog", file + ".json"));
        Assert.True(CatalogJson.TryReadCatalogue(bytes, new Dictionary<MeterId, Meter>(), out var catalogue, out _));
        var meters = catalogue.Meters.ToDictionary(meter => meter.Id);
        var usage = new ProjectUsage("p1", plan, 1);
        usage.ApplyPeriodOpened(InvoiceBench.January, InvoiceBench.January.Start, 1);
        foreach (var (meter, quantity) in uses)
        {
            var known = meters[MeterId.Parse(meter)];
            for (var i = known.Aggregation == Aggregation.Count ? int.Parse(quantity) : 1; i > 0; i--)
                Count(usage, known, known.Aggregation == Aggregation.Count ? "1" : quantity);
        }

        var priced = PricedPlan.Compile(catalogue.Plans.Single(each => each.Id.Value == plan), Currency.Parse("USD"), meters);
        return InvoiceCompiler.Compile(new InvoiceBench("").Extra with
        {
            Segments = [new SegmentInputs(InvoiceBench.January, priced, IntervalShare.Whole, usage.Newest.Segments[0], Amount.Zero)],
        });
    }

    private static void Count(ProjectUsage usage, Meter meter, string value)
    {
        var key = new ByteWriter();
        foreach (var _ in meter.Dimensions)
            DimensionKey.AppendMissing(key);
        usage.ApplyCounted(
            new CountedValue
            {
                Meter = meter.Id.Value, Aggregation = meter.Aggregation, DimensionNames = [.. meter.Dimensions], Dimensions = key.Span,
                Value = Amount.Parse(value), ValueHash = 0,
            },
            InvoiceBench.January.Start, InvoiceBench.January.Start);
    }
}
