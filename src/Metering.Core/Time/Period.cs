namespace Metering.Core.Time;

/// <summary>A stretch of time: <see cref="Start"/> belongs to it, <see cref="End"/> does not.</summary>
public readonly record struct Period(Instant Start, Instant End)
{
    public TimeSpan Length => End - Start;

    public bool Contains(Instant at) => at >= Start && at < End;

    /// <summary>RFC 3339 start and end with a slash between.</summary>
    public override string ToString() => $"{Start}/{End}";
}
