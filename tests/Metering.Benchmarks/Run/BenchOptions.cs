using System.Globalization;
using Metering.Benchmarks.Peers;

namespace Metering.Benchmarks.Run;

/// <summary>The command line of a run.</summary>
/// <param name="Quick">Under three minutes: fewer cells, one repeat, short.</param>
/// <param name="Hour">Only the sustained cell, for an hour or as long as said, at a fixed rate.</param>
/// <param name="Only">Cells whose name begins with one of these; empty for all.</param>
/// <param name="Shards">Numbers of shards to run with.</param>
/// <param name="Seconds">The measured time of a burst of single events.</param>
/// <param name="BatchSeconds">The measured time of a burst of batches: many more events, which all are projected and checked
/// afterwards.</param>
/// <param name="Repeats">How often each is measured; the median counts.</param>
/// <param name="Peers">Names of peers; empty for none.</param>
/// <param name="Minutes">How long all of it may take.</param>
internal sealed record BenchOptions(
    bool Quick, bool Hour, IReadOnlyList<string> Only, IReadOnlyList<int> Shards, double Seconds, double BatchSeconds, int Repeats,
    IReadOnlyList<string>? Peers, double Minutes)
{
    public const string Usage = """
        usage: ./run bench [--quick | --hour] [--only CELL,...] [--shards N,...] [--seconds S] [--repeats N] [--minutes M]
                           [--peers NAME,... | --no-peers]
               ./run bench parse | hotpath [EVENTS A REQUEST [CUSTOMERS]] | recovery [EVENTS]
                           | projections | invoices | peers [NAME...] | orphans
        """;

    private const string Sustained = "sustained";

    // What design 13 has goals for, and one each of what must be exact.
    private static readonly string[] _quickCells =
    [
        "checks", "1-spread", "1-hot", "100-spread", "100-hot", "1000-spread", "authorise-64", "freshness", "open-loop", "sustained",
    ];

    // Of the three and twenty minutes, what the build before and the end behind take is not this program's.
    private const double QuickMinutes = 2.75;
    private const double FullMinutes = 19;
    private const double HourSeconds = 3_600;

    /// <summary>Reads it.</summary>
    /// <returns>Null when it cannot be read.</returns>
    public static BenchOptions? Read(string[] args)
    {
        var read = new BenchOptions(false, false, [], [], 0, 0, 0, null, 0);
        for (int i = 0; i < args.Length; i++)
        {
            string? value = i + 1 < args.Length ? args[i + 1] : null;
            switch (args[i])
            {
                case "--quick":
                    read = read with { Quick = true };
                    continue;
                case "--hour":
                    read = read with { Hour = true, Only = [Sustained] };
                    continue;
                case "--no-peers":
                    read = read with { Peers = [] };
                    continue;
                case "--only" when value is not null:
                    read = read with { Only = value.Split(',') };
                    break;
                case "--peers" when value is not null:
                    read = read with { Peers = value.Split(',') };
                    break;
                case "--shards" when value is not null:
                    read = read with { Shards = [.. value.Split(',').Select(number => int.Parse(number, CultureInfo.InvariantCulture))] };
                    break;
                case "--seconds" when value is not null:
                    read = read with { Seconds = double.Parse(value, CultureInfo.InvariantCulture) };
                    break;
                case "--repeats" when value is not null:
                    read = read with { Repeats = int.Parse(value, CultureInfo.InvariantCulture) };
                    break;
                case "--minutes" when value is not null:
                    read = read with { Minutes = double.Parse(value, CultureInfo.InvariantCulture) };
                    break;
                default:
                    return null;
            }

            i++;
        }

        double seconds = read.Seconds > 0 ? read.Seconds : read.Hour ? HourSeconds : read.Quick ? 1.3 : 3;
        return read with
        {
            Seconds = seconds,
            BatchSeconds = read.Seconds > 0 || read.Hour ? seconds : seconds / 2,
            Repeats = read.Repeats > 0 ? read.Repeats : read.Quick ? 1 : 3,
            Shards = read.Shards.Count > 0 ? read.Shards : read.Quick || read.Hour || read.Only.Count > 0 ? [1] : [1, 4],
            Minutes = read.Minutes > 0 ? read.Minutes : read.Hour ? 15 + (seconds / 60) : read.Quick ? QuickMinutes : FullMinutes,
        };
    }

    /// <summary>The peers to measure: those named; of a quick run the two strongest on PostgreSQL; otherwise all.</summary>
    public IReadOnlyCollection<string> PeerNames => Peers ?? (Hour ? [] : Quick ? ["pg-function", "pg-batched"] : PeerCatalog.Names);

    /// <summary>Whether the command line says how long bursts are measured; then that goes for the longer cells too.</summary>
    public bool IsTimed => BatchSeconds == Seconds;

    /// <summary>Whether it is the soak in full, not shortened.</summary>
    public bool IsHour => Hour && Seconds >= HourSeconds;

    /// <summary>Whether a cell is to be run.</summary>
    public bool Wants(string cell) => Only.Count == 0
        ? !Quick || _quickCells.Contains(cell)
        : Only.Any(name => cell.StartsWith(name, StringComparison.Ordinal));
}
