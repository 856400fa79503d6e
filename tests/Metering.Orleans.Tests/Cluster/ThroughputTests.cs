using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Metering.Scenarios.Crash;
using Metering.TestSupport;
using Xunit.Abstractions;

namespace Metering.Orleans.Tests.Cluster;

/// <summary>The same batches through three silos and through the server of one machine, all on this machine: what the hops cost.</summary>
[Collection(OneCluster.Name)]
[Trait("runs", "alone")]
public sealed class ThroughputTests(SharedCluster shared, ITestOutputHelper output)
{
    private const int Callers = 16;
    private const int Batch = 100;
    private const int Customers = 64;
    private static readonly TimeSpan warmUp = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan measured = TimeSpan.FromSeconds(3);

    [WholeSuiteFact]
    public async Task Cluster_takes_batches_and_its_rate_is_printed_beside_that_of_one_process()
    {
        SiloCluster silos = shared.Processes;
        double cluster = await RateAsync([.. silos.Frontends.Select(front => front.Address)], silos.Key);
        double embedded;
        await using (CrashCluster one = await CrashCluster.OnDatabasesAsync())
        {
            await CrashCluster.ReadyAsync(one.Start(), one.Address);
            embedded = await RateAsync([one.Address], one.Key);
        }

        string line = $"batches of {Batch}, {Callers} callers, {Environment.ProcessorCount} cores for everything: 3 silos and 2 front ends "
            + $"{cluster:N0} events/s, the server of one machine {embedded:N0} events/s, {cluster / embedded:P0}";
        output.WriteLine(line);
        Console.WriteLine(line);
        Assert.True(cluster > 0 && embedded > 0);
    }

    private static async Task<double> RateAsync(IReadOnlyList<Uri> servers, string key)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        for (int customer = 0; customer < Customers; customer++)
        {
            var body = new { id = $"rate-{customer}", name = "rate", email = "one@example.com", plan = "llm-overage" };
            using HttpResponseMessage made = await http.PostAsync(
                new Uri(servers[0], "/v1/customers"), new StringContent(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json"));
            made.EnsureSuccessStatusCode();
        }

        long taken = 0;
        using var end = new CancellationTokenSource();
        Task[] callers = [.. Enumerable.Range(0, Callers).Select(caller => Task.Run(async () =>
        {
            for (int turn = 0; !end.IsCancellationRequested; turn++)
            {
                using var content = new StringContent(Body(caller, turn), Encoding.UTF8, "application/cloudevents-batch+json");
                using HttpResponseMessage answer = await http.PostAsync(new Uri(servers[caller % servers.Count], "/v1/events"), content);
                Assert.True((int)answer.StatusCode == 204, await answer.Content.ReadAsStringAsync());
                Interlocked.Add(ref taken, Batch);
            }
        }))];
        await Task.Delay(warmUp);
        long before = Interlocked.Read(ref taken);
        long began = Stopwatch.GetTimestamp();
        await Task.Delay(measured);
        double rate = (Interlocked.Read(ref taken) - before) / Stopwatch.GetElapsedTime(began).TotalSeconds;
        await end.CancelAsync();
        await Task.WhenAll(callers);
        return rate;
    }

    private static string Body(int caller, int turn) => JsonSerializer.Serialize(Enumerable.Range(0, Batch).Select(index => new
    {
        specversion = "1.0",
        id = $"{caller}-{turn}-{index}",
        source = "rate",
        type = "TOKEN_USAGE",
        subject = $"rate-{(caller * 7 + turn + index) % Customers}",
        data = new { provider = "OPENAI", model = "gpt-4o", input_tokens = 10, output_tokens = 5 },
    }));
}
