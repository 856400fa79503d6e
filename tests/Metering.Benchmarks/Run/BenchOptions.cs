using System.Globalization;
using Metering.Benchmarks.Peers;

namespace Metering.Benchmarks.Run;

/// <summary>The command line of a run.</summary>
/// <param name="Quick">Under three minutes: fewer cells, one repeat, short.</param>
/// <param name="Hour">Only the sustained cell, for an hour.</param>
/// <param name="Only">Cells whose name begins with one of these; empty for all.</param>
/// <param name="Shards">Numbers of shards to run with.</param>
/// <param name="Seconds">The measured time of a burst.</param>
/// <param name="Repeats">How often each is measured; the median counts.</param>
/// <param name="Peers">Names of peers; empty for none.</param>
internal sealed record BenchOptions(
    bool Quick, bool Hour, IReadOnlyList<string> Only, IReadOnlyList<int> Shards, double Seconds, int Repeats, IReadOnlyList<string>? Peers)
{
    public const string Usage = """
        usage: ./run bench [--quick | --hour] [--only CELL,...] [--shards N,...] [--seconds S] [--repeats N] [--peers NAME,... | --no-peers]
               ./run bench parse | hotpath [EVENTS A REQUEST] | recovery [EVENTS] | peers [NAME...]
        """;

    /// <summary>Reads it.</summary>
    /// <returns>Null when it cannot be read.</returns>
    public static BenchOptions? Read(string[] args)
    {
        var read = new BenchOptions(false, false, [], [], 0, 0, null);
        for (int i = 0; i < args.Length; i++)
        {
            string? value = i + 1 < args.Length ? args[i + 1] : null;
            switch (args[i])
            {
                case "--quick":
                    read = read with { Quick = true };
                    continue;
                case "--hour":
                    read = read with { Hour = true, Only = ["sustained"] };
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
                default:
                    return null;
            }

            i++;
        }

        return read with
        {
            Seconds = read.Seconds > 0 ? read.Seconds : read.Quick ? 2 : 4,
            Repeats = read.Repeats > 0 ? read.Repeats : read.Quick ? 1 : 3,
            Shards = read.Shards.Count > 0 ? read.Shards : read.Quick || read.Hour ? [4] : [4, 1],
        };
    }

    /// <summary>The peers to measure: those named; of a quick run the two strongest on PostgreSQL; otherwise all.</summary>
    public IReadOnlyCollection<string> PeerNames => Peers ?? (Hour ? [] : Quick ? ["pg-function", "pg-batched"] : PeerCatalog.Names);

    /// <summary>Whether a cell is to be run.</summary>
    public bool Wants(string cell) => Only.Count == 0 || Only.Any(name => cell.StartsWith(name, StringComparison.Ordinal));
}
