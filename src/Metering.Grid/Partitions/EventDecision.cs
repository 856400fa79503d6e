using Metering.Core.Money;
using Metering.Core.Time;

namespace Metering.Grid.Partitions;

/// <summary>What was found out about an event on the way to a decision; meaningful as far as the decision came.</summary>
internal struct EventDecision
{
    /// <summary>The event's time, or that of arrival.</summary>
    public Instant Time;

    /// <summary>One bit a meter of the shape that counts it.</summary>
    public ulong Counted;

    /// <summary>One bit a meter whose combination of dimensions folds.</summary>
    public ulong Folded;

    /// <summary>What it costs.</summary>
    public Amount Credits;

    /// <summary>What of it the wallet does not pay.</summary>
    public Amount Overage;

    /// <summary>Whether that is for the invoice of the event's own project: the default one's plan gives a credit no value.</summary>
    public bool IsOverageOwn;

    /// <summary>The plan it was decided under.</summary>
    public PlanBinding? Plan;

    /// <summary>The plan whose prices hold: that of the segment of its time.</summary>
    public PlanBinding? Pricing;
}
