namespace Metering.Delivery.Outbox;

/// <summary>How much a worker does at once.</summary>
public sealed class OutboxWorkerOptions
{
    /// <summary>The most rows at once, over all shards. Default: 32.</summary>
    public int Parallel { get; init; } = 32;

    /// <summary>The most rows at once of one target. Default: 4.</summary>
    public int ParallelPerTarget { get; init; } = 4;

    /// <summary>How often a shard is asked while nothing is due. Default: 500 ms.</summary>
    public TimeSpan IdleInterval { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>After this long an attempt is ended and has failed; shorter than the lease. Default: 30 s.</summary>
    public TimeSpan AttemptTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long rows in hand may take once the worker is told to stop; then they are given back. Default: 2 s.</summary>
    public TimeSpan StopWithin { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Failures in a row of one target after which it rests, 1 s at first and doubling. Default: 5.</summary>
    public int FailuresBeforeRest { get; init; } = 5;

    /// <summary>The longest rest of a target. Default: 5 minutes.</summary>
    public TimeSpan LongestRest { get; init; } = TimeSpan.FromMinutes(5);

    /// <exception cref="ArgumentException">A value is out of range; all faults are named at once.</exception>
    public void Validate()
    {
        var faults = new List<string>();
        if (Parallel is < 1 or > 1000)
            faults.Add($"{nameof(Parallel)} must be 1 to 1000.");
        if (ParallelPerTarget < 1 || ParallelPerTarget > Parallel)
            faults.Add($"{nameof(ParallelPerTarget)} must be 1 to {nameof(Parallel)}.");
        if (IdleInterval <= TimeSpan.Zero || IdleInterval > TimeSpan.FromMinutes(1))
            faults.Add($"{nameof(IdleInterval)} must be above 0 and at most 1 minute.");
        if (AttemptTimeout <= TimeSpan.Zero || AttemptTimeout > TimeSpan.FromMinutes(30))
            faults.Add($"{nameof(AttemptTimeout)} must be above 0 and at most 30 minutes.");
        if (StopWithin < TimeSpan.Zero || StopWithin > TimeSpan.FromMinutes(1))
            faults.Add($"{nameof(StopWithin)} must be 0 to 1 minute.");
        if (FailuresBeforeRest < 1)
            faults.Add($"{nameof(FailuresBeforeRest)} must be at least 1.");
        if (LongestRest < TimeSpan.FromSeconds(1) || LongestRest > TimeSpan.FromHours(1))
            faults.Add($"{nameof(LongestRest)} must be 1 s to 1 hour.");
        if (faults.Count > 0)
            throw new ArgumentException(string.Join(' ', faults));
    }
}
