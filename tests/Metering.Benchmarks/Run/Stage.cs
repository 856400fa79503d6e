using System.Globalization;
using Metering.Benchmarks.Run.Cells;

namespace Metering.Benchmarks.Run;

/// <summary>All that is measured with one number of shards, in its order.</summary>
/// <param name="Shards">How many.</param>
/// <param name="Peers">The peers that are started.</param>
/// <param name="Before">Cells of a server with nothing left to save.</param>
/// <param name="After">The others.</param>
internal sealed record Stage(int Shards, IReadOnlyCollection<string> Peers, IReadOnlyList<Cell> Before, IReadOnlyList<Cell> After)
{
    public string Name => string.Create(CultureInfo.InvariantCulture, $"{Shards} {(Shards == 1 ? "shard" : "shards")}");

    public string CompileName => Name + ", compiling";

    public string CheckName => Name + ", independent check";

    /// <summary>What is measured. A further number of shards only shows what shards do.</summary>
    public static Stage Of(BenchOptions options, int shards, bool isFirst)
    {
        Cell[] before = [.. Reads.First(options, isFirst)];
        Cell[] after = [.. Bursts.All(options, isFirst)];
        if (isFirst)
            after = [.. after, .. Sustained.All(options), .. ExactlyK.All(options), .. Reads.All(options)];
        bool hasPeers = isFirst && (after.Any(cell => cell.Name == "sustained") || after.Any(cell => char.IsAsciiDigit(cell.Name[0])));
        return new Stage(shards, hasPeers ? options.PeerNames : [], before, after);
    }

    public string NameOf(Cell cell) => string.Create(CultureInfo.InvariantCulture, $"{cell.Name}, {Name}");
}
