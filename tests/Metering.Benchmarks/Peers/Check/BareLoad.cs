using System.Buffers.Binary;
using System.Diagnostics;

namespace Metering.Benchmarks.Peers.Check;

/// <summary>Drives a peer without HTTP and JSON: a few callers, each with one request of ready events open at a time.</summary>
internal static class BareLoad
{
    private const int Input = 1_000;
    private const int Output = 500;

    /// <summary>Sends for a while, then compares what was debited with what was sent.</summary>
    /// <param name="peer">A peer that runs; its balances must cover everything.</param>
    /// <param name="customers">How many of its customers get events; 1 makes a hot one.</param>
    /// <param name="eventsARequest">Events a request.</param>
    /// <param name="callers">Requests open at once.</param>
    /// <param name="seconds">How long.</param>
    /// <returns>Debited events a second.</returns>
    /// <exception cref="InvalidDataException">The store debited something else than what was sent.</exception>
    public static async Task<double> RunAsync(IPeer peer, int customers, int eventsARequest, int callers, double seconds)
    {
        long sumBefore = await peer.SumDebitedAsync();
        long countBefore = await peer.CountAsync();
        long started = Stopwatch.GetTimestamp();
        var stop = TimeSpan.FromSeconds(seconds);
        long[] sent = await Task.WhenAll(Enumerable.Range(0, callers).Select(async caller =>
        {
            var random = new Random(caller);
            var events = new PeerEvent[eventsARequest];
            long requests = 0;
            do
            {
                for (int i = 0; i < events.Length; i++)
                    events[i] = Make(random, customers);
                PeerAnswer answer = await peer.ApplyAsync(events);
                if (answer.Refused > 0)
                    throw new InvalidDataException($"{peer.Name} refused events that the balances cover.");
                requests++;
            }
            while (Stopwatch.GetElapsedTime(started) < stop);
            return requests;
        }));
        TimeSpan elapsed = Stopwatch.GetElapsedTime(started);
        long count = await peer.CountAsync() - countBefore;
        if (!peer.AnswersBeforeDebit)
        {
            long requests = sent.Sum();
            long sum = await peer.SumDebitedAsync() - sumBefore;
            if (count != requests * eventsARequest || sum != count * Price())
                throw new InvalidDataException(
                $"{peer.Name} debited {sum} for {count} events where {requests * eventsARequest} were sent.");
        }

        return count / elapsed.TotalSeconds;
    }

    private static PeerEvent Make(Random random, int customers)
    {
        long now = (DateTime.UtcNow.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;
        return new PeerEvent(Guid.CreateVersion7(), random.Next(customers), Model(), Input, Output, Price(), now);
    }

    private static short Model() => PeerPrices.TryFind("OPENAI"u8, "gpt-4-turbo"u8, out short number)
        ? number
        : throw new InvalidDataException("The catalogue has no gpt-4-turbo.");

    private static long Price() => PeerPrices.Amount(Model(), Input, Output);
}
