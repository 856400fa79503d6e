using System.Numerics;
using Metering.Core.Money;

namespace Metering.Core.Invoicing;

/// <summary>
/// Taxes of an invoice. First those that the lines contain are taken out of the subtotal; what is left is the net. Then those that are
/// added are charged on the net. In both, rates that stand side by side come first, on the same base; compound ones follow, each on the
/// net and all taxes of its group before it. Each tax is rounded once, half to even.
/// </summary>
internal static class Taxes
{
    private static readonly Amount Hundred = Amount.FromWhole(100);

    /// <summary>The rates that apply, in the order of their lines: contained before added, side by side before compound.</summary>
    public static List<TaxRate> Select(IReadOnlyList<TaxRate> rates, BillingProfile buyer, DateOnly day)
    {
        var chosen = new List<TaxRate>();
        if (buyer.Treatment != TaxTreatment.Standard || buyer.Country.Length == 0)
            return chosen;
        for (var group = 0; group < 4; group++)
        {
            foreach (var rate in rates)
            {
                if ((rate.Inclusive ? 0 : 2) + (rate.Compound ? 1 : 0) == group && rate.AppliesTo(buyer.Country, buyer.Region, day))
                    chosen.Add(rate);
            }
        }

        return chosen;
    }

    /// <summary>The lines of the taxes on a subtotal, for rates in the order of <see cref="Select"/>.</summary>
    public static TaxLine[] Charge(Amount subtotal, List<TaxRate> rates, SegmentRater rater)
    {
        var amounts = new Amount[rates.Count];
        var contained = rates.Count(rate => rate.Inclusive);
        TakeOut(subtotal, rates, contained, rater, amounts);
        var net = subtotal;
        for (var i = 0; i < contained; i++)
            net -= amounts[i];

        var lines = new TaxLine[rates.Count];
        for (var i = 0; i < rates.Count; i++)
        {
            var taxed = rates[i].Compound ? net + SumOf(amounts, rates[i].Inclusive ? 0 : contained, i) : net;
            if (!rates[i].Inclusive)
            {
                var exact = new ExactSum();
                exact.Add(taxed, rates[i].Percent, Hundred);
                amounts[i] = rater.Round(exact);
            }

            lines[i] = new TaxLine(rates[i].Id, rates[i].Name, rates[i].Percent, taxed, amounts[i], rates[i].Inclusive);
        }

        return lines;
    }

    /// <summary>
    /// What each contained tax is of a gross amount. The last compound tax is outermost: taking it out leaves what it was charged on.
    /// </summary>
    private static void TakeOut(Amount gross, List<TaxRate> rates, int contained, SegmentRater rater, Amount[] amounts)
    {
        BigInteger hundred = Hundred.Nanos;
        var numerator = BigInteger.One;
        var denominator = BigInteger.One;
        var together = hundred;
        var sideBySide = 0;
        for (; sideBySide < contained && !rates[sideBySide].Compound; sideBySide++)
            together += rates[sideBySide].Percent.Nanos;
        for (var i = contained - 1; i >= sideBySide; i--)
        {
            denominator *= hundred + rates[i].Percent.Nanos;
            amounts[i] = Part(gross, numerator * rates[i].Percent.Nanos, denominator, rater);
            numerator *= hundred;
        }

        for (var i = 0; i < sideBySide; i++)
            amounts[i] = Part(gross, numerator * rates[i].Percent.Nanos, denominator * together, rater);
    }

    private static Amount Part(Amount gross, BigInteger numerator, BigInteger denominator, SegmentRater rater)
    {
        var exact = new ExactSum();
        exact.Add(gross, Amount.One, Amount.One, numerator, denominator);
        return rater.Round(exact);
    }

    private static Amount SumOf(Amount[] amounts, int from, int to)
    {
        var sum = Amount.Zero;
        for (var i = from; i < to; i++)
            sum += amounts[i];
        return sum;
    }
}
