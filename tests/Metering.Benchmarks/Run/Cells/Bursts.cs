using Metering.Benchmarks.Load;

namespace Metering.Benchmarks.Run.Cells;

/// <summary>
/// Closed loop, as fast as it goes: 1, 100 and 1,000 events a request, spread, Zipf, one hot customer, and with duplicates.
/// </summary>
internal static class Bursts
{
    private static readonly (int Events, int Connections)[] _sizes = [(1, 256), (100, 64), (1_000, 16)];

    // A peer that takes events one by one takes them as fast in batches; batches of a thousand of them would only hold the run up.
    private static readonly string[] _batching = ["pg-batched", "redis-lua"];

    /// <summary>All of them; with a further number of shards only those that are spread.</summary>
    public static IEnumerable<Cell> All(BenchOptions options, bool isFirst)
    {
        foreach ((int events, int connections) in _sizes)
        {
            foreach (Skew skew in (Skew[])[Skew.Spread, Skew.Zipf, Skew.Hot])
            {
                string name = $"{events}-{skew}".ToLowerInvariant();
                bool isLeftOut = !isFirst && skew != Skew.Spread;
                bool isRare = options.Quick && skew == Skew.Zipf && options.Only.Count == 0;
                if (!options.Wants(name) || isLeftOut || isRare)
                    continue;
                yield return Cell.Of(new Turns(
                    name, $"{events:N0} a request, {Text(skew)}",
                    spec => spec with { EventsARequest = events, Connections = connections, Skew = skew })
                {
                    Seconds = options.Seconds, Repeats = options.Quick && skew == Skew.Hot ? 1 : options.Repeats,
                    Peers = isFirst ? Peers(options, events, skew) : [],
                });
            }
        }

        if (isFirst && options.Wants("100-duplicates") && (!options.Quick || options.Only.Count > 0))
        {
            yield return Cell.Of(new Turns(
                "100-duplicates", "100 a request, spread, 10 % sent twice",
                spec => spec with { EventsARequest = 100, Connections = 64, DuplicatesPercent = 10 })
            {
                Seconds = options.Seconds, Repeats = options.Repeats, Peers = Peers(options, 100, Skew.Spread),
            });
        }
    }

    private static string[] Peers(BenchOptions options, int events, Skew skew) => skew == Skew.Zipf
        ? []
        : [.. options.PeerNames.Where(peer =>
            _batching.Contains(peer) || (events == 1 && (skew == Skew.Spread || !options.Quick)))];

    private static string Text(Skew skew) => skew switch
    {
        Skew.Hot => "one hot customer",
        Skew.Zipf => "Zipf",
        _ => "spread",
    };
}
