using Metering.Core.Binary;
using Metering.Core.Catalog;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Core.Usage;

namespace Metering.Core.Rating;

/// <summary>
/// A charge made ready to price what a segment of a billing period used, by every model; exact, from nothing but its arguments. Immutable.
/// What an event costs when it happens is <see cref="CompiledCharge"/>'s business.
/// </summary>
public sealed class PeriodCharge
{
    private readonly ChargeModel _model;
    private readonly Amount _included;
    private readonly Amount _unitPrice;
    private readonly Amount _per;
    private readonly Amount _packageSize;
    private readonly TierTable? _tiers;
    private readonly PriceMatrix? _matrix;
    private readonly string[] _dimensions;

    private PeriodCharge(Charge charge)
    {
        _model = charge.Model;
        _included = charge.Included;
        _per = PerFolding.CanFold(charge) ? Amount.One : charge.Per;
        _unitPrice = charge.Model == ChargeModel.Flat ? charge.FlatAmount : PerFolding.Price(charge.UnitPrice, charge.Per, _per);
        _packageSize = charge.PackageSize;
        _dimensions = [.. charge.Dimensions];
        if (charge.Model is ChargeModel.Graduated or ChargeModel.Volume)
            _tiers = new TierTable(charge, _per);
        if (charge.Model == ChargeModel.Matrix)
            _matrix = new PriceMatrix(charge, _per);
    }

    /// <exception cref="ArgumentException">The charge breaks the rules of a plan.</exception>
    public static PeriodCharge Compile(Charge charge)
    {
        if (!charge.Per.IsPositive || (charge.Model == ChargeModel.Package && !charge.PackageSize.IsPositive))
            throw new ArgumentException("Units that a price is for must be positive.", nameof(charge));

        // A percentage is a price per hundred.
        return new PeriodCharge(charge.Model != ChargeModel.Percentage
            ? charge
            : charge with { Model = ChargeModel.PerUnit, UnitPrice = charge.Percent, Per = Amount.FromWhole(100) });
    }

    /// <summary>
    /// Adds the parts that the charge comes to, in the order in which they are shown: what is included, then what is paid for, tiers and
    /// cells in the plan's order. Parts that nothing falls into are left out.
    /// </summary>
    /// <param name="usage">What was counted in the segment; null for nothing.</param>
    /// <param name="share">How much of its interval the segment covers: flat charges and included units are prorated by it.</param>
    /// <param name="parts">Where they are added.</param>
    /// <exception cref="OverflowException">More packages than an amount can count.</exception>
    public void Rate(MeterUsage? usage, IntervalShare share, List<RatedPart> parts)
    {
        if (_model == ChargeModel.Flat)
        {
            AddFlat(share, parts);
            return;
        }

        if (usage is null)
            return;
        var used = usage.Total.Quantity(usage.Aggregation);
        var billable = BillableQuantity.Of(used, _included, share);
        AddIncluded(used - billable.Rounded, parts);
        if (billable.IsZero)
            return;
        switch (_model)
        {
            case ChargeModel.Graduated:
                AddTiers(billable, parts);
                break;
            case ChargeModel.Volume:
                var tier = _tiers!.TierOf(billable);
                AddTier(tier, billable, _tiers, parts);
                break;
            case ChargeModel.Package:
                var packages = CompiledCharge.PackagesIn(billable.Ceiling, _packageSize.Nanos);
                AddUnits(RatedKind.Packages, 0, Amount.FromNanos(packages * Amount.NanosPerUnit), _unitPrice, Amount.One, parts);
                break;
            case ChargeModel.Matrix:
                AddCells(usage, used, billable, parts);
                break;
            default:
                AddBillable(RatedKind.Units, 0, billable, _unitPrice, _per, parts);
                break;
        }
    }

    private void AddFlat(IntervalShare share, List<RatedPart> parts)
    {
        if (!_unitPrice.IsZero)
            parts.Add(OfInterval(_unitPrice, share));
    }

    /// <summary>A fee for a whole interval, prorated.</summary>
    public static RatedPart OfInterval(Amount fee, IntervalShare share)
    {
        var cost = new ExactSum();
        if (share.IsWhole)
        {
            cost.Add(fee);
            return new RatedPart { Kind = RatedKind.Flat, Quantity = Amount.One, UnitPrice = fee, Per = Amount.One, Cost = cost };
        }

        var quantity = new ExactSum();
        cost.Add(fee, Amount.One, Amount.One, share.Numerator, share.Denominator);
        quantity.Add(Amount.One, Amount.One, Amount.One, share.Numerator, share.Denominator);
        if (!quantity.TryRound(out var shown))
            throw new OverflowException("More intervals than an amount can count.");
        return new RatedPart { Kind = RatedKind.Flat, Quantity = shown, UnitPrice = fee, Per = Amount.One, Cost = cost };
    }

    private static void AddIncluded(Amount quantity, List<RatedPart> parts)
    {
        if (!quantity.IsZero)
            AddUnits(RatedKind.Included, 0, quantity, Amount.Zero, Amount.One, parts);
    }

