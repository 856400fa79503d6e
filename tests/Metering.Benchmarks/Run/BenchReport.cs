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

    /// <summary>What else is to be said, by name.</summary>
    public Dictionary<string, string> Facts { get; } = [];

    /// <summary>Null where the cell has no right or wrong.</summary>
    public bool? Right { get; set; }

    public double? RatioTo(string target) => Rows.Find(row => row.Target == target) is { } other && Rows[0].Target == "server"
        ? Rows[0].PerSecond / other.PerSecond
        : null;

    /// <summary>The fastest target that is neither the product nor the probe.</summary>
    public Measurement? BestPeer => Rows.Where(row => row.Target is not "server" and not "limit probe").MaxBy(row => row.PerSecond);
}

/// <summary>What the independent check found.</summary>
internal sealed record CheckReport(int Shards, string Target, long Events, long Differences, IReadOnlyList<string> Examples);
