using System.Text;
using Metering.Core.Catalog;
using Metering.Core.Ids;
using Metering.Core.Money;
using Metering.Core.Rating;
using Metering.Core.Time;

namespace Metering.Core.Tests.Catalog;

public sealed class CatalogueFilesTests
{
    private const string Meter = """{"id":"a","event_type":"t","aggregation":"count"}""";
    private const string PlanMembers = """ "id":"p","name":"P","currency":"USD","wallet_mode":"prepaid" """;

    private static readonly string[] Names = ["media", "llm", "api", "generic"];

    [Fact]
    public void All_catalogues_load_and_share_no_id()
    {
        var catalogues = Names.Select(Load).ToArray();
        var meters = catalogues.SelectMany(catalogue => catalogue.Meters).ToArray();
        var plans = catalogues.SelectMany(catalogue => catalogue.Plans).ToArray();
        Assert.Equal(17, meters.Select(meter => meter.Id).Distinct().Count());
        Assert.Equal(17, meters.Length);
        Assert.Equal(11, plans.Select(plan => plan.Id).Distinct().Count());
        Assert.Equal(11, plans.Length);
    }

    [Fact]
    public void Every_meter_and_plan_reads_back_from_the_body_it_writes()
    {
        foreach (var catalogue in Names.Select(Load))
        {
            var meters = catalogue.Meters.ToDictionary(meter => meter.Id);
            foreach (var meter in catalogue.Meters)
            {
                Assert.True(CatalogJson.TryReadMeter(meter.Id, CatalogJson.ToBody(meter), out var again, out _));
                Assert.Equal(meter, again);
            }

            foreach (var plan in catalogue.Plans)
            {
                Assert.True(CatalogJson.TryReadPlan(plan.Id, 1, CatalogJson.ToBody(plan), meters, out var again, out _));
                Assert.Equal(plan, again);
            }
        }
    }

    [Theory]
    [InlineData("OPENAI", "gpt-4-turbo", 1000, 500, "15", "0.015")]
    [InlineData("OPENAI", "gpt-4-turbo", 2000, 1000, "30", "0.03")]
    [InlineData("OPENAI", "gpt-4-turbo", 3000, 1500, "45", "0.045")]
    [InlineData("OPENAI", "gpt-4-turbo", 18_059_974, 245_896, "183058.7", "183.0587")]
    [InlineData("ANTHROPIC", "claude-3-sonnet", 500, 200, "4.5", "0.0045")]
    [InlineData("GOOGLE", "gemini-1.5-flash", 1, 1, "0.000375", "0.000000375")]
    public void Tokens_cost_what_the_table_says(string provider, string model, int input, int output, string credits, string usd)
    {
        foreach (var plan in Load("llm").Plans)
        {
            var burn = new ExactSum();
            Assert.True(TryPrice(plan, "llm_input_tokens", input, provider, model, ref burn));
            Assert.True(TryPrice(plan, "llm_output_tokens", output, provider, model, ref burn));
            Assert.True(burn.TryRound(out var burned));
            Assert.Equal(credits, burned.ToString());

            var cost = new ExactSum();
            cost.Add(burned, plan.CreditValue!.Value);
            Assert.True(cost.TryRound(out var money));
            Assert.Equal(usd, money.ToString());
        }
    }

    [Fact]
    public void Every_model_has_a_price_for_both_directions_and_an_unknown_one_has_none()
    {
        var plan = Plan("llm", "llm-prepaid");
        var input = ChargeOf(plan, "llm_input_tokens").Cells.Select(cell => cell.Match).ToArray();
        Assert.Equal(input, ChargeOf(plan, "llm_output_tokens").Cells.Select(cell => cell.Match));
        Assert.True(input.Length >= 25);
        var sum = new ExactSum();
        Assert.False(TryPrice(plan, "llm_input_tokens", 1, "OPENAI", "gpt-99", ref sum));
    }

    [Fact]
    public void LLM_plans_differ_in_how_the_wallet_pays() => Assert.Equal(
        [WalletMode.Prepaid, WalletMode.PrepaidOverage, WalletMode.Postpaid], Load("llm").Plans.Select(plan => plan.WalletMode));

    [Theory]
    [InlineData("media-pro", "participant_minutes", "50000", "200")]
    [InlineData("media-pro", "participant_minutes", "45250.5", "181")]
    [InlineData("media-pro", "egress_minutes", "5000", "60")]
    [InlineData("media-pro", "storage_gb", "50", "5")]
    [InlineData("media-pro", "bandwidth_gb", "500", "25")]
    [InlineData("media-pro", "api_requests", "500000", "0.5")]
    [InlineData("media-enterprise", "participant_minutes", "1000", "3")]
    [InlineData("media-enterprise", "egress_minutes", "1000", "10")]
    [InlineData("media-enterprise", "bandwidth_gb", "100", "4")]
    [InlineData("media-enterprise", "api_requests", "1000000", "0.8")]
    [InlineData("media-enterprise", "storage_gb", "100", "8")]
    [InlineData("media-free", "participant_minutes", "1000", "0")]
    public void Media_usage_costs_its_unit_price(string plan, string meter, string quantity, string usd)
    {
        var found = Plan("media", plan);
        var charge = ChargeOf(found, meter);
        var sum = new ExactSum();
        sum.Add(Amount.Parse(quantity), charge.UnitPrice, charge.Per);
        Assert.True(Rounding.TryToMinorUnit(sum, found.Currency, out var amount));
        Assert.Equal(usd, amount.ToString());
        Assert.Equal(ChargeModel.PerUnit, charge.Model);
        Assert.True(charge.Included.IsZero);
    }

