using System.Globalization;
using System.Text.Json;
using Metering.Scenarios.Crash;
using Metering.TestSupport;
using Xunit.Abstractions;

namespace Metering.Orleans.Tests.Cluster;

/// <summary>64 callers over all front ends for a balance that pays for exactly K of them.</summary>
[Collection(OneCluster.Name)]
public sealed class RaceTests(SharedCluster shared, ITestOutputHelper output) : IDisposable
{
    private const int Callers = 64;
    private const int Rounds = 20;
    private readonly ClientLog log = new();
    private readonly List<LoggingClient> clients = [];

    [LinuxFact]
    public async Task Exactly_as_many_events_as_the_balance_pays_for_are_taken_also_while_a_silo_dies()
    {
        SiloCluster cluster = shared.Processes;
        clients.AddRange(cluster.Frontends.Select(front => new LoggingClient(front.Address, cluster.Key, log)));
        ClusterProcess victim = cluster.AddSilo("silo4");
        await SiloCluster.ReadyAsync(victim);
        for (int round = 0; round < Rounds; round++)
            await RaceAsync(round);
        output.WriteLine($"{Rounds} races of {Callers} callers over 2 front ends: exactly K each time");

        // Customers of all partitions race while a silo dies, so some of them live with it.
        Task[] races = [.. Enumerable.Range(Rounds, 12).Select(RaceAsync)];
        await victim.Process.KillAsync();
        await Task.WhenAll(races);
        cluster.Forget(victim);
        await AnswersAgainAsync();
        output.WriteLine("12 more, begun as a silo was killed: exactly K each time");
    }

    public void Dispose()
    {
        foreach (LoggingClient client in clients)
            client.Dispose();
    }

    // The next test finds every partition served, through every front end.
    private async Task AnswersAgainAsync()
    {
        for (int partition = 0; partition < SiloCluster.Partitions; partition++)
        {
            string id = PartitionGaps.CustomerIn(partition);
            string body = $$"""{"id":"{{id}}","name":"{{id}}","email":"one@example.com","plan":"llm-prepaid"}""";
            Assert.True((await clients[0].PostAsync("/v1/customers", body, id)).Status is 201 or 409);
            foreach (LoggingClient client in clients)
                Assert.Equal(200, (await client.GetAsync($"/v1/wallets/{id}")).Status);
        }
    }

    private async Task RaceAsync(int round)
    {
        // Another K each time, from 1 to 61; an event is 15 credits. A little more than K are worth does not pay for one more.
        int paid = 1 + round * 37 % 61;
        string customer = $"race-{round}";
        string credits = string.Create(CultureInfo.InvariantCulture, $"{15 * paid + 14}.999999999");
        string body = $$"""{"id":"{{customer}}","name":"race","email":"one@example.com","plan":"llm-prepaid"}""";
        Assert.Equal(201, (await clients[0].PostAsync("/v1/customers", body, customer)).Status);
        FinalAnswer granted = await clients[1].PostAsync(
            $"/v1/wallets/{customer}/grants", JsonSerializer.Serialize(new { amount = credits, kind = "paid" }), customer);
        Assert.Equal(201, granted.Status);

        SentEvent[] events = [.. Enumerable.Range(0, Callers).Select(
            _ => new SentEvent(Guid.NewGuid().ToString(), customer, ModelPrice.All[0], 1_000, 500, null))];
        foreach (SentEvent one in events)
            log.Sending(one);
        Task[] callers = [.. events.Select((one, caller) => clients[caller % clients.Count].IngestAsync([one], detailed: true))];
        await Task.WhenAll(callers);
        Assert.Equal(paid, events.Count(one => one.Acknowledged));
        Assert.Equal(Callers - paid, events.Count(one => one.Refused == "insufficient_credits"));
        FinalAnswer wallet = await clients[0].GetAsync($"/v1/wallets/{customer}");
        Assert.Equal(14.999999999m, ClientLog.Number(wallet.Body, "available"));
        Assert.Empty(log.Faults);
    }
}
