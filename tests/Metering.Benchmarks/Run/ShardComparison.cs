using System.Globalization;
using System.Text;

namespace Metering.Benchmarks.Run;

/// <summary>
/// Which number of shards is better on one disk, by the cells that were measured with both: the geometric means of what the server did a
/// second, and of what that cost the server and PostgreSQL.
/// </summary>
internal static class ShardComparison
{
    /// <summary>Means that differ by less than this say nothing: runs of one number differ as much.</summary>
    private const double Noise = 0.05;

    /// <summary>A sentence for each further number of shards.</summary>
    public static IEnumerable<string> Of(IReadOnlyList<CellReport> cells) =>
        Pairs(cells).GroupBy(pair => pair.Other.Shards).Select(group => Sentence(cells[0].Shards, group.Key, [.. group]));

    private static IEnumerable<Pair> Pairs(IReadOnlyList<CellReport> cells)
    {
        foreach (CellReport other in cells.Where(cell => cell.Shards != cells[0].Shards && cell.RatiosToProbe.Count > 0))
        {
            if (cells.FirstOrDefault(cell => cell.Shards == cells[0].Shards && cell.Name == other.Name) is { } first)
                yield return new Pair(first, other);
        }
    }

    private static string Sentence(int first, int other, Pair[] pairs)
    {
        double rate = Mean(pairs, static pair => pair.Rate);
        double cost = Mean(pairs, static pair => pair.Cost);
        string better = (rate, cost) switch
        {
            ( > 1 + Noise, < 1) or ( > 1, < 1 - Noise) => Better(first),
            ( < 1 - Noise, > 1) or ( < 1, > 1 + Noise) => Better(other),
            _ => "Neither is clearly better",
        };
        var text = new StringBuilder(string.Create(CultureInfo.InvariantCulture,
            $"{Shards(first)} against {Shards(other)}, on one disk: {rate:0.00} times as much a second, "));
        text.Append(CultureInfo.InvariantCulture, $"{cost:0.00} times the processor time of server and PostgreSQL (");
        text.AppendJoin("; ", pairs.Select(static pair => string.Create(CultureInfo.InvariantCulture,
            $"{pair.First.Title}: {pair.Rate:0.00}, {pair.Cost:0.00}")));
        return text.Append(CultureInfo.InvariantCulture, $"). **{better}.**").ToString();
    }

    private static double Mean(Pair[] pairs, Func<Pair, double> value) => Math.Exp(pairs.Average(pair => Math.Log(value(pair))));

    private static string Better(int shards) => Shards(shards) + (shards == 1 ? " is better" : " are better");

    private static string Shards(int number) => number == 1 ? "One shard" : string.Create(CultureInfo.InvariantCulture, $"{number} shards");

    private readonly record struct Pair(CellReport First, CellReport Other)
    {
        public double Rate => First.Server!.PerSecond / Other.Server!.PerSecond;

        public double Cost => CostOf(First.Server!) / CostOf(Other.Server!);

        private static double CostOf(Measurement row) => row.ServerMicroseconds + row.PostgresMicroseconds;
    }
}