    [Fact]
    public void Media_plans_have_their_fees_limits_and_thresholds()
    {
        var media = Load("media");
        Assert.Equal(["0", "49", "299"], media.Plans.Select(plan => plan.BaseFee.ToString()));
        Assert.Equal([1000, 100, 10, 10_000, 1], Maxima(media.Plans[0]));
        Assert.Equal([100_000, 10_000, 1000, 1_000_000, 100], Maxima(media.Plans[1]));
        Assert.All(media.Plans[2].Limits, limit => Assert.Null(limit.Max));
        Assert.All(media.Plans.SelectMany(plan => plan.Limits), limit => Assert.True(limit is { Hard: true, Period: PeriodKind.Month }));
        Assert.Equal([80, 95], media.Plans[0].AlertThresholds);
        Assert.Equal([90], media.Plans[2].AlertThresholds);
        Assert.All(media.Meters, meter => Assert.Equal(("usage." + meter.Id, "quantity"), (meter.EventType, meter.Value)));
        Assert.All(media.Meters, meter => Assert.Equal(
            meter.Id.Value == "storage_gb" ? Aggregation.Max : Aggregation.Sum, meter.Aggregation));
    }

    [Fact]
    public void The_API_plans_price_and_limit_billable_calls()
    {
        var plans = Load("api").Plans;
        Assert.Equal(["0", "49", "500"], plans.Select(plan => plan.BaseFee.ToString()));
        Assert.Equal((Amount.FromWhole(1000), true), (plans[0].Limits[0].Max!.Value, plans[0].Limits[0].Hard));
        Assert.Equal((Amount.FromWhole(100_000), false), (plans[1].Limits[0].Max!.Value, plans[1].Limits[0].Hard));
        Assert.Null(plans[2].Limits[0].Max);

        var sum = new ExactSum();
        var pro = CompiledCharge.Compile(plans[1].Charges[0]);
        Assert.True(pro.TryPrice(Amount.FromWhole(105_000), Amount.Zero, DimensionValues.None, ref sum));
        Assert.True(sum.TryRound(out var overage));
        Assert.Equal("5", overage.ToString());
    }

    [Fact]
    public void Calls_that_are_not_billable_are_counted_and_never_priced()
    {
        var meters = Load("api").Meters.ToDictionary(meter => meter.Id.Value);
        Assert.Empty(meters["calls"].Filter);
        Assert.Equal(["endpoint", "method"], meters["calls"].Dimensions);
        var billable = new CompiledFilter(Assert.Single(meters["calls_billable"].Filter));
        Assert.False(billable.Accepts("false"u8));
        Assert.True(billable.Accepts("true"u8));
        Assert.True(billable.AcceptsMissing);
        var failed = new CompiledFilter(Assert.Single(meters["calls_failed"].Filter));
        Assert.True(failed.Accepts("400"u8));
        Assert.True(failed.Accepts("503"u8));
        Assert.False(failed.Accepts("399"u8));
        Assert.All(Load("api").Plans.SelectMany(plan => plan.Charges), charge => Assert.Equal("calls_billable", charge.Meter.Value));
    }

    [Theory]
    [InlineData("""{"meters":[{"event_type":"t","aggregation":"count"}]}""", "invalid_meter meters[0].id")]
    [InlineData("{\"meters\":[" + Meter + "," + Meter + "]}", "invalid_meter meters[1].id")]
    [InlineData("{\"plans\":[{" + PlanMembers + ",\"limits\":[{\"meter\":\"a\",\"max\":1,\"period\":\"day\"}]}]}",
        "invalid_plan plans[0].limits[0].meter")]
    [InlineData("{\"plans\":[{" + PlanMembers + "},{" + PlanMembers + "}]}", "invalid_plan plans[1].id")]
    [InlineData("""{"prices":[]}""", "invalid_plan prices")]
    public void Faults_of_a_file_carry_the_code_of_what_is_wrong(string json, string fault)
    {
        Assert.False(CatalogJson.TryReadCatalogue(Encoding.UTF8.GetBytes(json), Read.NoMeters, out var none, out var faults));
        Assert.Null(none);
        var only = Assert.Single(faults);
        Assert.Equal(fault, $"{only.Code} {only.Field}");
    }

    private static Catalogue Load(string name)
    {
        var path = Path.Combine(AppContext.BaseDirectory, "catalog", $"{name}.json");
        var loaded = CatalogJson.TryReadCatalogue(File.ReadAllBytes(path), Read.NoMeters, out var catalogue, out var faults);
        Assert.True(loaded, Read.Lines(faults));
        return catalogue!;
    }

    private static Plan Plan(string file, string id) => Load(file).Plans.Single(plan => plan.Id.Value == id);

    private static Charge ChargeOf(Plan plan, string meter) => plan.Charges.Single(charge => charge.Meter.Value == meter);

    private static IEnumerable<int> Maxima(Plan plan) => plan.Limits.Select(limit => (int)limit.Max!.Value.ToDecimal());

    private static bool TryPrice(Plan plan, string meter, int quantity, string provider, string model, ref ExactSum sum)
    {
        var charge = CompiledCharge.Compile(ChargeOf(plan, meter));
        Assert.Equal(["provider", "model"], charge.Dimensions);
        var bytes = Encoding.UTF8.GetBytes(provider + model);
        DimensionSlice[] slices = [new(0, provider.Length), new(provider.Length, model.Length)];
        return charge.TryPrice(Amount.FromWhole(quantity), Amount.Zero, new DimensionValues(bytes, slices), ref sum);
    }
}
