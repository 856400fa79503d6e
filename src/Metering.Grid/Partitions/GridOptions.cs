namespace Metering.Grid.Partitions;

/// <summary>Settings of the shell around the partitions, the same for every engine. Validated at start.</summary>
public sealed class GridOptions
{
    /// <summary>What decisions depend on.</summary>
    public PartitionRules Rules { get; init; } = new();

    /// <summary>Journal bytes of a shard that may be decided and not yet durable; past it requests are refused as overloaded. Default: 64
    /// MB.</summary>
    public long BytesInFlightMax { get; init; } = 64L * 1024 * 1024;

    /// <summary>How far the projections may be behind before events are refused as overloaded. Default: 30 s.</summary>
    public TimeSpan ProjectionLagMax { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Journal bytes of a partition after which its changed buckets are saved. Default: 1 MB.</summary>
    public long CheckpointBytes { get; init; } = 1024 * 1024;

    /// <summary>How old a change may be before it is saved. Default: 30 s.</summary>
    public TimeSpan CheckpointAge { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Partitions that save at the same time. Default: 4.</summary>
    public int CheckpointsAtOnce { get; init; } = 4;

    /// <summary>Customers in memory over all partitions; past it the ones used least recently leave. Default: 1,000,000.</summary>
    public long CustomersInMemoryMax { get; init; } = 1_000_000;

    /// <summary>Identities a partition remembers exactly before they become a dedup segment; what a recovery replays grows with it.
    /// Default: 16,384.</summary>
    public int RecentEventsMax { get; init; } = 16_384;

    /// <summary>Journal bytes of a partition after which its identities become a dedup segment even if they are few. Default: 8
    /// MB.</summary>
    public long ReplayBytesMax { get; init; } = 8L * 1024 * 1024;

    /// <summary>Bytes of dedup filters in memory. Default: 256 MB.</summary>
    public long FilterBytesMax { get; init; } = 256L * 1024 * 1024;

    /// <summary>After how long without a look a filter makes way for others. Default: 60 s.</summary>
    public TimeSpan FilterIdle { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Identities of the largest dedup segment that merging makes; it is held in memory once, at 24 bytes each. Default:
    /// 4,194,304.</summary>
    public long SegmentEntriesMax { get; init; } = 4_194_304;

    /// <summary>Windows of rate limits that a partition remembers. Default: 10,000.</summary>
    public int RateWindowsMax { get; init; } = 10_000;

    /// <summary>Partitions that are claimed and recovered at the same time at start, and checkpointed at stop. Default: 8.</summary>
    public int LoadsAtOnce { get; init; } = 8;

    /// <summary>How long a command waits for its partition and its customers before it is answered as unavailable. Default: 5 s.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long after a failed claim the next one waits, at first; doubles up to <see cref="BackOffMax"/>. Default: 100
    /// ms.</summary>
    public TimeSpan BackOffMin { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>The longest wait between claims. Default: 2 s.</summary>
    public TimeSpan BackOffMax { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a process waits for a partition that another one, which may be alive, is giving up; then it takes it over.
    /// Default: 3 s.</summary>
    public TimeSpan HandOverPatience { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>How far this machine's clock may be off a shard's before service is refused. Default: 60 s.</summary>
    public TimeSpan ClockSkewMax { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How often the clock is compared. Default: 60 s.</summary>
    public TimeSpan ClockCheckInterval { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a stop may take. Default: 10 s.</summary>
    public TimeSpan StopWithin { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Looks at every setting.</summary>
    /// <exception cref="ArgumentException">Something is out of range; the message names all of it.</exception>
    public void Validate()
    {
        var faults = new List<string>();
        // An event takes more than 32 bytes, so a group stays below the 2^24 events that a journal position can name.
        Require(faults, nameof(BytesInFlightMax), BytesInFlightMax is >= 64 * 1024 and <= 512L * 1024 * 1024, "between 64 KB and 512 MB");
        Require(faults, nameof(ProjectionLagMax), ProjectionLagMax > TimeSpan.Zero, "positive");
        Require(faults, nameof(CheckpointBytes), CheckpointBytes > 0, "positive");
        Require(faults, nameof(CheckpointAge), CheckpointAge > TimeSpan.Zero, "positive");
        Require(faults, nameof(CheckpointsAtOnce), CheckpointsAtOnce > 0, "positive");
        Require(faults, nameof(CustomersInMemoryMax), CustomersInMemoryMax > 0, "positive");
        Require(faults, nameof(RecentEventsMax), RecentEventsMax is > 0 and <= 16_777_216, "between 1 and 16,777,216");
        Require(faults, nameof(ReplayBytesMax), ReplayBytesMax >= CheckpointBytes, "at least CheckpointBytes");
        Require(faults, nameof(FilterBytesMax), FilterBytesMax >= 0, "not negative");
        Require(faults, nameof(FilterIdle), FilterIdle >= TimeSpan.Zero, "not negative");
        Require(faults, nameof(SegmentEntriesMax), SegmentEntriesMax is > 0 and <= 33_554_432, "between 1 and 33,554,432");
        Require(faults, nameof(RateWindowsMax), RateWindowsMax > 0, "positive");
        Require(faults, nameof(LoadsAtOnce), LoadsAtOnce > 0, "positive");
        Require(faults, nameof(Patience), Patience > TimeSpan.Zero, "positive");
        Require(faults, nameof(BackOffMin), BackOffMin > TimeSpan.Zero, "positive");
        Require(faults, nameof(BackOffMax), BackOffMax >= BackOffMin, "at least BackOffMin");
        Require(faults, nameof(HandOverPatience), HandOverPatience >= TimeSpan.Zero, "not negative");
        Require(faults, nameof(ClockSkewMax), ClockSkewMax > TimeSpan.Zero, "positive");
        Require(faults, nameof(ClockCheckInterval), ClockCheckInterval > TimeSpan.Zero, "positive");
        Require(faults, nameof(StopWithin), StopWithin > TimeSpan.Zero, "positive");
        if (faults.Count > 0)
            throw new ArgumentException("Settings of the grid: " + string.Join("; ", faults) + ".");
    }

    private static void Require(List<string> faults, string name, bool holds, string rule)
    {
        if (!holds)
            faults.Add($"{name} must be {rule}");
    }
}
