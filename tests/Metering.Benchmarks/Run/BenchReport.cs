namespace Metering.Benchmarks.Run;

/// <summary>Everything a run found, as it goes into the JSON report.</summary>
internal sealed record BenchReport
{
    public required string Commit { get; init; }

    public required string At { get; init; }

    public required string CommandLine { get; init; }

    public required IReadOnlyDictionary<string, string> Machine { get; init; }

    public required IReadOnlyDictionary<string, string> Postgres { get; init; }

    public List<CellReport> Cells { get; } = [];

    /// <summary>Events acknowledged over all cells, and differences that the independent check found, by number of shards.</summary>
    public List<CheckReport> Checks { get; } = [];

    /// <summary>The goals of design 13 and the figures.</summary>
    public List<GoalReport> Goals { get; } = [];

    /// <summary>Which number of shards is better, where more than one was measured.</summary>
    public IReadOnlyList<string> Shards { get; set; } = [];

    /// <summary>What was shortened or left out, and why.</summary>
    public IReadOnlyList<string> Cuts { get; set; } = [];

    /// <summary>Peers that could not run, and why.</summary>
    public Dictionary<string, string> Missing { get; } = [];

    public double Minutes { get; set; }
}

/// <summary>A cell with one number of shards.</summary>
internal sealed record CellReport(string Name, string Title, int Shards)
{
    /// <summary>The median run of each target.</summary>
    public List<Measurement> Rows { get; } = [];

    /// <summary>Slowest and fastest run of each target, a second.</summary>
    public Dictionary<string, (double Low, double High)> Range { get; } = [];

    /// <summary>Of neighbouring turns, the smallest first; empty where there was no probe.</summary>
    public IReadOnlyList<double> RatiosToProbe { get; set; } = [];

    /// <summary>What else is to be said, by name.</summary>
    public Dictionary<string, string> Facts { get; } = [];

    /// <summary>A figure every few seconds of a long run.</summary>
    public List<SampleReport> Samples { get; } = [];

    /// <summary>Null where the cell has no right or wrong.</summary>
    public bool? Right { get; set; }

    /// <summary>The row of the product.</summary>
    public Measurement? Server => Rows.Find(row => row.Target == "server");

    /// <summary>The median of <see cref="RatiosToProbe"/>.</summary>
    public double? RatioToProbe => RatiosToProbe.Count > 0
        ? (RatiosToProbe[(RatiosToProbe.Count - 1) / 2] + RatiosToProbe[RatiosToProbe.Count / 2]) / 2
        : null;

    /// <summary>The fastest target that is neither the product nor the probe.</summary>
    public Measurement? BestPeer => BestOf(static _ => true);

    /// <summary>The fastest of some peers.</summary>
    public Measurement? BestOf(Func<string, bool> which) =>
        Rows.Where(row => row.Target is not "server" and not "limit probe" && which(row.Target)).MaxBy(row => row.PerSecond);

    /// <summary>Adds the runs of a target: the median is its row.</summary>
    public void Add(params IReadOnlyList<Measurement> runs)
    {
        Measurement[] sorted = [.. runs.OrderBy(run => run.PerSecond)];
        Measurement median = sorted[(sorted.Length - 1) / 2];
        Rows.Add(median);
        Range[median.Target] = (sorted[0].PerSecond, sorted[^1].PerSecond);
    }
}

/// <summary>A goal of design 13.</summary>
/// <param name="Goal">In the design's words.</param>
/// <param name="Figure">What was measured.</param>
/// <param name="IsMet">Null where this run did not measure it.</param>
internal sealed record GoalReport(string Goal, string Figure, bool? IsMet);

/// <summary>A moment of a long run.</summary>
internal sealed record SampleReport(double Seconds, double LagSeconds, double Backlog, double MemoryMegabytes, double PartitionsUnsaved);

/// <summary>What the independent check found.</summary>
internal sealed record CheckReport(int Shards, string Target, long Events, long Differences, IReadOnlyList<string> Examples)
{
    /// <summary>Bytes of all journals by events, as they lie in the database; 0 for peers.</summary>
    public double JournalBytesAnEvent { get; init; }
}
