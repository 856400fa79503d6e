using Metering.Core.Ids;
using Metering.Core.Money;

namespace Metering.Core.Catalog;

/// <summary>
/// The price of one meter in one plan, in money or in credits. One shape for all models; which members a model uses stands at
/// <see cref="ChargeModel"/>, the others keep their defaults.
/// </summary>
public sealed record Charge
{
    public required MeterId Meter { get; init; }

    public required ChargeUnit In { get; init; }

    public required ChargeModel Model { get; init; }

    /// <summary>Per unit: the price of <see cref="Per"/> units. Package: of one package.</summary>
    public Amount UnitPrice { get; init; }

    /// <summary>How many units every unit price of the charge is for. Default: 1.</summary>
    public Amount Per { get; init; } = Amount.One;

    /// <summary>
    /// The first units of a billing period, over all dimensions, which cost nothing; tiers and packages count from there on.
    /// </summary>
    public Amount Included { get; init; }

    /// <summary>Flat: what is charged for the interval.</summary>
    public Amount FlatAmount { get; init; }

    /// <summary>Percentage: how much of the quantity is charged; 2.5 is 2.5 %.</summary>
    public Amount Percent { get; init; }

    /// <summary>Package: units in one.</summary>
    public Amount PackageSize { get; init; }

    /// <summary>Graduated and volume: bounds rising, the last one open.</summary>
    public ValueList<Tier> Tiers { get; init; } = [];

    /// <summary>Matrix: the meter's dimensions that decide the price.</summary>
    public ValueList<string> Dimensions { get; init; } = [];

    /// <summary>Matrix: the prices.</summary>
    public ValueList<MatrixCell> Cells { get; init; } = [];

    /// <summary>Matrix: the unit price where no cell matches; null means that there is none (<c>no_price</c>).</summary>
    public Amount? Otherwise { get; init; }

    /// <summary>The least this charge comes to in an interval, in money; zero for none.</summary>
    public Amount MinimumCommitment { get; init; }
}

/// <summary>What a charge is paid in. The numbers stand in the journal: never reuse one.</summary>
public enum ChargeUnit
{
    /// <summary>The plan's currency, on the invoice of the billing period.</summary>
    Money = 1,

    /// <summary>Credits, from the wallet, at the event.</summary>
    Credits = 2,
}

/// <summary>How a charge makes a price of a quantity. The numbers stand in the journal: never reuse one.</summary>
public enum ChargeModel
{
    /// <summary><see cref="Charge.FlatAmount"/> for each interval, whatever the quantity.</summary>
    Flat = 1,

    /// <summary>Quantity times <see cref="Charge.UnitPrice"/> divided by <see cref="Charge.Per"/>.</summary>
    PerUnit = 2,

    /// <summary>Each unit at the price of the tier it falls into.</summary>
    Graduated = 3,

    /// <summary>All units at the price of the tier that the whole quantity falls into.</summary>
    Volume = 4,

    /// <summary><see cref="Charge.UnitPrice"/> for every package of <see cref="Charge.PackageSize"/> begun.</summary>
    Package = 5,

    /// <summary><see cref="Charge.Percent"/> of the quantity, which is an amount of money.</summary>
    Percentage = 6,

    /// <summary>Quantity times the unit price of its dimensions divided by <see cref="Charge.Per"/>.</summary>
    Matrix = 7,
}

/// <summary>A price up to a bound.</summary>
/// <param name="UpTo">The last quantity in the tier; null for the last tier, which is open.</param>
/// <param name="UnitPrice">The price of <see cref="Charge.Per"/> units in it.</param>
/// <param name="FlatFee">Charged once when the first part of a unit falls into the tier.</param>
public sealed record Tier(Amount? UpTo, Amount UnitPrice, Amount FlatFee);

/// <summary>
/// The unit price of the events whose dimensions have these values. A dimension that is not named matches every value. Of the cells that
/// match, the one that names most dimensions wins; of several such, the first in the plan.
/// </summary>
public sealed record MatrixCell(ValueList<DimensionMatch> Match, Amount UnitPrice);

/// <summary>One dimension and the value it must have.</summary>
public sealed record DimensionMatch(string Dimension, string Value);
