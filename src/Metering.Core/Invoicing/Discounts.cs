using Metering.Core.Money;
using Metering.Core.Time;

namespace Metering.Core.Invoicing;

/// <summary>
/// Takes coupons off, one after the other in their order, each of what is left then and never more than that. A coupon that takes nothing
/// off (nothing is left, its amount is in another currency, it rounds to zero) is not used.
/// </summary>
internal static class Discounts
{
    private static readonly Amount Hundred = Amount.FromWhole(100);

    /// <summary>Adds a negative line for each coupon that is used, and gives what is left of the subtotal.</summary>
    public static Amount Apply(
        Amount subtotal, IReadOnlyList<AppliedCoupon> coupons, Currency currency, Period period, SegmentRater rater,
        List<InvoiceLine> lines, List<AppliedCoupon> used)
    {
        var left = subtotal;
        foreach (var applied in coupons)
        {
            if (applied.IsUsedUp)
                continue;
            var off = Amount.Min(OffOf(applied.Coupon, left, currency, rater), left);
            if (!off.IsPositive)
                continue;
            left -= off;
            used.Add(applied);
            var line = SegmentRater.Plain(LineKind.Discount, DescriptionOf(applied.Coupon), -off, period);
            lines.Add(line with { Coupon = applied.Coupon.Id });
        }

        return left;
    }

    private static Amount OffOf(Coupon coupon, Amount left, Currency currency, SegmentRater rater)
    {
        if (coupon.Percent is not { } percent)
            return coupon.Currency == currency ? Rounding.ToMinorUnit(coupon.AmountOff.GetValueOrDefault(), currency) : Amount.Zero;
        var exact = new ExactSum();
        exact.Add(left, percent, Hundred);
        return rater.Round(exact);
    }

    private static string DescriptionOf(Coupon coupon) =>
        coupon.Percent is { } percent ? $"{coupon.Name}, {percent} % off" : coupon.Name;
}
