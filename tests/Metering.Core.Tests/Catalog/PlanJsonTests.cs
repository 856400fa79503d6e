using Metering.Core.Catalog;
using Metering.Core.Ids;
using Metering.Core.Money;
using Metering.Core.Time;

namespace Metering.Core.Tests.Catalog;

public sealed class PlanJsonTests
{
    private static readonly MeterId Tokens = MeterId.Parse("tokens");

    private static readonly string Full = """
        {"name":"Example","currency":"USD","interval":"year","base_fee":"49.00","minimum_commitment":100,"wallet_mode":"postpaid",
         "credit_value":"0.001","alert_thresholds":[50,"90",100],"rate_limit":{"requests":1000,"per":"minute"},
         "limits":[{"meter":"tokens","max":"1000000","period":"month","hard":true},
                   {"meter":"tokens","max":"-1","period":"billing","hard":false},
                   {"meter":"calls","max":null,"period":"hour"},{"meter":"calls","max":-1,"period":"day"}],
         "charges":[{"meter":"tokens","in":"money","model":"flat","amount":"5"},
            {"meter":"tokens","in":"money","model":"per_unit","unit_price":"0.001","per":"1000","included":"10000",
             "minimum_commitment":"3"},
            {"meter":"tokens","in":"money","model":"graduated",
             "tiers":[{"up_to":"10","unit_price":"0","flat_fee":"1"},{"up_to":null,"unit_price":0.10}]},
            {"meter":"peak","in":"money","model":"volume","tiers":[{"up_to":"10","unit_price":"1"},{"unit_price":"0.5"}]},
            {"meter":"tokens","in":"money","model":"package","unit_price":"2","package_size":"100","included":"5"},
            {"meter":"tokens","in":"money","model":"percentage","percent":"2.5"},
            {"meter":"tokens","in":"credits","model":"matrix","dimensions":["provider","model"],
             "cells":[{"match":{"model":"m","provider":"A"},"unit_price":"0.01"},{"match":{"provider":"B"},"unit_price":"0.02"}],
             "otherwise":null},
            {"meter":"calls","in":"credits","model":"per_unit","unit_price":"1"}]}
        """;

    [Fact]
    public void A_plan_is_read_with_all_its_members()
    {
        var plan = Read.Plan(Full);
        Assert.Equal("p", plan.Id.Value);
        Assert.Equal(3, plan.Version);
        Assert.Equal("Example", plan.Name);
        Assert.Equal("USD", plan.Currency.Code);
        Assert.Equal(BillingInterval.Year, plan.Interval);
        Assert.Equal(Amount.FromWhole(49), plan.BaseFee);
        Assert.Equal(Amount.FromWhole(100), plan.MinimumCommitment);
        Assert.Equal(WalletMode.Postpaid, plan.WalletMode);
        Assert.Equal(Amount.Parse("0.001"), plan.CreditValue);
        Assert.Equal([50, 90, 100], plan.AlertThresholds);
        Assert.Equal(new RateLimit(1000, RateInterval.Minute), plan.RateLimit);
        Assert.Equal(
            [
                new PlanLimit(Tokens, Amount.FromWhole(1_000_000), PeriodKind.Month, true),
                new PlanLimit(Tokens, null, PeriodKind.Billing, false),
                new PlanLimit(MeterId.Parse("calls"), null, PeriodKind.Hour, true),
                new PlanLimit(MeterId.Parse("calls"), null, PeriodKind.Day, true),
            ],
            plan.Limits);
        Assert.Equal(Enum.GetValues<ChargeModel>().Append(ChargeModel.PerUnit), plan.Charges.Select(charge => charge.Model));
        Assert.Equal(
            [new Tier(Amount.FromWhole(10), Amount.Zero, Amount.One), new Tier(null, Amount.Parse("0.1"), Amount.Zero)],
            plan.Charges[2].Tiers);
        Assert.Equal(
            new Charge
            {
                Meter = Tokens, In = ChargeUnit.Credits, Model = ChargeModel.Matrix, Dimensions = ["provider", "model"],
                Cells =
                [
                    new MatrixCell([new DimensionMatch("provider", "A"), new DimensionMatch("model", "m")], Amount.Parse("0.01")),
                    new MatrixCell([new DimensionMatch("provider", "B")], Amount.Parse("0.02")),
                ],
            },
            plan.Charges[6]);
    }

    [Fact]
    public void What_is_written_reads_back_as_an_equal_plan()
    {
        var plan = Read.Plan(Full);
        Assert.True(CatalogJson.TryReadPlan(plan.Id, plan.Version, CatalogJson.ToBody(plan), Read.Meters, out var again, out _));
        Assert.Equal(plan, again);
        Assert.Equal(plan.GetHashCode(), again.GetHashCode());
        Assert.NotEqual(plan, again with { Charges = again.Charges.Skip(1).ToValueList() });
    }

