using Metering.Benchmarks.Load;

namespace Metering.Benchmarks.Run.Cells;

/// <summary>
/// Closed loop, as fast as it goes: 1, 100 and 1,000 events a request, spread, Zipf, one hot customer, and with duplicates.
/// </summary>
internal static class Bursts
{
    private static readonly (int Events, int Connections)[] _sizes = [(1, 256), (100, 64), (1_000, 16)];

    /// <summary>Runs them; with a further number of shards only those that are spread.</summary>
    public static async Task RunAsync(Bench bench, bool isFirst)
    {
        foreach ((int events, int connections) in _sizes)
        {
            foreach (Skew skew in (Skew[])[Skew.Spread, Skew.Zipf, Skew.Hot])
            {
                string name = $"{events}-{skew}".ToLowerInvariant();
                bool isLeftOut = !isFirst && skew != Skew.Spread;
                bool isRare = bench.Options.Quick && skew == Skew.Zipf && bench.Options.Only.Count == 0;
                if (bench.Options.Wants(name) && !isLeftOut && !isRare)
                    await bench.MeasureAsync(name, $"{events:N0} a request, {Text(skew)}", spec => spec with
                    {
                        EventsARequest = events, Connections = connections, Skew = skew,
                    }, withPeers: skew != Skew.Zipf);
            }
        }

        if (isFirst && bench.Options.Wants("100-duplicates"))
            await bench.MeasureAsync("100-duplicates", "100 a request, spread, 10 % sent twice", spec => spec with
            {
                EventsARequest = 100, Connections = 64, DuplicatesPercent = 10,
            }, withPeers: true);
    }

    private static string Text(Skew skew) => skew switch
    {
        Skew.Hot => "one hot customer",
        Skew.Zipf => "Zipf",
        _ => "spread",
    };
}