    private void AddTiers(in BillableQuantity billable, List<RatedPart> parts)
    {
        for (var tier = 0; tier < _tiers!.Count; tier++)
        {
            var piece = _tiers.PieceIn(tier, billable);
            if (piece.IsZero)
                return;
            AddTier(tier, piece, _tiers, parts);
        }
    }

    private static void AddTier(int tier, in BillableQuantity piece, TierTable tiers, List<RatedPart> parts)
    {
        AddBillable(RatedKind.Tier, tier, piece, tiers.UnitPrice(tier), tiers.Per, parts);
        if (!tiers.FlatFee(tier).IsZero)
            AddUnits(RatedKind.TierFee, tier, Amount.One, tiers.FlatFee(tier), Amount.One, parts);
    }

    /// <summary>
    /// Combinations that meet the same cell are one part. What is included is spread over all units alike, for in which order they came
    /// is not known any more and must not matter.
    /// </summary>
    private void AddCells(MeterUsage usage, Amount used, in BillableQuantity billable, List<RatedPart> parts)
    {
        var cells = _matrix!.CellCount;
        var quantities = new Int128[cells + 2];
        var prices = new Amount[cells + 2];
        Span<int> places = stackalloc int[_dimensions.Length];
        for (var i = 0; i < places.Length; i++)
            places[i] = IndexOf(usage.DimensionNames, _dimensions[i]);
        Span<DimensionSlice> all = new DimensionSlice[usage.DimensionNames.Count];
        Span<DimensionSlice> wanted = new DimensionSlice[places.Length];
        foreach (var (key, counted) in usage.Combinations)
        {
            Slice(key, all);
            for (var i = 0; i < places.Length; i++)
                wanted[i] = all[places[i]];
            var cell = _matrix.TryFind(new DimensionValues(key, wanted), out var price, out var found) ? found : cells + 1;
            quantities[cell] += counted.Quantity(usage.Aggregation).Nanos;
            prices[cell] = price;
        }

        for (var cell = 0; cell < quantities.Length; cell++)
        {
            if (quantities[cell] == Int128.Zero)
                continue;
            var kind = cell < cells ? RatedKind.Cell : cell == cells ? RatedKind.Otherwise : RatedKind.Unpriced;
            AddPortion(kind, cell < cells ? cell : 0, Amount.FromNanos(quantities[cell]), prices[cell], used, billable, parts);
        }
    }

    /// <summary>Of a quantity, as much as is billable of the whole.</summary>
    private void AddPortion(
        RatedKind kind, int index, Amount quantity, Amount price, Amount used, in BillableQuantity billable, List<RatedPart> parts)
    {
        if (billable.Nanos == used.Nanos)
        {
            AddUnits(kind, index, quantity, price, _per, parts);
            return;
        }

        var denominator = (System.Numerics.BigInteger)used.Nanos * billable.Denominator;
        var numerator = (System.Numerics.BigInteger)billable.Nanos * billable.Denominator + billable.Numerator;
        var portion = new ExactSum();
        portion.Add(quantity, Amount.One, Amount.One, numerator, denominator);
        if (!portion.TryRound(out var shown))
            throw new OverflowException("A portion is larger than the whole.");
        var cost = new ExactSum();
        cost.Add(quantity, price, _per, numerator, denominator);
        parts.Add(new RatedPart { Kind = kind, Index = index, Quantity = shown, UnitPrice = price, Per = _per, Cost = cost });
    }

    private static void AddUnits(RatedKind kind, int index, Amount quantity, Amount price, Amount per, List<RatedPart> parts)
    {
        var cost = new ExactSum();
        cost.Add(quantity, price, per);
        parts.Add(new RatedPart { Kind = kind, Index = index, Quantity = quantity, UnitPrice = price, Per = per, Cost = cost });
    }

    private static void AddBillable(
        RatedKind kind, int index, in BillableQuantity quantity, Amount price, Amount per, List<RatedPart> parts)
    {
        var cost = new ExactSum();
        quantity.AddTo(ref cost, price, per);
        parts.Add(new RatedPart { Kind = kind, Index = index, Quantity = quantity.Rounded, UnitPrice = price, Per = per, Cost = cost });
    }

    private static int IndexOf(IReadOnlyList<string> names, string name)
    {
        for (var i = 0; i < names.Count; i++)
        {
            if (names[i] == name)
                return i;
        }

        throw new ArgumentException($"The meter was counted without its dimension '{name}'.", nameof(names));
    }

    /// <summary>Where the values of a <see cref="DimensionKey"/> stand.</summary>
    private static void Slice(ReadOnlySpan<byte> key, Span<DimensionSlice> slices)
    {
        var reader = new ByteReader(key);
        for (var i = 0; i < slices.Length; i++)
        {
            var length = reader.Count();
            slices[i] = length == 0 ? DimensionSlice.Missing : new DimensionSlice(reader.Position, length - 1);
            if (length > 0)
                reader.Raw(length - 1);
        }
    }
}
