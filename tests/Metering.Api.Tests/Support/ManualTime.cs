namespace Metering.Api.Tests.Support;

/// <summary>A clock that stands still unless it is moved; its timers are the system's.</summary>
internal sealed class ManualTime(DateTimeOffset now) : TimeProvider
{
    private long ticks = now.UtcTicks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => new(Volatile.Read(ref ticks), TimeSpan.Zero);

    public override long GetTimestamp() => Volatile.Read(ref ticks);

    public void Advance(TimeSpan span) => Interlocked.Add(ref ticks, span.Ticks);
}
