using Metering.Core.Catalog;
using Metering.Core.Ids;
using Metering.Core.Money;

namespace Metering.Core.Rating;

/// <summary>
/// A charge made ready to price events one by one: exactly, without allocation, from nothing but its arguments. For the models that are
/// decided at the event: per unit, graduated, package and matrix.
/// </summary>
public sealed class CompiledCharge
{
    private readonly ChargeModel _model;
    private readonly Int128 _includedNanos;
    private readonly Amount _unitPrice;
    private readonly Amount _per;
    private readonly TierTable? _tiers;
    private readonly PriceMatrix? _matrix;
    private readonly Int128 _packageNanos;

    private CompiledCharge(Charge charge)
    {
        Meter = charge.Meter;
        In = charge.In;
        Dimensions = charge.Dimensions;
        _model = charge.Model;
        _includedNanos = charge.Included.Nanos;
        _per = PerFolding.CanFold(charge) ? Amount.One : charge.Per;
        _unitPrice = PerFolding.Price(charge.UnitPrice, charge.Per, _per);
        _packageNanos = charge.PackageSize.Nanos;
        if (charge.Model == ChargeModel.Graduated)
            _tiers = new TierTable(charge, _per);
        if (charge.Model == ChargeModel.Matrix)
            _matrix = new PriceMatrix(charge, _per);
    }

    public MeterId Meter { get; }

    public ChargeUnit In { get; }

    /// <summary>The dimensions that decide a matrix price, in the order in which <see cref="TryPrice"/> wants their values.</summary>
    public ValueList<string> Dimensions { get; }

    /// <summary>Whether the price depends on what was used before in the billing period; where not, zero may be given for it.</summary>
    public bool NeedsQuantityBefore =>
        _includedNanos != Int128.Zero || _model is ChargeModel.Graduated or ChargeModel.Package;

    /// <exception cref="ArgumentException">The model is not decided at the event, or the charge breaks the rules of a plan.</exception>
    public static CompiledCharge Compile(Charge charge)
    {
        if (!CanPriceEvents(charge.Model))
            throw new ArgumentException($"A {charge.Model} charge is not priced at the event.", nameof(charge));
        if (!charge.Per.IsPositive || (charge.Model == ChargeModel.Package && !charge.PackageSize.IsPositive))
            throw new ArgumentException("Units that a price is for must be positive.", nameof(charge));
        return new CompiledCharge(charge);
    }

    /// <summary>Whether a model is decided at the event, and so may be charged in credits.</summary>
    public static bool CanPriceEvents(ChargeModel model) =>
        model is ChargeModel.PerUnit or ChargeModel.Graduated or ChargeModel.Package or ChargeModel.Matrix;

    /// <summary>
    /// Adds to <paramref name="sum"/> exactly what an event costs: the amount for everything up to and with it, less the amount for
    /// everything before it. So the same usage in one event or in many costs the same, until the caller rounds.
    /// </summary>
    /// <param name="quantity">What the event adds; not negative.</param>
    /// <param name="quantityBefore">The meter's quantity in the billing period before it, over all dimensions; not negative.</param>
    /// <param name="dimensions">One value for each of <see cref="Dimensions"/>.</param>
    /// <param name="sum">Unchanged when there is no price.</param>
    /// <returns>False when a matrix has no price for these dimensions; also for a quantity that is included.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A quantity is negative.</exception>
    public bool TryPrice(Amount quantity, Amount quantityBefore, DimensionValues dimensions, ref ExactSum sum)
    {
        if (quantity.IsNegative || quantityBefore.IsNegative)
            throw new ArgumentOutOfRangeException(nameof(quantity), "Quantities that are priced at the event are not negative.");

        var unitPrice = _unitPrice;
        if (_matrix is not null && !_matrix.TryFind(dimensions, out unitPrice))
            return false;

        // Both may reach twice the range of an amount, which 128 bits hold easily.
        var from = Int128.Max(quantityBefore.Nanos - _includedNanos, Int128.Zero);
        var to = Int128.Max(quantityBefore.Nanos + quantity.Nanos - _includedNanos, Int128.Zero);
        switch (_model)
        {
            case ChargeModel.Graduated:
                _tiers!.AddBetween(from, to, ref sum);
                break;
            case ChargeModel.Package:
                AddPackages(PackagesIn(to, _packageNanos) - PackagesIn(from, _packageNanos), ref sum);
                break;
            default:
                sum.Add(Amount.FromNanos(to - from), unitPrice, _per);
                break;
        }

        return true;
    }

    /// <summary>How many packages a quantity opens; both in nano-units.</summary>
    internal static Int128 PackagesIn(Int128 nanos, Int128 packageNanos) => (nanos + packageNanos - 1) / packageNanos;

    private void AddPackages(Int128 packages, ref ExactSum sum)
    {
        // A package of one nano-unit can be opened more often than an amount can count; nano-packages at a price a billion times higher.
        if (packages <= Amount.MaxNanos / Amount.NanosPerUnit)
            sum.Add(Amount.FromNanos(packages * Amount.NanosPerUnit), _unitPrice);
        else
            sum.Add(Amount.FromNanos(packages), _unitPrice, Amount.FromNanos(1));
    }
}
