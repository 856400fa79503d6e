using System.Globalization;

namespace Metering.Benchmarks.Run;

/// <summary>What the server says of itself at a moment, from <c>GET /metrics</c>; counters count from its start.</summary>
internal sealed record ServerFigures
{
    public double JournalBytes { get; private init; }

    /// <summary>Database transactions on the path of the acknowledgement.</summary>
    public double Rounds { get; private init; }

    public double CheckpointSeconds { get; private init; }

    public double CheckpointBytes { get; private init; }

    public double CheckpointBuckets { get; private init; }

    /// <summary>Partitions with changes that no checkpoint has saved.</summary>
    public double PartitionsUnsaved { get; private init; }

    public double LagSeconds { get; private init; }

    /// <summary>Events that the projections do not hold yet.</summary>
    public double Backlog { get; private init; }

    /// <summary>Garbage collections by generation, each counted once.</summary>
    public double[] Collections { get; private init; } = [0, 0, 0];

    public double PauseSeconds { get; private init; }

    public double AllocatedBytes { get; private init; }

    /// <summary>Reads Prometheus' text format.</summary>
    public static ServerFigures Parse(string text)
    {
        var values = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (string line in text.Split('\n'))
        {
            int space = line.LastIndexOf(' ');
            if (space > 0 && line[0] != '#')
                values[line[..space]] = double.Parse(line.AsSpan(space + 1), NumberStyles.Float, CultureInfo.InvariantCulture);
        }

        return new ServerFigures
        {
            JournalBytes = values["metering_journal_io_bytes_total"],
            Rounds = values["metering_rounds_total"],
            CheckpointSeconds = values["metering_checkpoint_time_seconds_total"],
            CheckpointBytes = values["metering_checkpoint_io_bytes_total"],
            CheckpointBuckets = values["metering_checkpoint_buckets_total"],
            PartitionsUnsaved = values["metering_partitions_unsaved"],
            LagSeconds = values["metering_projection_lag_seconds"],
            Backlog = values["metering_projection_backlog"],
            Collections = [Of("gen0"), Of("gen1"), Of("gen2")],
            PauseSeconds = values["dotnet_gc_pause_time_seconds_total"],
            AllocatedBytes = values["dotnet_gc_heap_total_allocated_bytes_total"],
        };

        double Of(string generation) =>
            values.GetValueOrDefault($"dotnet_gc_collections_total{{gc_heap_generation=\"{generation}\"}}");
    }
}
