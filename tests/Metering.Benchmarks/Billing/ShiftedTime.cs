namespace Metering.Benchmarks.Billing;

/// <summary>The machine's clock, so far ahead or behind.</summary>
internal sealed class ShiftedTime(TimeSpan by) : TimeProvider
{
    /// <inheritdoc />
    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + by;
}
