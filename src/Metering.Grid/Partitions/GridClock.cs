using Metering.Core.Time;

namespace Metering.Grid.Partitions;

/// <summary>
/// Whether this machine's wall clock may be decided by: what a wrong one has expired is gone for good. It was compared with a shard's
/// clock, and has gone since then as far as the machine's monotonic clock has, give or take <see cref="GridOptions.ClockSkewMax"/>.
/// </summary>
/// <remarks>A fault stays until a shard's clock says otherwise. Every reading that something is decided by is asked about.</remarks>
internal sealed class GridClock(TimeProvider time, TimeSpan skewMax)
{
    private volatile string? fault = "This machine's clock was not compared with a shard's yet.";
    private volatile Reading? confirmed;

    /// <summary>Why the clock is not trusted, or null.</summary>
    public string? Fault => fault;

    /// <summary>Called when a jump was found; possibly under a partition's lock.</summary>
    public Action? OnJump { get; set; }

    /// <summary>
    /// Whether a reading of the wall clock, taken just now, may be decided by. One that has grown old, because its thread was kept from
    /// going on, may not, but is no <see cref="Fault"/> of the clock: take another.
    /// </summary>
    public bool Trusts(Instant now)
    {
        if (fault is not null || confirmed is not { } then)
            return false;
        TimeSpan jump = now - then.Wall - time.GetElapsedTime(then.Timestamp);
        if (jump.Duration() <= skewMax)
            return true;
        if (!HasJumped(then))
            return false;
        fault = $"This machine's clock jumped by {(long)jump.TotalSeconds} s; no shard's clock has confirmed it yet.";
        OnJump?.Invoke();
        return false;
    }

    /// <summary>Reads the wall clock between two readings of the monotonic one, so however long that takes it is no jump.</summary>
    private bool HasJumped(Reading then)
    {
        TimeSpan least = time.GetElapsedTime(then.Timestamp);
        TimeSpan wall = Instant.FromDateTimeOffset(time.GetUtcNow()) - then.Wall;
        TimeSpan most = time.GetElapsedTime(then.Timestamp);
        return wall < least - skewMax || wall > most + skewMax;
    }

    /// <summary>A shard's clock agrees with the wall clock as it was read.</summary>
    public void Confirm(Instant wall, long timestamp)
    {
        confirmed = new Reading(wall, timestamp);
        fault = null;
    }

    /// <summary>A shard's clock says otherwise.</summary>
    public void Refuse(string why) => fault = why;

    private sealed record Reading(Instant Wall, long Timestamp);
}
