using System.Diagnostics;
using Metering.Scenarios.Crash;

namespace Metering.Scenarios.Moves;

/// <summary>
/// A client that sends an event of one customer after the other and notes how long it went without an answer of success: the pause as
/// somebody outside sees it.
/// </summary>
internal sealed class Pulse
{
    private readonly LoggingClient client;
    private readonly string customer;
    private readonly Lock gate = new();
    private readonly Task running;
    private volatile bool finishing;
    private long lastSuccess = Stopwatch.GetTimestamp();
    private TimeSpan longest;

    private Pulse(LoggingClient client, string customer)
    {
        (this.client, this.customer) = (client, customer);
        running = Task.Run(RunAsync);
    }

    public static Pulse Start(LoggingClient client, string customer) => new(client, customer);

    /// <summary>The longest time without success since the last call, the one that lasts included.</summary>
    public TimeSpan TakeLongest()
    {
        lock (gate)
        {
            TimeSpan now = Stopwatch.GetElapsedTime(lastSuccess);
            TimeSpan taken = now > longest ? now : longest;
            longest = TimeSpan.Zero;
            return taken;
        }
    }

    /// <summary>Waits until it is answered with success again.</summary>
    public async Task AgainAsync(TimeSpan within)
    {
        long since = Stopwatch.GetTimestamp();
        while (true)
        {
            lock (gate)
            {
                if (lastSuccess > since)
                    return;
            }

            Assert.True(Stopwatch.GetElapsedTime(since) < within, $"{customer} is not served after {within.TotalSeconds} s.");
            await Task.Delay(5);
        }
    }

    public Task FinishAsync()
    {
        finishing = true;
        return running;
    }

    private async Task RunAsync()
    {
        for (int number = 0; !finishing; number++)
        {
            var sent = new SentEvent(
                Guid.NewGuid().ToString(), customer, ModelPrice.All[number % ModelPrice.All.Count], 10, 5, null);
            client.Log.Sending(sent);
            await client.IngestAsync([sent], detailed: true);
            lock (gate)
            {
                TimeSpan since = Stopwatch.GetElapsedTime(lastSuccess);
                if (since > longest)
                    longest = since;
                lastSuccess = Stopwatch.GetTimestamp();
            }

            await Task.Delay(3);
        }
    }
}
