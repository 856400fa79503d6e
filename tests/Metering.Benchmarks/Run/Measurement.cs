using Metering.Benchmarks.Load;

namespace Metering.Benchmarks.Run;

/// <summary>One job measured against one target: what the client saw, and what it cost whom. Costs are microseconds of processor an event
/// (or a request, where nothing is
/// sent).</summary>
internal sealed record Measurement
{
    public required string Target { get; init; }

    public required LoadResult Load { get; init; }

    /// <summary>Events a second; requests a second where nothing is sent.</summary>
    public double PerSecond { get; init; }

    public double ServerMicroseconds { get; init; }

    public double PostgresMicroseconds { get; init; }

    public double ClientMicroseconds { get; init; }

    /// <summary>Journal bytes an event; null where there is no journal.</summary>
    public double? JournalBytes { get; init; }

    /// <summary>Write-ahead log an event, of everything that ran meanwhile: projections and checkpoints too.</summary>
    public double WalBytes { get; init; }

    /// <summary>Writing transactions a second, all of PostgreSQL's: those of projections and checkpoints too.</summary>
    public double Transactions { get; init; }

    /// <summary>How long it took afterwards until it had done what it had put off.</summary>
    public double SettledSeconds { get; init; }

    /// <summary>What only the server says of itself; null for the others.</summary>
    public ServerCosts? Costs { get; init; }

    /// <summary>The sum of everybody's processor time, in cores.</summary>
    public double Cores => PerSecond * (ServerMicroseconds + PostgresMicroseconds + ClientMicroseconds) / 1e6;
}

/// <summary>What the server says it did in a measured time.</summary>
internal sealed record ServerCosts
{
    /// <summary>Commits a second on the path of the acknowledgement.</summary>
    public double Rounds { get; init; }

    /// <summary>Time in checkpoints by all processor time of the server.</summary>
    public double CheckpointShare { get; init; }

    /// <summary>Time in checkpoints an event, in microseconds.</summary>
    public double CheckpointMicroseconds { get; init; }

    /// <summary>Saved by checkpoints, an event.</summary>
    public double CheckpointBytes { get; init; }

    /// <summary>Buckets saved by checkpoints.</summary>
    public double CheckpointBuckets { get; init; }

    /// <summary>Partitions with unsaved changes when it began.</summary>
    public double UnsavedAtBegin { get; init; }

    /// <summary>How far the projections were behind at the end, in seconds and events.</summary>
    public double LagSeconds { get; init; }

    public double Backlog { get; init; }

    /// <summary>Garbage collections of generations 0, 1 and 2.</summary>
    public IReadOnlyList<double> Collections { get; init; } = [];

    /// <summary>Pauses of the garbage collector by the measured time.</summary>
    public double PauseShare { get; init; }

    /// <summary>Bytes allocated an event.</summary>
    public double AllocatedBytes { get; init; }

    /// <summary>The difference of two moments.</summary>
    /// <param name="before">The one.</param>
    /// <param name="after">The other.</param>
    /// <param name="units">Events (or requests) between them.</param>
    /// <param name="seconds">Time between them.</param>
    /// <param name="processorSeconds">The server's processor time between them.</param>
    public static ServerCosts Between(ServerFigures before, ServerFigures after, double units, double seconds, double processorSeconds)
    {
        double checkpoints = after.CheckpointSeconds - before.CheckpointSeconds;
        return new ServerCosts
        {
            Rounds = (after.Rounds - before.Rounds) / seconds,
            CheckpointShare = processorSeconds > 0 ? checkpoints / processorSeconds : 0,
            CheckpointMicroseconds = checkpoints * 1e6 / units,
            CheckpointBytes = (after.CheckpointBytes - before.CheckpointBytes) / units,
            CheckpointBuckets = after.CheckpointBuckets - before.CheckpointBuckets,
            UnsavedAtBegin = before.PartitionsUnsaved,
            LagSeconds = after.LagSeconds,
            Backlog = after.Backlog,
            Collections = [.. after.Collections.Zip(before.Collections, static (later, earlier) => later - earlier)],
            PauseShare = (after.PauseSeconds - before.PauseSeconds) / seconds,
            AllocatedBytes = (after.AllocatedBytes - before.AllocatedBytes) / units,
        };
    }
}
