using Metering.Core.Catalog;
using Metering.Core.Money;

namespace Metering.Core.Rating;

/// <summary>The tiers of a graduated or a volume charge, bounds in nano-units.</summary>
internal sealed class TierTable
{
    private readonly Int128[] _upTo;
    private readonly Amount[] _unitPrices;
    private readonly Amount[] _flatFees;
    private readonly Amount _per;

    public TierTable(Charge charge, Amount per)
    {
        _per = per;
        _upTo = charge.Tiers.Select(tier => tier.UpTo?.Nanos ?? Int128.MaxValue).ToArray();
        _unitPrices = charge.Tiers.Select(tier => PerFolding.Price(tier.UnitPrice, charge.Per, per)).ToArray();
        _flatFees = charge.Tiers.Select(tier => tier.FlatFee).ToArray();
        if (_upTo.Length == 0 || _upTo[^1] != Int128.MaxValue)
            throw new ArgumentException("The last tier must be open.", nameof(charge));
    }

    public int Count => _upTo.Length;

    /// <summary>How many units the unit prices are for.</summary>
    public Amount Per => _per;

    public Amount UnitPrice(int tier) => _unitPrices[tier];

    public Amount FlatFee(int tier) => _flatFees[tier];

    /// <summary>The tier that the last part of a quantity falls into; a bound belongs to the tier below it.</summary>
    public int TierOf(in BillableQuantity quantity)
    {
        var tier = 0;
        while (quantity.IsAbove(_upTo[tier]))
            tier++;
        return tier;
    }

    /// <summary>What of a quantity falls into a tier.</summary>
    public BillableQuantity PieceIn(int tier, in BillableQuantity quantity)
    {
        var lower = tier == 0 ? Int128.Zero : _upTo[tier - 1];
        if (!quantity.IsAbove(lower))
            return default;
        return quantity.Nanos >= _upTo[tier]
            ? new BillableQuantity(_upTo[tier] - lower, 0, 1)
            : quantity with { Nanos = quantity.Nanos - lower };
    }

    /// <summary>Adds the cost of the units after <paramref name="from"/> up to <paramref name="to"/>, both in nano-units.</summary>
    public void AddBetween(Int128 from, Int128 to, ref ExactSum sum)
    {
        var lower = Int128.Zero;
        for (var i = 0; i < _upTo.Length && lower < to; i++)
        {
            var upper = _upTo[i];
            var start = Int128.Max(from, lower);
            var end = Int128.Min(to, upper);
            if (end > start)
            {
                sum.Add(Amount.FromNanos(end - start), _unitPrices[i], _per);

                // The tier was not entered before when nothing before lay above its lower bound.
                if (from <= lower)
                    sum.Add(_flatFees[i]);
            }

            lower = upper;
        }
    }
}
