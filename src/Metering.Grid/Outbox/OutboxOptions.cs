namespace Metering.Grid.Outbox;

/// <summary>How long outbox rows are leased, tried and kept.</summary>
public sealed class OutboxOptions
{
    /// <summary>How long a claimed row is its worker's own; longer than any attempt takes. Default: 60 s.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The back-off after the first failed attempt; it doubles with each further one. Default: 5 s.</summary>
    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The longest back-off. Default: 6 hours.</summary>
    public TimeSpan LongestDelay { get; init; } = TimeSpan.FromHours(6);

    /// <summary>After so many failed attempts a row is given up. Default: 24.</summary>
    public int AttemptsMax { get; init; } = 24;

    /// <summary>A row that fails this long after it was due is given up. Default: 3 days.</summary>
    public TimeSpan AgeMax { get; init; } = TimeSpan.FromDays(3);

    /// <summary>How long closed rows are kept, and how long a due row may wait for a worker. Default: 30 days.</summary>
    public TimeSpan Retention { get; init; } = TimeSpan.FromDays(30);

    /// <exception cref="ArgumentException">A value is out of range; all faults are named at once.</exception>
    public void Validate()
    {
        var faults = new List<string>();
        if (Lease < TimeSpan.FromSeconds(1) || Lease > TimeSpan.FromHours(1))
            faults.Add($"{nameof(Lease)} must be 1 s to 1 hour.");
        if (FirstDelay <= TimeSpan.Zero || FirstDelay > LongestDelay)
            faults.Add($"{nameof(FirstDelay)} must be above 0 and at most {nameof(LongestDelay)}.");
        if (LongestDelay > TimeSpan.FromDays(1))
            faults.Add($"{nameof(LongestDelay)} must be at most 1 day.");
        if (AttemptsMax is < 1 or > 1000)
            faults.Add($"{nameof(AttemptsMax)} must be 1 to 1000.");
        if (AgeMax < TimeSpan.FromMinutes(1) || AgeMax > TimeSpan.FromDays(365))
            faults.Add($"{nameof(AgeMax)} must be 1 minute to 365 days.");
        if (Retention < TimeSpan.FromDays(1) || Retention < AgeMax)
            faults.Add($"{nameof(Retention)} must be at least 1 day and at least {nameof(AgeMax)}.");
        if (faults.Count > 0)
            throw new ArgumentException(string.Join(' ', faults));
    }

    /// <summary>The back-off after a failed attempt: it doubles, up to the longest, and between half and all of it is taken.</summary>
    /// <param name="attempt">Which attempt has failed, from 1.</param>
    /// <param name="jitter">By chance, from 0 to below 1, so that what failed together does not come again together.</param>
    public TimeSpan DelayAfter(int attempt, double jitter)
    {
        TimeSpan full = FirstDelay;
        for (int i = 1; i < attempt && full < LongestDelay; i++)
            full *= 2;
        full = full < LongestDelay ? full : LongestDelay;
        return full / 2 + full / 2 * jitter;
    }
}
