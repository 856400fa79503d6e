namespace Metering.Storage.Postgres.Moves;

/// <summary>How a move goes about it.</summary>
public sealed class MoveOptions
{
    /// <summary>About how much of the journal is copied in one database transaction. Default: 8 MiB.</summary>
    public int ChunkBytes { get; init; } = 8 << 20;

    /// <summary>The source is fenced once a round over all that has changed took no longer than this. Default: 500 ms.</summary>
    public TimeSpan RoundMax { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>After so many rounds that were longer the move gives up for now; run again, it goes on from there. Default: 60.</summary>
    public int RoundsMax { get; init; } = 60;

    /// <summary>How long after the change of the map the source is cleared: longer than any process takes to hear of it. Default: 5
    /// s.</summary>
    public TimeSpan ClearAfter { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long to look for the new owner's claim, to tell the pause. Default: 5 s.</summary>
    public TimeSpan WatchFor { get; init; } = TimeSpan.FromSeconds(5);

    /// <exception cref="ArgumentException">A value is out of range; all faults are named at once.</exception>
    public void Validate()
    {
        var faults = new List<string>();
        if (ChunkBytes is < 1 or > 1 << 30)
            faults.Add($"{nameof(ChunkBytes)} must be 1 byte to 1 GiB.");
        if (RoundMax <= TimeSpan.Zero)
            faults.Add($"{nameof(RoundMax)} must be positive.");
        if (RoundsMax < 1)
            faults.Add($"{nameof(RoundsMax)} must be at least 1.");
        if (ClearAfter < TimeSpan.Zero)
            faults.Add($"{nameof(ClearAfter)} must not be negative.");
        if (WatchFor < TimeSpan.Zero)
            faults.Add($"{nameof(WatchFor)} must not be negative.");
        if (faults.Count > 0)
            throw new ArgumentException(string.Join(' ', faults));
    }
}

/// <summary>Where a move is, between two things it does: for tests that end it there.</summary>
public enum MovePoint
{
    /// <summary>Recorded, and both guards raised.</summary>
    Begun = 0,

    /// <summary>The journal is copied, up to a moment ago.</summary>
    JournalCopied,

    /// <summary>The tables for queries are copied.</summary>
    ProjectionsCopied,

    /// <summary>A round is through and was short enough.</summary>
    BeforeFence,

    /// <summary>Fenced; not recorded yet.</summary>
    Fenced,

    /// <summary>Fenced and recorded.</summary>
    FenceRecorded,

    /// <summary>The rest of the journal is copied.</summary>
    TailCopied,

    /// <summary>Everything is copied; the target has no lease yet.</summary>
    BeforeArrival,

    /// <summary>The target has the lease.</summary>
    Arrived,

    /// <summary>The map is changed.</summary>
    Mapped,

    /// <summary>Half of the source is cleared.</summary>
    HalfCleared,

    /// <summary>The source is cleared; the move is still recorded.</summary>
    Cleared,
}

/// <summary>What a move came to.</summary>
/// <param name="Moved">False where the partition was there already.</param>
/// <param name="Copying">From the fence to the lease on the target; null where this run did not do both.</param>
/// <param name="Pause">From the fence to the claim of the new owner; null where none was seen, or this run did not fence.</param>
public sealed record MoveSummary(bool Moved, TimeSpan? Copying, TimeSpan? Pause);
