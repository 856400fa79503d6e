using Metering.Core.Catalog;
using Metering.Core.Money;

namespace Metering.Core.Rating;

/// <summary>
/// Takes the division by <see cref="Charge.Per"/> out of the path of events: where every unit price of a charge divides exactly, the
/// quotients take their place and a price is for one unit.
/// </summary>
internal static class PerFolding
{
    public static bool CanFold(Charge charge) => Prices(charge).All(price => TryDivide(price, charge.Per, out _));

    /// <summary>A unit price to be used with the compiled <paramref name="per"/>.</summary>
    public static Amount Price(Amount unitPrice, Amount chargePer, Amount per)
    {
        if (per == chargePer)
            return unitPrice;
        return TryDivide(unitPrice, chargePer, out var folded)
            ? folded
            : throw new InvalidOperationException("A price that does not divide was folded.");
    }

    private static IEnumerable<Amount> Prices(Charge charge) => charge.Model switch
    {
        ChargeModel.Graduated or ChargeModel.Volume => charge.Tiers.Select(tier => tier.UnitPrice),
        ChargeModel.Matrix => charge.Cells.Select(cell => cell.UnitPrice).Append(charge.Otherwise ?? Amount.Zero),
        _ => [charge.UnitPrice],
    };

    private static bool TryDivide(Amount price, Amount per, out Amount quotient)
    {
        quotient = default;
        var (nanos, remainder) = Int128.DivRem(price.Nanos * Amount.NanosPerUnit, per.Nanos);
        return remainder == Int128.Zero && Amount.TryFromNanos(nanos, out quotient);
    }
}
