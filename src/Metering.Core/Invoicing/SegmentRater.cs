using Metering.Core.Catalog;
using Metering.Core.Ids;
using Metering.Core.Money;
using Metering.Core.Rating;
using Metering.Core.Time;
using Metering.Core.Usage;

namespace Metering.Core.Invoicing;

/// <summary>Makes the lines of segments. One serves one invoice; it keeps its scratch list between them.</summary>
internal sealed class SegmentRater(Currency currency)
{
    private readonly List<RatedPart> parts = [];

    /// <summary>What a segment comes to, with everything but what the whole invoice brings: usage, credits, base fee, minimums.</summary>
    public Amount TotalOf(in SegmentUse use, List<InvoiceLine> lines)
    {
        var usage = AddUsage(use, lines);
        var baseFee = AddBaseFee(use, lines);
        return usage + baseFee + AddMinimum(use, usage + baseFee, lines);
    }

    /// <summary>Adds the lines of usage and of credits, and gives their sum.</summary>
    public Amount AddUsage(in SegmentUse use, List<InvoiceLine> lines)
    {
        var sum = Amount.Zero;
        foreach (var charge in use.Plan.Charges)
            sum += AddCharge(charge, use, lines);
        return sum + AddCredits(use, lines);
    }

    /// <summary>Adds the line of the base fee, where there is one, and gives its amount.</summary>
    public Amount AddBaseFee(in SegmentUse use, List<InvoiceLine> lines)
    {
        var fee = use.Plan.Prices.BaseFee;
        if (fee.IsZero)
            return Amount.Zero;
        var part = PeriodCharge.OfInterval(fee, use.Share);
        return Add(lines, part, LineKind.BaseFee, use.Plan.BaseFeeDescription, use.Plan.IntervalWord, use.Period, null);
    }

    /// <summary>Adds the line that makes a segment up to the plan's minimum, where it lacks, and gives its amount.</summary>
    public Amount AddMinimum(in SegmentUse use, Amount sum, List<InvoiceLine> lines) => AddMinimum(
        use.Plan.Prices.MinimumCommitment, use, sum, use.Plan.MinimumDescription, null, lines);

    private Amount AddCharge(PricedCharge charge, in SegmentUse use, List<InvoiceLine> lines)
    {
        parts.Clear();
        charge.Rating.Rate(use.Find(charge.Meter), use.Share, parts);
        var sum = Amount.Zero;
        foreach (var part in parts)
        {
            var kind = part.Kind == RatedKind.Included ? LineKind.Included : LineKind.Usage;
            sum += Add(lines, part, kind, charge.DescriptionOf(part), charge.UnitOf(part), use.Period, charge.Charge.Meter);
        }

        return sum + AddMinimum(charge.Charge.MinimumCommitment, use, sum, charge.Minimum, charge.Charge.Meter, lines);
    }

    private Amount AddMinimum(
        Amount minimum, in SegmentUse use, Amount sum, string description, MeterId? meter, List<InvoiceLine> lines)
    {
        if (minimum.IsZero)
            return Amount.Zero;
        var lacking = Round(PeriodCharge.OfInterval(minimum, use.Share).Cost) - sum;
        if (lacking.IsPositive)
            lines.Add(Plain(LineKind.Minimum, description, lacking, use.Period) with { Meter = meter });
        return Amount.Max(lacking, Amount.Zero);
    }

    private Amount AddCredits(in SegmentUse use, List<InvoiceLine> lines)
    {
        var burned = use.Credits;
        if (!burned.IsZero)
            Add(lines, Credits(burned, Amount.Zero), LineKind.BurnedCredits, "Credits used", "credits", use.Period, null);
        if (use.OverageCredits.IsZero)
            return Amount.Zero;
        var value = use.Plan.Prices.CreditValue
            ?? throw new ArgumentException($"Plan '{use.Plan.Plan.Id}' has overage credits and no value of a credit.");
        return Add(lines, Credits(use.OverageCredits, value), LineKind.OverageCredits, "Overage credits", "credits", use.Period, null);
    }

    private static RatedPart Credits(Amount credits, Amount value)
    {
        var cost = new ExactSum();
        cost.Add(credits, value);
        return new RatedPart { Kind = RatedKind.Units, Quantity = credits, UnitPrice = value, Per = Amount.One, Cost = cost };
    }

    private Amount Add(
        List<InvoiceLine> lines, in RatedPart part, LineKind kind, string description, string unit, Period period, MeterId? meter)
    {
        var amount = Round(part.Cost);
        lines.Add(new InvoiceLine
        {
            Kind = kind,
            Description = description,
            Quantity = part.Quantity,
            Unit = unit,
            UnitPrice = part.UnitPrice,
            Per = part.Per,
            Amount = amount,
            Period = period,
            Meter = meter,
        });
        return amount;
    }

    /// <summary>A line of one thing at its amount.</summary>
    public static InvoiceLine Plain(LineKind kind, string description, Amount amount, Period period) => new()
    {
        Kind = kind,
        Description = description,
        Quantity = Amount.One,
        Unit = "",
        UnitPrice = amount,
        Amount = amount,
        Period = period,
    };

    public Amount Round(in ExactSum exact) => Rounding.TryToMinorUnit(exact, currency, out var amount)
        ? amount
        : throw new OverflowException("A line of an invoice has more than 18 digits before the point.");
}
