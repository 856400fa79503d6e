namespace Metering.Api.Tests.Support;

/// <summary>A clock that stands still; its timers are the system's.</summary>
internal sealed class ManualTime(DateTimeOffset now) : TimeProvider
{
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => now;

    public override long GetTimestamp() => now.UtcTicks;
}
