using Metering.Scenarios.Support;

namespace Metering.Scenarios.Limits;

[Collection(SharedServer.Name)]
public sealed class FreePlanTests(ScenarioServer server)
{
    [Fact]
    public async Task At_850_of_1000_participant_minutes_there_is_one_warning_of_85_percent()
    {
        string customer = await server.CustomerAsync("media-free");
        await server.Operator.IngestAsync(Minutes(customer, "1", 850));
        await server.Operator.IngestAsync(Minutes(customer, "2", 0));
        Answer answer = await Story.UntilAsync(
            () => AlertsAsync(customer), alerts => alerts.Status == 200 && alerts.Rows("alerts", "data").Count > 0);
        var alert = Assert.Single(answer.Rows("alerts", "data"));
        Assert.Equal("warning", alert.GetProperty("severity").GetString());
        Assert.Equal("85", alert.Amount("percentage"));
        Assert.Equal("850", alert.Amount("current_usage"));
        Assert.Equal("1000", alert.Amount("limit"));
        Assert.Equal("Participant minutes at 85.0% of limit", alert.GetProperty("message").GetString());
    }

    [Fact]
    public async Task A_hard_limit_is_reached_exactly_and_never_passed()
    {
        string customer = await server.CustomerAsync("media-free");
        Answer answer = await server.Operator.IngestAsync(
            Minutes(customer, "1", 999), Minutes(customer, "2", 2), Minutes(customer, "3", 1), Minutes(customer, "4", 1));
        Assert.Equal(["accepted", "limit_exceeded", "accepted", "limit_exceeded"], answer.Codes());
        Answer alerts = await Story.UntilAsync(
            () => AlertsAsync(customer), read => read.Status == 200 && read.Rows("alerts", "data").Count >= 3);
        Assert.Equal(
            ["critical", "exceeded", "warning"],
            alerts.Rows("alerts", "data").Select(alert => alert.GetProperty("severity").GetString()).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Clients_that_race_for_the_rest_of_a_limit_get_exactly_the_rest()
    {
        string customer = await server.CustomerAsync("media-free");
        await server.Operator.IngestAsync(Minutes(customer, "first", 990));
        Answer[] answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(
            number => server.Operator.IngestAsync(Minutes(customer, $"{number}", 1))));
        Assert.Equal(10, answers.Count(answer => answer.Codes()[0] == "accepted"));
        Assert.Equal(30, answers.Count(answer => answer.Codes()[0] == "limit_exceeded"));
    }

    [Fact]
    public async Task A_check_says_what_would_happen_and_consumes_nothing()
    {
        string customer = await server.CustomerAsync("media-free");
        await server.Operator.IngestAsync(Minutes(customer, "1", 900));
        for (int again = 0; again < 2; again++)
        {
            Answer fits = await CheckAsync(customer, 100);
            Assert.Equal("True", fits.Text("allowed"));
            Answer passes = await CheckAsync(customer, 101);
            Assert.Equal(("False", "limit_exceeded"), (passes.Text("allowed"), passes.Text("code")));
        }
    }

    [Fact]
    public async Task Without_prefer_a_passed_limit_is_429_and_what_was_accepted_stays()
    {
        string customer = await server.CustomerAsync("media-free");
        Answer answer = await server.Operator.PostAsync("/v1/events", new[] { Minutes(customer, "1", 1_000), Minutes(customer, "2", 1) });
        Assert.Equal((429, "limit_exceeded"), (answer.Status, answer.Code));
        Assert.Equal(["duplicate", "limit_exceeded"],
            (await server.Operator.IngestAsync(Minutes(customer, "1", 1_000), Minutes(customer, "2", 1))).Codes());
    }

    private static object Minutes(string customer, string id, int quantity) =>
        Story.Event("usage.participant_minutes", customer, id, new { quantity });

    private Task<Answer> AlertsAsync(string customer) => server.Operator.GetAsync($"/v1/usage/{customer}/alerts");

    private async Task<Answer> CheckAsync(string customer, int quantity) =>
        (await server.Operator.PostAsync(
            $"/v1/usage/{customer}/check-limits", new { type = "usage.participant_minutes", data = new { quantity } })).Expect(200);
}
