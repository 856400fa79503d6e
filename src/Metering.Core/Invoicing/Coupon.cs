using Metering.Core.Ids;
using Metering.Core.Money;

namespace Metering.Core.Invoicing;

/// <summary>What a coupon takes off: either a percentage or an amount.</summary>
public sealed record Coupon
{
    public required CouponId Id { get; init; }

    /// <summary>As the invoice names it.</summary>
    public required string Name { get; init; }

    /// <summary>Above 0, at most 100; null for a coupon of an amount.</summary>
    public Amount? Percent { get; init; }

    /// <summary>Above zero; null for a coupon of a percentage.</summary>
    public Amount? AmountOff { get; init; }

    /// <summary>The currency of <see cref="AmountOff"/>: an invoice in another does not use it. Null with a percentage.</summary>
    public Currency? Currency { get; init; }

    /// <summary>How many invoices use it: 1 for once, n for n months of a monthly plan; null for ever.</summary>
    public int? Invoices { get; init; }
}

/// <summary>
/// A coupon that a customer has, and what is left of it. An invoice uses one when it takes something off; an amount that is larger
/// than what there is to pay counts as used, its rest is not carried over.
/// </summary>
/// <param name="Coupon">As it was when it was applied; a later change of the coupon does not reach it.</param>
/// <param name="InvoicesLeft">How many invoices may still use it; null for ever.</param>
public sealed record AppliedCoupon(Coupon Coupon, int? InvoicesLeft)
{
    public static AppliedCoupon Of(Coupon coupon) => new(coupon, coupon.Invoices);

    public bool IsUsedUp => InvoicesLeft <= 0;

    /// <summary>What is left after an invoice that used it.</summary>
    public AppliedCoupon Used() => this with { InvoicesLeft = InvoicesLeft - 1 };
}
