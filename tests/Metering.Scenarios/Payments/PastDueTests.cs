using Metering.Scenarios.Support;

namespace Metering.Scenarios.Payments;

public sealed class PastDueTests
{
    [Theory]
    [InlineData(false, "accepted")]
    [InlineData(true, "customer_suspended")]
    public async Task Events_of_a_customer_who_is_past_due_are_taken_unless_the_operator_wants_otherwise(bool suspends, string expected)
    {
        var server = new ScenarioServer { Configure = settings => settings with { PastDueSuspends = suspends } };
        await server.InitializeAsync();
        try
        {
            string customer = await server.CustomerAsync("media-pro");
            Assert.Equal(["accepted"], await SendAsync("before"));
            (await server.Operator.PatchAsync($"/v1/customers/{customer}", new { status = "past_due" })).Expect(200);
            Assert.Equal([expected], await SendAsync("past due"));
            (await server.Operator.PatchAsync($"/v1/customers/{customer}", new { status = "active" })).Expect(200);
            Assert.Equal(["accepted"], await SendAsync("after"));

            async Task<string[]> SendAsync(string id) => (await server.Operator.IngestAsync(
                Story.Event("usage.participant_minutes", customer, id, new { quantity = 1 }))).Codes();
        }
        finally
        {
            await server.DisposeAsync();
        }
    }
}
