using System.Globalization;
using Metering.Scenarios.Support;

namespace Metering.Scenarios.Races;

[Collection(SharedServer.Name)]
public sealed class LastCreditsTests(ScenarioServer server)
{
    private const int Clients = 64;
    private const int Rounds = 50;

    [Fact]
    public async Task Racing_clients_get_exactly_as_many_events_as_the_balance_pays_for_fifty_times_over()
    {
        for (int round = 0; round < Rounds; round++)
        {
            // Another K each time, from 1 to 61; an event is 15 credits. A little more than K are worth does not pay for one more.
            int paid = 1 + round * 37 % 61;
            string credits = string.Create(CultureInfo.InvariantCulture, $"{15 * paid + 14}.999999999");
            string customer = await server.CustomerAsync("llm-prepaid", credits);
            Answer[] answers = await Task.WhenAll(Enumerable.Range(0, Clients).Select(
                client => server.Operator.IngestAsync(Story.Tokens(customer, $"{client}", 1_000, 500))));
            string[] codes = [.. answers.SelectMany(answer => answer.Codes())];
            Assert.Equal(paid, codes.Count(code => code == "accepted"));
            Assert.Equal(Clients - paid, codes.Count(code => code == "insufficient_credits"));
            Assert.Equal("14.999999999", await server.AvailableAsync(customer));
        }
    }
}
