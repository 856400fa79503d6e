using Metering.Core.Money;

namespace Metering.Core.Rating;

/// <summary>What a part of a charge is for.</summary>
public enum RatedKind
{
    /// <summary>A flat charge.</summary>
    Flat,

    /// <summary>Units that are included; their cost is zero.</summary>
    Included,

    /// <summary>All units, at one price.</summary>
    Units,

    /// <summary>Units in one tier.</summary>
    Tier,

    /// <summary>The flat fee of a tier.</summary>
    TierFee,

    /// <summary>Packages.</summary>
    Packages,

    /// <summary>Units of one cell of a matrix.</summary>
    Cell,

    /// <summary>Units that no cell of a matrix names, at the price of all others.</summary>
    Otherwise,

    /// <summary>Units for which a matrix has no price; their cost is zero.</summary>
    Unpriced,
}

/// <summary>A part of what a charge comes to in a segment: what will be one line of an invoice.</summary>
public readonly struct RatedPart
{
    public required RatedKind Kind { get; init; }

    /// <summary>Which tier or cell, from 0; zero elsewhere.</summary>
    public int Index { get; init; }

    /// <summary>To be shown; rounded to the nano-unit where a share of an interval is a part of it.</summary>
    public required Amount Quantity { get; init; }

    /// <summary>The price of <see cref="Per"/> units.</summary>
    public required Amount UnitPrice { get; init; }

    public required Amount Per { get; init; }

    /// <summary>The exact cost.</summary>
    public required ExactSum Cost { get; init; }
}
