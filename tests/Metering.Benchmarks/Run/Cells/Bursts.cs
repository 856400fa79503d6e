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

    /// <summary>Whether a peer takes events of a batch together.</summary>
    public static bool TakesBatches(string peer) => _batching.Contains(peer);

    /// <summary>Seconds of settling that a second of so large requests makes: at 25 us an event, and as fast as the probe
    /// suggests.</summary>
    private static double Settling(int events) => events == 1 ? 0.5 : 6;

    /// <summary>All of them; with a further number of shards only those that are spread.</summary>
    public static IEnumerable<Cell> All(BenchOptions options, bool isFirst)
    {
        // One hot customer first: what events of many customers leave to be saved is saved up to 30 s later, and would be paid by it.
        foreach (Skew skew in (Skew[])[Skew.Hot, Skew.Spread, Skew.Zipf])
        {
            foreach ((int events, int connections) in _sizes)
            {
                string name = $"{events}-{skew}".ToLowerInvariant();
                bool isLeftOut = !isFirst && skew != Skew.Spread;
                if (!options.Wants(name) || isLeftOut)
                    continue;
                yield return Cell.Of(new Turns(
                    name, $"{events:N0} a request, {Text(skew)}",
                    spec => spec with { EventsARequest = events, Connections = connections, Skew = skew })
                {
                    Seconds = events == 1 ? options.Seconds : options.BatchSeconds, Repeats = Repeats(options, isFirst, skew),
                    Peers = isFirst ? Peers(options, events, skew) : [], SettlingASecond = Settling(events),
                });
            }
        }

        if (isFirst && options.Wants("100-duplicates"))
        {
            yield return Cell.Of(new Turns(
                "100-duplicates", "100 a request, spread, 10 % sent twice",
                spec => spec with { EventsARequest = 100, Connections = 64, DuplicatesPercent = 10 })
            {
                Seconds = options.BatchSeconds, Repeats = Repeats(options, isFirst, Skew.Zipf), Peers = Peers(options, 100, Skew.Spread),
                SettlingASecond = Settling(100),
            });
        }
    }

    // In a run of everything what has no goal of its own is measured once, and a further number of shards twice.
    private static int Repeats(BenchOptions options, bool isFirst, Skew skew) => options.Only.Count > 0
        ? options.Repeats
        : skew == Skew.Zipf ? 1 : isFirst && skew == Skew.Spread ? options.Repeats : Math.Min(2, options.Repeats);

    private static string[] Peers(BenchOptions options, int events, Skew skew) => skew == Skew.Zipf
        ? []
        : [.. options.PeerNames.Where(peer =>
            (TakesBatches(peer) && (skew == Skew.Spread || !options.Quick)) || (events == 1 && skew == Skew.Spread))];

    private static string Text(Skew skew) => skew switch
    {
        Skew.Hot => "one hot customer",
        Skew.Zipf => "Zipf",
        _ => "spread",
    };
}
