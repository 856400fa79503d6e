using Metering.Benchmarks.Load;

namespace Metering.Benchmarks.Run.Cells;

/// <summary>Closed loop, as fast as it goes: 1, 100 and 1,000 events a request, spread, Zipf, one hot customer, and with duplicates.</summary>
internal static class Bursts
{
    private static readonly (int Events, int Connections)[] _sizes = [(1, 256), (100, 64), (1_000, 16)];

    public static async Task RunAsync(Bench bench)
    {
        foreach ((int events, int connections) in _sizes)
        {
            foreach (Skew skew in (Skew[])[Skew.Spread, Skew.Zipf, Skew.Hot])
            {
                string name = $"{events}-{skew}".ToLowerInvariant();
                if (bench.Options.Wants(name) && !(bench.Options.Quick && skew == Skew.Zipf && bench.Options.Only.Count == 0))
                    await bench.MeasureAsync(name, $"{events:N0} a request, {Text(skew)}", spec => spec with
                    {
                        EventsARequest = events, Connections = connections, Skew = skew,
                    });
            }
        }

        if (bench.Options.Wants("100-duplicates"))
            await bench.MeasureAsync("100-duplicates", "100 a request, spread, 10 % sent twice", spec => spec with
            {
                EventsARequest = 100, Connections = 64, DuplicatesPercent = 10,
            });
    }

    private static string Text(Skew skew) => skew switch
    {
        Skew.Hot => "one hot customer",
        Skew.Zipf => "Zipf",
        _ => "spread",
    };
}
