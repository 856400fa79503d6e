using System.Text.Json;
using Metering.Api.Catalog;
using Metering.Api.Json;
using Metering.Api.Tests.Support;

namespace Metering.Api.Tests.Catalog;

public sealed class PlanEndpointsTests
{
    private const string Example = """
        {"name":"Example","currency":"USD","interval":"month","base_fee":"49.00","wallet_mode":"postpaid","credit_value":"0.001",
         "alert_thresholds":[80,95],"rate_limit":{"requests":1000,"per":"minute"},
         "limits":[{"meter":"api_requests","max":"1000000","period":"month","hard":true}],
         "charges":[{"meter":"participant_minutes","in":"money","model":"per_unit","unit_price":"0.004"},
                    {"meter":"api_requests","in":"money","model":"per_unit","unit_price":"0.001","per":"1000","included":"10000"},
                    {"meter":"storage_gb","in":"money","model":"graduated",
                     "tiers":[{"up_to":"10","unit_price":"0"},{"up_to":null,"unit_price":"0.10"}]},
                    {"meter":"llm_input_tokens","in":"credits","model":"matrix","dimensions":["provider","model"],
                     "cells":[{"match":{"provider":"OPENAI","model":"gpt-4-turbo"},"unit_price":"0.01"}],"otherwise":null}]}
        """;

    [Fact]
    public async Task A_plan_gets_a_version_each_time_it_changes_and_old_versions_stay()
    {
        await using TestGrid grid = await TestGrid.StartAsync();
        Assert.Equal("1", (await grid.Operator.PutJsonAsync("/v1/plans/example", Example)).Expect(201)["version"]);
        Assert.Equal("1", (await grid.Operator.PutJsonAsync("/v1/plans/example", Example)).Expect(200)["version"]);
        string dearer = Example.Replace("49.00", "59.00", StringComparison.Ordinal);
        Assert.Equal("2", (await grid.Operator.PutJsonAsync("/v1/plans/example", dearer)).Expect(201)["version"]);

        Assert.Equal("59", (await grid.Operator.GetJsonAsync("/v1/plans/example")).Expect(200)["base_fee"]);
        Assert.Equal("49", (await grid.Operator.GetJsonAsync("/v1/plans/example?version=1")).Expect(200)["base_fee"]);
        (await grid.Operator.GetJsonAsync("/v1/plans/example?version=3")).ExpectProblem(404, "plan_not_found");
        (await grid.Operator.GetJsonAsync("/v1/plans/example?version=x")).ExpectProblem(400, "invalid_request");
    }

    [Fact]
    public async Task Faults_of_a_plan_carry_their_paths()
    {
        await using TestGrid grid = await TestGrid.StartAsync();
        string bad = Example.Replace("\"participant_minutes\"", "\"nothing\"", StringComparison.Ordinal)
            .Replace("\"USD\"", "\"usd\"", StringComparison.Ordinal);
        string[] fields = (await grid.Operator.PutJsonAsync("/v1/plans/bad", bad)).ExpectProblem(422, "invalid_plan").Fields;
        Assert.Contains("currency", fields);
        Assert.Contains("charges[0].meter", fields);
    }

    [Fact]
    public async Task What_is_answered_has_the_documented_shape()
    {
        await using TestGrid grid = await TestGrid.StartAsync();
        (await grid.Operator.PutJsonAsync("/v1/plans/example", Example)).Expect(201);
        var options = new JsonSerializerOptions
        {
            UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow,
        };
        ApiJson.Configure(options);

        foreach (JsonElement plan in (await grid.Operator.GetJsonAsync("/v1/plans")).Expect(200).Json.GetProperty("data").EnumerateArray())
            Assert.NotNull(plan.Deserialize<PlanShape>(options));
        foreach (JsonElement meter in (await grid.Operator.GetJsonAsync("/v1/meters")).Expect(200).Json.GetProperty("data")
            .EnumerateArray())
            Assert.NotNull(meter.Deserialize<MeterShape>(options));
    }

    [Fact]
    public async Task The_catalogue_is_for_the_operator_alone()
    {
        await using TestGrid grid = await TestGrid.StartAsync();
        await grid.AddCustomerAsync("c1", "api-pro");
        using HttpClient customer = await grid.Host.CustomerAsync("c1", Grid.Directory.KeyScopes.Read | Grid.Directory.KeyScopes.Billing);
        (await customer.GetJsonAsync("/v1/plans")).ExpectProblem(403, "forbidden");
        (await customer.PutJsonAsync("/v1/meters/m", "{}")).ExpectProblem(403, "forbidden");
        (await grid.Host.Anybody.GetJsonAsync("/v1/plans")).ExpectProblem(401, "unauthorized");
    }
}