    [Fact]
    public void Members_left_out_have_defaults()
    {
        var plan = Read.Plan("""{"name":"P","currency":"EUR","wallet_mode":"prepaid_overage"}""");
        Assert.Equal([80, 95], plan.AlertThresholds);
        Assert.Equal(BillingInterval.Month, plan.Interval);
        Assert.Null(plan.CreditValue);
        Assert.Null(plan.RateLimit);
        Assert.Empty(plan.Limits);
        Assert.Empty(plan.Charges);
        Assert.Equal(Amount.One, Read.Charge(""" "meter":"tokens","in":"money","model":"per_unit","unit_price":0.5 """).Per);
    }

    [Theory]
    [InlineData("""{}""", "name: Is required.\ncurrency: Is required.\nwallet_mode: Is required.")]
    [InlineData("""{"name":"P","currency":"usd","wallet_mode":"credit","version":2}""",
        "currency: Must be a code of ISO 4217 in upper case.\nwallet_mode: Must be one of prepaid, prepaid_overage, postpaid.\n"
        + "version: Is not known here.")]
    public void Every_fault_of_a_plan_is_named(string json, string faults) => Assert.Equal(faults, Read.PlanFaults(json));

    [Theory]
    [InlineData("\"interval\":\"week\"", "interval: Must be one of month, year.")]
    [InlineData("\"base_fee\":\"-1\"", "base_fee: Must not be negative.")]
    [InlineData("\"base_fee\":\"much\"", "base_fee: Must be a decimal, as a string or a number.")]
    [InlineData("\"base_fee\":true", "base_fee: Must be a decimal, as a string or a number.")]
    [InlineData("\"base_fee\":1e400", "base_fee: Has more than 18 digits before the point.")]
    [InlineData("\"base_fee\":0.0000000001", "base_fee: Has more than 9 digits after the point.")]
    [InlineData("\"base_fee\":\"0.0000000001\"", "base_fee: Has more than 9 digits after the point.")]
    [InlineData("\"alert_thresholds\":[0]", "alert_thresholds[0]: Must be a whole percentage from 1 to 100.")]
    [InlineData("\"alert_thresholds\":[101]", "alert_thresholds[0]: Must be a whole percentage from 1 to 100.")]
    [InlineData("\"alert_thresholds\":[99.5]", "alert_thresholds[0]: Must be a whole percentage from 1 to 100.")]
    [InlineData("\"alert_thresholds\":[80,80]", "alert_thresholds[1]: Thresholds must rise.")]
    [InlineData("\"rate_limit\":{\"requests\":0,\"per\":\"week\"}",
        "rate_limit.requests: Must be a whole number from 1 to 2147483647.\nrate_limit.per: Must be one of second, minute, hour, day.")]
    [InlineData("\"rate_limit\":{\"requests\":1.5,\"per\":\"day\"}", "rate_limit.requests: Must be a whole number from 1 to 2147483647.")]
    [InlineData("\"limits\":[{\"meter\":\"nothing\",\"max\":1,\"period\":\"month\"}]", "limits[0].meter: There is no meter 'nothing'.")]
    [InlineData("\"limits\":[{\"meter\":\"calls\",\"period\":\"month\"}]", "limits[0].max: Is required; null is unlimited.")]
    [InlineData("\"limits\":[{\"meter\":\"calls\",\"max\":-2,\"period\":\"week\"}]",
        "limits[0].max: Must not be negative.\nlimits[0].period: Must be one of hour, day, month, billing.")]
    [InlineData("\"limits\":[{\"meter\":\"calls\",\"max\":1,\"period\":\"day\",\"hard\":\"yes\"}]",
        "limits[0].hard: Must be true or false.")]
    [InlineData("\"limits\":[{\"meter\":\"mean\",\"max\":1,\"period\":\"day\"}]", "limits[0].meter: An average cannot be limited.")]
    [InlineData("\"limits\":[{\"meter\":\"calls\",\"max\":1,\"period\":\"day\"},{\"meter\":\"calls\",\"max\":2,\"period\":\"day\"}]",
        "limits: Meter 'calls' is limited more than once in the same way.")]
    [InlineData("\"limits\":[7]",
        "limits[0]: Must be an object.\nlimits[0].meter: Is required.\nlimits[0].max: Is required; null is unlimited.\n"
        + "limits[0].period: Is required.")]
    public void Every_fault_within_a_plan_is_named(string members, string faults) =>
        Assert.Equal(faults, Read.PlanFaults(Read.PlanWith(members)));

    [Fact]
    public void Charges_in_credits_need_the_value_of_a_credit_and_one_price_a_meter()
    {
        const string charge = """{"meter":"calls","in":"credits","model":"per_unit","unit_price":"1"}""";
        Assert.Equal(
            "credit_value: Is required where a charge is in credits.",
            Read.PlanFaults($$"""{"name":"P","currency":"USD","wallet_mode":"prepaid","charges":[{{charge}}]}"""));
        Assert.Equal(
            "charges: Meter 'calls' is charged in credits more than once.",
            Read.PlanFaults(Read.PlanWith($"\"charges\":[{charge},{charge}]")));
    }

    [Fact]
    public void Bytes_that_are_no_UTF_8_are_a_fault() => Assert.Equal(
        ": Holds text that is not valid Unicode.",
        Read.PlanFaults([.. "{\"name\":\""u8, 0xFF, .. "\",\"currency\":\"USD\",\"wallet_mode\":\"prepaid\"}"u8]));
}
