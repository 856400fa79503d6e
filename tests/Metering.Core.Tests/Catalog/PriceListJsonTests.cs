using Metering.Core.Catalog;
using Metering.Core.Money;

namespace Metering.Core.Tests.Catalog;

public sealed class PriceListJsonTests
{
    private const string Plan = """
        {"name":"P","currency":"USD","wallet_mode":"postpaid","base_fee":"49","minimum_commitment":"60","credit_value":"0.01",
         "charges":[{"meter":"calls","in":"money","model":"per_unit","unit_price":"0.5"},
                    {"meter":"calls","in":"credits","model":"per_unit","unit_price":"1"},
                    {"meter":"tokens","in":"money","model":"matrix","dimensions":["model"],
                     "cells":[{"match":{"model":"m"},"unit_price":"1"}],"otherwise":null}],
         "prices":PRICES}
        """;

    private const string Calls = """{"meter":"calls","in":"money","model":"graduated","tiers":[{"up_to":null,"unit_price":"70"}]}""";

    private const string Tokens = """
        {"meter":"tokens","in":"money","model":"matrix","dimensions":["model"],"cells":[{"match":{"model":"m"},"unit_price":"9"}]}
        """;

    private static readonly string _yen = $$"""{"base_fee":"7000","credit_value":"2","charges":[{{Calls}},{{Tokens}}]}""";

    [Fact]
    public void Each_currency_has_its_own_prices_and_another_has_none()
    {
        var plan = Read.Plan(With($$"""{"JPY":{{_yen}},"EUR":{{_yen}}}"""));
        Assert.Equal(["EUR", "JPY"], plan.Prices.Select(list => list.Currency.Code));
        var yen = plan.PricesIn(Currency.Parse("JPY"))!;
        Assert.Equal(Amount.FromWhole(7000), yen.BaseFee);
        Assert.Equal(Amount.Zero, yen.MinimumCommitment);
        Assert.Equal(Amount.FromWhole(2), yen.CreditValue);
        Assert.Equal([ChargeModel.Graduated, ChargeModel.Matrix], yen.Charges.Select(charge => charge.Model));
        var own = plan.PricesIn(Currency.Parse("USD"))!;
        Assert.Equal(Amount.FromWhole(49), own.BaseFee);
        Assert.Equal(Amount.FromWhole(60), own.MinimumCommitment);
        Assert.Equal(Amount.Parse("0.01"), own.CreditValue);
        Assert.Equal([ChargeModel.PerUnit, ChargeModel.Matrix], own.Charges.Select(charge => charge.Model));
        Assert.Null(plan.PricesIn(Currency.Parse("GBP")));
    }

    [Fact]
    public void What_is_written_reads_back_as_an_equal_plan_whatever_the_order_of_currencies()
    {
        var plan = Read.Plan(With($$"""{"JPY":{{_yen}},"EUR":{{_yen}}}"""));
        Assert.True(CatalogJson.TryReadPlan(plan.Id, plan.Version, CatalogJson.ToBody(plan), Read.Meters, out var again, out _));
        Assert.Equal(plan, again);
        Assert.Equal(plan, Read.Plan(With($$"""{"EUR":{{_yen}},"JPY":{{_yen}}}""")));
        Assert.NotEqual(plan, Read.Plan(With($$"""{"EUR":{{_yen}}}""")));
    }

    [Theory]
    [InlineData("7", "prices: Must be an object.")]
    [InlineData("""{"eur":{}}""", "prices.eur: Must be a code of ISO 4217 in upper case.")]
    [InlineData("""{"USD":{}}""", "prices.USD: Is the plan's own currency, whose prices are members of the plan.")]
    [InlineData("""{"EUR":null}""", "prices.EUR: Must be an object.")]
    [InlineData("""{"EUR":{"fee":1}}""",
        "prices.EUR.base_fee: Is required.\nprices.EUR.fee: Is not known here.\n"
        + "prices.EUR.credit_value: Is required where a charge is in credits.\n"
        + "prices.EUR.charges: Must be for the same meters, in the same order, as those of the plan in money.")]
    [InlineData("""{"EUR":{"base_fee":1,"credit_value":1}}""",
        "prices.EUR.charges: Must be for the same meters, in the same order, as those of the plan in money.")]
    [InlineData("""{"EUR":{"base_fee":1,"credit_value":1,"charges":[TOKENS,CALLS]}}""",
        "prices.EUR.charges: Must be for the same meters, in the same order, as those of the plan in money.")]
    [InlineData(
        """{"EUR":{"base_fee":1,"credit_value":1,"charges":[{"meter":"calls","in":"credits","model":"per_unit","unit_price":1}]}}""",
        "prices.EUR.charges: Must be in money; charges in credits are the plan's alone.")]
    [InlineData("""{"EUR":{"base_fee":1,"credit_value":1,"charges":[{"meter":"calls","in":"money","model":"flat"}]}}""",
        "prices.EUR.charges[0].amount: Is required.")]
    public void Every_fault_of_prices_is_named(string prices, string faults) =>
        Assert.Equal(faults, Read.PlanFaults(With(prices.Replace("TOKENS", Tokens).Replace("CALLS", Calls))));

    [Theory]
    [InlineData("\"dimensions\":[\"model\"]", "\"dimensions\":[\"model\",\"provider\"]")]
    [InlineData("\"match\":{\"model\":\"m\"}", "\"match\":{\"model\":\"n\"}")]
    [InlineData("\"unit_price\":\"9\"}]", "\"unit_price\":\"9\"}],\"otherwise\":1")]
    public void Matrix_has_a_price_in_each_currency_for_the_same_events(string part, string other) => Assert.Equal(
        "prices.EUR.charges[1]: Must price the same cells as the plan's matrix does, and otherwise only where it does.",
        Read.PlanFaults(With($$"""{"EUR":{{_yen.Replace(part, other)}}}""")));

    private static string With(string prices) => Plan.Replace("PRICES", prices);
}
