using Metering.Core.Catalog;
using Metering.Core.Ids;
using Metering.Core.Money;
using Metering.Core.Time;

namespace Metering.Core.Invoicing;

/// <summary>
/// One line of an invoice. <see cref="Amount"/> is quantity x unit price / per, computed exactly and rounded once, half to even, to the
/// currency's minor unit. Where a share of an interval is a part of it, the quantity shown is rounded to 9 decimals, the amount is not.
/// </summary>
public sealed record InvoiceLine
{
    public required LineKind Kind { get; init; }

    /// <summary>For people: <c>Participant minutes</c>, <c>Storage gb, first 10</c>.</summary>
    public required string Description { get; init; }

    public required Amount Quantity { get; init; }

    /// <summary>What the quantity counts: the meter's unit, <c>month</c>, <c>year</c>, <c>credits</c>; may be empty.</summary>
    public required string Unit { get; init; }

    /// <summary>The price of <see cref="Per"/> units. Zero on lines that only show something.</summary>
    public required Amount UnitPrice { get; init; }

    /// <summary>How many units the price is for; 1 wherever the price of one unit can be written exactly.</summary>
    public Amount Per { get; init; } = Money.Amount.One;

    /// <summary>In the invoice's currency, in whole minor units; negative for a discount and for some adjustments.</summary>
    public required Amount Amount { get; init; }

    /// <summary>The stretch of time it is for: a segment of the period, or the earlier period that an adjustment corrects.</summary>
    public required Period Period { get; init; }

    /// <summary>The meter of usage; null on other lines.</summary>
    public MeterId? Meter { get; init; }

    /// <summary>The coupon of a discount; null on other lines.</summary>
    public CouponId? Coupon { get; init; }
}

/// <summary>What a line is about. The numbers stand in the journal: never reuse one.</summary>
public enum LineKind
{
    /// <summary>The plan's base fee for the segment.</summary>
    BaseFee = 1,

    /// <summary>Usage that is paid for, also at a price of zero; flat charges and tiers' flat fees of a meter too.</summary>
    Usage = 2,

    /// <summary>Usage that the base fee covers; its amount is zero.</summary>
    Included = 3,

    /// <summary>Credits that usage burned; shown, paid from the wallet or listed as overage; its amount is zero.</summary>
    BurnedCredits = 4,

    /// <summary>Credits beyond the wallet, at the plan's credit value.</summary>
    OverageCredits = 5,

    /// <summary>What lacks to a minimum commitment, of a charge or of the plan.</summary>
    Minimum = 6,

    /// <summary>Late usage of an earlier period.</summary>
    Adjustment = 7,

    /// <summary>A coupon; negative.</summary>
    Discount = 8,
}
