using System.Globalization;
using System.Text.Json;
using Metering.Scenarios.Crash;
using Metering.TestSupport;
using Xunit.Abstractions;

namespace Metering.Orleans.Tests.Cluster;

/// <summary>64 callers over all front ends for a balance that pays for exactly K of them.</summary>
[Collection(ClusterTests.Name)]
public sealed class RaceTests(ITestOutputHelper output)
{
    private const int Callers = 64;
    private const int Rounds = 20;

    [LinuxFact]
    public async Task Exactly_as_many_events_as_the_balance_pays_for_are_taken_also_while_a_silo_dies()
    {
        await using ClusterRun run = await ClusterRun.StartAsync(output);
        for (int round = 0; round < Rounds; round++)
            await RaceAsync(run, round);
        run.Say($"{Rounds} races of {Callers} callers over 2 front ends: exactly K each time");

        // Customers of all partitions race while a silo dies, so some of them live with it.
        ClusterProcess victim = run.Cluster.Silos[1];
        Task[] races = [.. Enumerable.Range(Rounds, 12).Select(round => RaceAsync(run, round))];
        await victim.Process.KillAsync();
        await Task.WhenAll(races);
        run.Cluster.Forget(victim);
        run.Say("12 more, begun as a silo was killed: exactly K each time");
    }

    private static async Task RaceAsync(ClusterRun run, int round)
    {
        // Another K each time, from 1 to 61; an event is 15 credits. A little more than K are worth does not pay for one more.
        int paid = 1 + round * 37 % 61;
        string customer = $"race-{round}";
        string credits = string.Create(CultureInfo.InvariantCulture, $"{15 * paid + 14}.999999999");
        string body = $$"""{"id":"{{customer}}","name":"race","email":"one@example.com","plan":"llm-prepaid"}""";
        Assert.Equal(201, (await run.Clients[0].PostAsync("/v1/customers", body, customer)).Status);
        FinalAnswer granted = await run.Clients[1].PostAsync(
            $"/v1/wallets/{customer}/grants", JsonSerializer.Serialize(new { amount = credits, kind = "paid" }), customer);
        Assert.Equal(201, granted.Status);

        SentEvent[] events = [.. Enumerable.Range(0, Callers).Select(
            _ => new SentEvent(Guid.NewGuid().ToString(), customer, ModelPrice.All[0], 1_000, 500, null))];
        foreach (SentEvent one in events)
            run.Clients[0].Log.Sending(one);
        Task[] callers = [.. events.Select((one, caller) => run.Clients[caller % run.Clients.Count].IngestAsync([one], detailed: true))];
        await Task.WhenAll(callers);
        Assert.Equal(paid, events.Count(one => one.Acknowledged));
        Assert.Equal(Callers - paid, events.Count(one => one.Refused == "insufficient_credits"));
        FinalAnswer wallet = await run.Clients[0].GetAsync($"/v1/wallets/{customer}");
        Assert.Equal(14.999999999m, ClientLog.Number(wallet.Body, "available"));
        Assert.Empty(run.Clients[0].Log.Faults);
    }
}
