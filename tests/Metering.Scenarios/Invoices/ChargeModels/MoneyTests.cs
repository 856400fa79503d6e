using Metering.Scenarios.Support;

namespace Metering.Scenarios.Invoices.ChargeModels;

[Collection(SharedBilling.Name)]
public sealed class MoneyTests(BillingServer server)
{
    private const string Tiers = """
        "tiers":[{"up_to":"100","unit_price":"1"},{"up_to":"200","unit_price":"0.5","flat_fee":"3"},{"up_to":null,"unit_price":"0.1"}]
        """;

    [Theory]
    [InlineData(""" "model":"flat","amount":"25" """, 7, new[] { "usage 25" })]
    [InlineData(""" "model":"per_unit","unit_price":"0.25" """, 300, new[] { "usage 75" })]
    [InlineData(""" "model":"per_unit","unit_price":"0.25","included":"100" """, 300, new[] { "included 0", "usage 50" })]
    [InlineData(""" "model":"per_unit","unit_price":"2","per":"1000" """, 1_500, new[] { "usage 3" })]
    [InlineData("\"model\":\"graduated\"," + Tiers, 250, new[] { "usage 100", "usage 50", "usage 3", "usage 5" })]
    [InlineData("\"model\":\"volume\"," + Tiers, 50, new[] { "usage 50" })]
    [InlineData("\"model\":\"volume\"," + Tiers, 300, new[] { "usage 30" })]
    [InlineData(""" "model":"package","unit_price":"10","package_size":"1000" """, 2_001, new[] { "usage 30" })]
    [InlineData(""" "model":"percentage","percent":"2.5" """, 1_234.5, new[] { "usage 30.86" })]
    [InlineData(""" "model":"per_unit","unit_price":"0.01","minimum_commitment":"5" """, 100, new[] { "usage 1", "minimum 4" })]
    public async Task A_quantity_comes_to_its_lines(string charge, double quantity, string[] lines)
    {
        Month month = server.NextMonth();
        string plan = await server.PlanAsync("\"in\":\"money\"," + charge);
        string project = await server.CustomerAsync(plan);
        await server.UseAsync(project, $"story.{plan}", (decimal)quantity);
        Assert.Equal(lines, (await server.CloseAsync(project, month)).Lines);
    }

    [Fact]
    public async Task A_matrix_prices_each_combination()
    {
        Month month = server.NextMonth();
        string plan = await server.PlanAsync(
            """
            "in":"money","model":"matrix","dimensions":["region"],"otherwise":"0.3",
            "cells":[{"match":{"region":"eu"},"unit_price":"0.1"},{"match":{"region":"us"},"unit_price":"0.2"}]
            """,
            """ "aggregation":"sum","value":"quantity","dimensions":["region"] """);
        string project = await server.CustomerAsync(plan);
        await server.UseAsync(
            project, $"story.{plan}", null, new { quantity = 100, region = "eu" }, new { quantity = 60, region = "us" },
            new { quantity = 10, region = "jp" });
        Assert.Equal(["usage 10", "usage 12", "usage 3"], (await server.CloseAsync(project, month)).Lines);
    }

    [Fact]
    public async Task What_lacks_to_the_minimum_of_the_plan_is_a_line()
    {
        Month month = server.NextMonth();
        string plan = await server.PlanAsync(
            """ "in":"money","model":"per_unit","unit_price":"0.05" """,
            plan: """ "wallet_mode":"postpaid","base_fee":"10","minimum_commitment":"40" """);
        string project = await server.CustomerAsync(plan);
        await server.UseAsync(project, $"story.{plan}", 100);
        Assert.Equal(["usage 5", "base_fee 10", "minimum 25"], (await server.CloseAsync(project, month)).Lines);
    }

    [Theory]
    [InlineData(""" "aggregation":"sum","value":"quantity" """, "usage 21")]
    [InlineData(""" "aggregation":"count" """, "usage 3")]
    [InlineData(""" "aggregation":"max","value":"quantity" """, "usage 9")]
    [InlineData(""" "aggregation":"latest","value":"quantity" """, "usage 7")]
    [InlineData(""" "aggregation":"unique","value":"user" """, "usage 2")]
    public async Task Each_aggregation_is_paid_for(string meter, string line)
    {
        Month month = server.NextMonth();
        string plan = await server.PlanAsync(""" "in":"money","model":"per_unit","unit_price":"1" """, meter);
        string project = await server.CustomerAsync(plan);
        await server.UseAsync(
            project, $"story.{plan}", null, new { quantity = 5, user = "a" }, new { quantity = 9, user = "b" },
            new { quantity = 7, user = "a" });
        Assert.Equal([line], (await server.CloseAsync(project, month)).Lines);
    }
}
