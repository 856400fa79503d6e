using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using Metering.Grid.Directory;
using Metering.Scenarios.Crash;

namespace Metering.Orleans.Tests.Cluster;

/// <summary>
/// Reads a wallet of every partition again and again, through every front end, and knows for how long each partition did not answer. A
/// read is fenced as an event is.
/// </summary>
internal sealed class PartitionGaps : IAsyncDisposable
{
    private static readonly TimeSpan pause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan patience = TimeSpan.FromSeconds(120);
    private readonly HttpClient http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(15) };
    private readonly CancellationTokenSource stopping = new();
    private readonly Lock gate = new();
    private readonly long[] lastSuccess = new long[SiloCluster.Partitions];
    private readonly long[] lastBegun = new long[SiloCluster.Partitions];
    private readonly TimeSpan[] longest = new TimeSpan[SiloCluster.Partitions];
    private readonly string[] lastWords = new string[SiloCluster.Partitions];
    private readonly IReadOnlyList<Uri> servers;
    private Task[] readers = [];

    private PartitionGaps(SiloCluster cluster)
    {
        servers = [.. cluster.Frontends.Select(front => front.Address)];
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", cluster.Key);
    }

    /// <summary>Makes a customer in every partition and begins to read.</summary>
    public static async Task<PartitionGaps> StartAsync(SiloCluster cluster, LoggingClient client)
    {
        var gaps = new PartitionGaps(cluster);
        string[] customers = [.. Enumerable.Range(0, SiloCluster.Partitions).Select(CustomerIn)];
        foreach (string id in customers)
        {
            string body = $$"""{"id":"{{id}}","name":"{{id}}","email":"one@example.com","plan":"llm-prepaid"}""";
            FinalAnswer made = await client.PostAsync("/v1/customers", body, id);
            Assert.True(made.Status is 201 or 409, made.Text);
        }

        gaps.Reset();
        gaps.readers = [.. customers.Select((customer, partition) => Task.Run(() => gaps.ReadAsync(customer, partition)))];
        return gaps;
    }

    /// <summary>
    /// Does something to the cluster, waits until every partition has answered a read that was begun afterwards, and tells the longest time
    /// that a partition was without an answer meanwhile.
    /// </summary>
    public async Task<TimeSpan> LongestAsync(Func<Task> doing)
    {
        Reset();
        await doing();
        long done = Stopwatch.GetTimestamp();
        while (true)
        {
            lock (gate)
            {
                if (lastBegun.All(begun => begun >= done))
                    return longest.Max();
                Assert.True(
                    Stopwatch.GetElapsedTime(done) < patience,
                    "Partitions that do not answer: " + string.Join("; ", Enumerable.Range(0, SiloCluster.Partitions)
                        .Where(partition => lastBegun[partition] < done).Select(partition => $"{partition}: {lastWords[partition]}")));
            }

            await Task.Delay(20);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await Task.WhenAll(readers);
        http.Dispose();
        stopping.Dispose();
    }

    internal static string CustomerIn(int partition) => Enumerable.Range(0, int.MaxValue).Select(number => $"gap-{number}")
        .First(id => Placement.PartitionOf(Encoding.UTF8.GetBytes(id), SiloCluster.Partitions) == partition);

    private void Reset()
    {
        long now = Stopwatch.GetTimestamp();
        lock (gate)
        {
            lastSuccess.AsSpan().Fill(now);
            longest.AsSpan().Clear();
            lastWords.AsSpan().Fill("nothing yet");
        }
    }

    private async Task ReadAsync(string customer, int partition)
    {
        for (int turn = partition; !stopping.IsCancellationRequested; turn++)
        {
            long begun = Stopwatch.GetTimestamp();
            string? wrong = null;
            try
            {
                var address = new Uri(servers[turn % servers.Count], $"/v1/wallets/{customer}");
                using HttpResponseMessage answer = await http.GetAsync(address, stopping.Token);
                wrong = answer.IsSuccessStatusCode ? null : await answer.Content.ReadAsStringAsync(stopping.Token);
            }
            catch (Exception broken) when (broken is HttpRequestException or OperationCanceledException)
            {
                if (stopping.IsCancellationRequested)
                    return;
                wrong = broken.Message;
            }

            Note(partition, begun, wrong);
            await Task.Delay(pause);
        }
    }

    private void Note(int partition, long begun, string? wrong)
    {
        lock (gate)
        {
            TimeSpan gap = Stopwatch.GetElapsedTime(lastSuccess[partition]);
            if (gap > longest[partition])
                longest[partition] = gap;
            if (wrong is not null)
            {
                lastWords[partition] = wrong;
                return;
            }

            lastSuccess[partition] = Stopwatch.GetTimestamp();
            lastBegun[partition] = begun;
        }
    }
}
