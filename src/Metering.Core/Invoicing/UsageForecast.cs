using Metering.Core.Time;
using Metering.Core.Usage;

namespace Metering.Core.Invoicing;

/// <summary>
/// What a running period would come to, if usage went on as it has so far: the sums and counts of its running segment, its burned and
/// overage credits grow in proportion to time; the largest, the latest and the distinct values stay. Compiled, it is priced like any
/// usage, so included amounts, tiers and minimums count as they will.
/// </summary>
public static class UsageForecast
{
    /// <summary>What is past counts as at least this, so that the first event of a period does not foretell a flood.</summary>
    public static readonly TimeSpan PastMin = TimeSpan.FromDays(1);

    /// <param name="inputs">A draft's.</param>
    /// <param name="now">Within the period; past its end nothing grows.</param>
    public static InvoiceInputs Of(InvoiceInputs inputs, Instant now) => inputs with
    {
        Segments = [.. inputs.Segments.Select(segment => Of(segment, now))],
    };

    private static SegmentInputs Of(SegmentInputs segment, Instant now)
    {
        if (!segment.Period.Contains(now))
            return segment;
        TimeSpan whole = segment.Period.End - segment.Period.Start;
        TimeSpan past = now - segment.Period.Start;
        if (past < PastMin)
            past = PastMin;
        if (past >= whole)
            return segment;
        var growth = new Growth(whole.Ticks / TimeSpan.TicksPerMicrosecond, past.Ticks / TimeSpan.TicksPerMicrosecond);
        return segment with { Usage = segment.Usage.Grown(growth), OverageCredits = growth.Of(segment.OverageCredits) };
    }
}
