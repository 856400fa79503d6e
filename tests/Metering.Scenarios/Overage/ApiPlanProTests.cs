using Metering.Scenarios.Support;

namespace Metering.Scenarios.Overage;

[Collection(SharedServer.Name)]
public sealed class ApiPlanProTests(ScenarioServer server)
{
    [Fact]
    public async Task Of_105000_calls_all_are_accepted_and_5000_are_overage_of_5_dollars()
    {
        string customer = await server.CustomerAsync("api-pro");
        int accepted = 0;
        for (int batch = 0; batch < 21; batch++)
        {
            object call = new { endpoint = "/v1/things", method = "GET", status_code = 200, response_time_ms = 12 };
            object[] calls = [.. Enumerable.Range(batch * 5_000, 5_000).Select(id => Story.Event("api.call", customer, $"{id}", call))];
            Answer answer = await server.Operator.IngestAsync(calls);
            accepted += int.Parse(answer.Expect(200).Text("accepted")!, System.Globalization.CultureInfo.InvariantCulture);
        }

        Assert.Equal(105_000, accepted);
        using ApiClient own = await server.SignInAsync(customer, "read");
        Answer overage = (await own.GetAsync("/api/usage/overage")).Expect(200);
        Assert.Equal("100000", overage.Amount("included").ToString());
        Assert.Equal("105000", overage.Amount("used").ToString());
        Assert.Equal("5000", overage.Amount("overage_calls").ToString());
        Assert.Equal("5", overage.Amount("overage_cost").ToString());
    }

    [Fact]
    public async Task Calls_that_are_not_billable_are_counted_and_never_limited()
    {
        string customer = await server.CustomerAsync("api-free");
        object[] calls = [.. Enumerable.Range(0, 1_010).Select(number => Story.Event(
            "api.call", customer, $"{number}", new { endpoint = "/health", method = "GET", status_code = 200, billable = number < 5 }))];
        Answer answer = await server.Operator.IngestAsync(calls);
        Assert.Equal("1010", answer.Expect(200).Text("accepted"));
        using ApiClient own = await server.SignInAsync(customer, "read");
        Answer current = (await own.GetAsync("/api/usage/current")).Expect(200);
        Assert.Equal(("5", "1000", "995"), ($"{current.Amount("used")}", $"{current.Amount("limit")}", $"{current.Amount("remaining")}"));
    }
}
