using Metering.Api.Catalog;
using Metering.Api.Tests.Support;

namespace Metering.Api.Tests.Catalog;

public sealed class MeterEndpointsTests
{
    private const string Tokens =
        """{"event_type":"my.tokens","aggregation":"sum","value":"tokens","dimensions":["model"],"unit":"tokens"}""";

    [Fact]
    public async Task A_new_meter_is_created_then_unchanged_then_changed_and_in_use_it_stays()
    {
        await using TestGrid grid = await TestGrid.StartAsync();
        Assert.Equal("my_tokens", (await grid.Operator.PutJsonAsync("/v1/meters/my_tokens", Tokens)).Expect(201)["id"]);
        (await grid.Operator.PutJsonAsync("/v1/meters/my_tokens", Tokens)).Expect(200);
        string changed = Tokens.Replace("sum", "max", StringComparison.Ordinal);
        Assert.Equal("max", (await grid.Operator.PutJsonAsync("/v1/meters/my_tokens", changed)).Expect(200)["aggregation"]);

        await grid.Engine.Control.MarkMetersUsedAsync(["my_tokens"], CancellationToken.None);
        (await grid.Operator.PutJsonAsync("/v1/meters/my_tokens", changed)).Expect(200);
        (await grid.Operator.PutJsonAsync("/v1/meters/my_tokens", Tokens)).ExpectProblem(409, "meter_in_use");
        Assert.Equal("max", (await grid.Operator.GetJsonAsync("/v1/meters/my_tokens")).Expect(200)["aggregation"]);
    }

    [Fact]
    public async Task A_meter_whose_plans_need_it_as_it_is_is_refused()
    {
        await using TestGrid grid = await TestGrid.StartAsync();
        const string otherwise = """{"event_type":"llm.call","aggregation":"avg","value":"tokens","unit":"tokens"}""";
        (await grid.Operator.PutJsonAsync("/v1/meters/llm_input_tokens", otherwise)).ExpectProblem(422, "invalid_meter");
    }

    [Fact]
    public async Task Every_fault_of_a_meter_is_named_at_once()
    {
        await using TestGrid grid = await TestGrid.StartAsync();
        Reply reply = await grid.Operator.PutJsonAsync("/v1/meters/bad", """{"aggregation":"median","colour":"red"}""");
        Assert.Equal(["event_type", "aggregation", "colour"], reply.ExpectProblem(422, "invalid_meter").Fields.Distinct());
    }

    [Fact]
    public async Task Ids_that_name_members_of_usage_answers_are_refused()
    {
        await using TestGrid grid = await TestGrid.StartAsync();
        foreach (string id in ReservedMeterIds.All)
            (await grid.Operator.PutJsonAsync($"/v1/meters/{id}", Tokens)).ExpectProblem(422, "invalid_meter");
    }

    [Fact]
    public async Task All_meters_are_listed_by_id()
    {
        await using TestGrid grid = await TestGrid.StartAsync();
        Reply reply = (await grid.Operator.GetJsonAsync("/v1/meters")).Expect(200);
        string[] ids = [.. reply.Json.GetProperty("data").EnumerateArray().Select(meter => meter.GetProperty("id").GetString()!)];
        Assert.Equal(ids.Order(StringComparer.Ordinal), ids);
        Assert.Contains("llm_input_tokens", ids);
        (await grid.Operator.GetJsonAsync("/v1/meters/none")).ExpectProblem(404, "meter_not_found");
    }
}
