using System.Runtime.InteropServices;
using Metering.Core.Catalog;
using Metering.Core.Ids;
using Metering.Core.Money;

namespace Metering.Core.Invoicing;

/// <summary>Makes invoices. Pure: the same inputs give the same invoice, to the byte.</summary>
public static class InvoiceCompiler
{
    /// <summary>What an invoice under the reverse charge says.</summary>
    public const string ReverseChargeNote = "Reverse charge: the customer accounts for the tax.";

    /// <summary>What an invoice to an exempt customer says.</summary>
    public const string ExemptNote = "The customer is exempt from tax.";

    /// <exception cref="ArgumentException">
    /// No segment, one priced in another currency than the invoice's, or overage credits without a value.
    /// </exception>
    /// <exception cref="OverflowException">A line or a sum has more than 18 digits before the point.</exception>
    public static Invoice Compile(InvoiceInputs inputs)
    {
        Check(inputs);
        var rater = new SegmentRater(inputs.Currency);
        var lines = new List<InvoiceLine>();
        var sum = AddSegments(inputs, rater, lines);
        var late = new List<LateRecord>();
        foreach (var period in inputs.Late)
        {
            var adjusted = LateAdjustment.Add(period, rater, lines);
            sum += adjusted;
            if (!adjusted.IsZero || !period.AdjustedBefore.IsZero)
                late.Add(new LateRecord(period.Period, period.AdjustedBefore, adjusted));
        }

        var coupons = new List<AppliedCoupon>();
        var subtotal = Discounts.Apply(sum, inputs.Coupons, inputs.Currency, inputs.Period, rater, lines, coupons);
        var rates = Taxes.Select(inputs.TaxRates, inputs.Buyer, inputs.TaxDate);
        var record = new InvoiceRecord
        {
            Seller = inputs.Seller,
            Buyer = inputs.Buyer,
            TaxDate = inputs.TaxDate,
            TaxRates = ListOf(rates),
            Coupons = ListOf(coupons),
            Late = ListOf(late),
        };
        return Total(inputs, lines, subtotal, Taxes.Charge(subtotal, rates, rater), record);
    }

    /// <summary>Usage of all segments, then their base fees, then what lacks to their plans' minimums.</summary>
    private static Amount AddSegments(InvoiceInputs inputs, SegmentRater rater, List<InvoiceLine> lines)
    {
        Span<Amount> sums = inputs.Segments.Count <= 8 ? stackalloc Amount[inputs.Segments.Count] : new Amount[inputs.Segments.Count];
        for (var i = 0; i < sums.Length; i++)
            sums[i] = rater.AddUsage(new SegmentUse(inputs.Segments[i]), lines);
        for (var i = 0; i < sums.Length; i++)
            sums[i] += rater.AddBaseFee(new SegmentUse(inputs.Segments[i]), lines);
        var sum = Amount.Zero;
        for (var i = 0; i < sums.Length; i++)
            sum += sums[i] + rater.AddMinimum(new SegmentUse(inputs.Segments[i]), sums[i], lines);
        return sum;
    }

    private static Invoice Total(
        InvoiceInputs inputs, List<InvoiceLine> lines, Amount subtotal, TaxLine[] taxes, InvoiceRecord record)
    {
        var tax = Amount.Zero;
        var added = Amount.Zero;
        foreach (var line in taxes)
        {
            tax += line.Amount;
            if (!line.Inclusive)
                added += line.Amount;
        }

        return new Invoice
        {
            Id = InvoiceId.Of(inputs.Project, inputs.FirstDay),
            Number = InvoiceNumber.Of(inputs.Project, inputs.FirstDay),
            LegalNumber = inputs.LegalNumber,
            Project = inputs.Project,
            Customer = inputs.Customer,
            Period = inputs.Period,
            FirstDay = inputs.FirstDay,
            TimeZone = inputs.TimeZone,
            AnchorDay = inputs.AnchorDay,
            Currency = inputs.Currency,
            Segments = SegmentsOf(inputs),
            Lines = ListOf(lines),
            Subtotal = subtotal,
            Taxes = ValueList.Create<TaxLine>(taxes),
            Tax = tax,
            Total = subtotal + added,
            Notes = NotesOf(inputs.Buyer.Treatment),
            IssuedAt = inputs.IssuedAt,
            DueAt = inputs.DueAt,
            Positions = inputs.Positions,
            Recorded = record,
        };
    }

    private static ValueList<InvoiceSegment> SegmentsOf(InvoiceInputs inputs)
    {
        var segments = new InvoiceSegment[inputs.Segments.Count];
        for (var i = 0; i < segments.Length; i++)
        {
            var segment = inputs.Segments[i];
            var plan = segment.Plan.Plan;
            segments[i] = new InvoiceSegment(segment.Period, plan.Id, plan.Version, plan.Name, segment.Share);
        }

        return ValueList.Create<InvoiceSegment>(segments);
    }

    private static ValueList<string> NotesOf(TaxTreatment treatment) => treatment switch
    {
        TaxTreatment.ReverseCharge => [ReverseChargeNote],
        TaxTreatment.Exempt => [ExemptNote],
        _ => [],
    };

    private static ValueList<T> ListOf<T>(List<T> items)
        where T : IEquatable<T> => ValueList.Create<T>(CollectionsMarshal.AsSpan(items));

    private static void Check(InvoiceInputs inputs)
    {
        if (inputs.Segments.Count == 0)
            throw new ArgumentException("A period has at least one segment.", nameof(inputs));
        foreach (var segment in inputs.Segments)
            Check(segment, inputs);
        foreach (var period in inputs.Late)
        {
            foreach (var segment in period.Segments)
                Check(segment.Closed, inputs);
        }

        if ((inputs.LegalNumber is null) != (inputs.IssuedAt is null))
            throw new ArgumentException("An issued invoice has a legal number, a draft has none.", nameof(inputs));
    }

    private static void Check(SegmentInputs segment, InvoiceInputs inputs)
    {
        if (segment.Plan.Currency != inputs.Currency)
            throw new ArgumentException(
                $"A segment is priced in {segment.Plan.Currency}, the invoice in {inputs.Currency}.", nameof(inputs));
    }
}
