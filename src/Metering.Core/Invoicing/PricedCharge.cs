using Metering.Core.Catalog;
using Metering.Core.Money;
using Metering.Core.Rating;
using Metering.Core.Time;
using Metering.Core.Usage;

namespace Metering.Core.Invoicing;

/// <summary>A charge in money with the words of its lines, all made once.</summary>
internal sealed class PricedCharge
{
    private readonly string _title;
    private readonly string _included;
    private readonly string _otherwise;
    private readonly string _unpriced;
    private readonly string _packages;
    private readonly string[] _tiers;
    private readonly string[] _tierFees;
    private readonly string[] _cells;
    private readonly string _interval;

    public PricedCharge(Charge charge, Meter meter, BillingInterval interval)
    {
        Charge = charge;
        Meter = meter.Id.Value;
        Unit = meter.Unit;
        Rating = PeriodCharge.Compile(charge);
        _interval = IntervalWord(interval);
        var title = AlertText.Title(Meter);
        _title = charge.Model == ChargeModel.Percentage ? $"{title}, {charge.Percent} %" : title;
        _included = $"{title}, included";
        _otherwise = $"{title}, other";
        _unpriced = $"{title}, no price";
        _packages = meter.Unit.Length == 0 ? $"packages of {charge.PackageSize}" : $"packages of {charge.PackageSize} {meter.Unit}";
        Minimum = $"{title}, minimum";
        _tiers = [.. charge.Tiers.Select((_, tier) => $"{title}, {TierWords(charge, tier)}")];
        _tierFees = [.. _tiers.Select(words => $"{words}, flat fee")];
        _cells = [.. charge.Cells.Select(cell => $"{title}, {string.Join(' ', cell.Match.Select(match => match.Value))}")];
    }

    public Charge Charge { get; }

    /// <summary>The meter's id; the same object for every line.</summary>
    public string Meter { get; }

    public string Unit { get; }

    public PeriodCharge Rating { get; }

    /// <summary>The description of the line that makes up to the minimum commitment.</summary>
    public string Minimum { get; }

    public static string IntervalWord(BillingInterval interval) => interval == BillingInterval.Year ? "year" : "month";

    public string DescriptionOf(in RatedPart part) => part.Kind switch
    {
        RatedKind.Included => _included,
        RatedKind.Tier => _tiers[part.Index],
        RatedKind.TierFee => _tierFees[part.Index],
        RatedKind.Cell => _cells[part.Index],
        RatedKind.Otherwise => _otherwise,
        RatedKind.Unpriced => _unpriced,
        _ => _title,
    };

    public string UnitOf(in RatedPart part) => part.Kind switch
    {
        RatedKind.Flat => _interval,
        RatedKind.Packages => _packages,
        RatedKind.TierFee => "",
        _ => Unit,
    };

    private static string TierWords(Charge charge, int tier)
    {
        var below = tier == 0 ? Amount.Zero : charge.Tiers[tier - 1].UpTo!.Value;
        if (charge.Tiers[tier].UpTo is not { } upTo)
            return tier == 0 ? "all" : $"above {below}";
        if (charge.Model == ChargeModel.Volume)
            return $"up to {upTo}";
        return tier == 0 ? $"first {upTo}" : $"next {upTo - below}";
    }
}
