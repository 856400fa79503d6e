using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Core.Usage;

namespace Metering.Core.Invoicing;

/// <summary>What a segment used, with or without what came late.</summary>
internal readonly struct SegmentUse
{
    private readonly PeriodSegment? _usage;
    private readonly IReadOnlyList<MeterUsage> _merged = [];

    public SegmentUse(SegmentInputs segment)
    {
        Plan = segment.Plan;
        Share = segment.Share;
        Period = segment.Period;
        Credits = segment.Usage.Credits;
        OverageCredits = segment.OverageCredits;
        _usage = segment.Usage;
    }

    /// <summary>Everything, as if nothing had come late.</summary>
    public SegmentUse(LateSegment late)
        : this(late.Closed)
    {
        Credits += late.Late.Credits;
        OverageCredits += late.LateOverageCredits;
        _usage = null;
        _merged = MeterUsage.Merge([late.Closed.Usage, late.Late]);
    }

    public PricedPlan Plan { get; }

    public IntervalShare Share { get; }

    public Period Period { get; }

    public Amount Credits { get; }

    public Amount OverageCredits { get; }

    public MeterUsage? Find(string meter)
    {
        if (_usage is not null)
            return _usage.Find(meter);
        foreach (var usage in _merged)
        {
            if (usage.Meter == meter)
                return usage;
        }

        return null;
    }
}
