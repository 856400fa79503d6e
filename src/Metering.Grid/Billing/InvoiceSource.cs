using Metering.Core.Catalog;
using Metering.Core.Ids;
using Metering.Core.Invoicing;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Core.Usage;
using Metering.Grid.Directory;

namespace Metering.Grid.Billing;

/// <summary>What an invoice is made of besides usage and plans: recorded in it, and used again to verify it.</summary>
internal sealed record InvoiceHeading
{
    public required CustomerId Customer { get; init; }

    public required TimeZoneInfo Zone { get; init; }

    /// <summary>The zone's IANA name.</summary>
    public required string TimeZone { get; init; }

    /// <summary>The customer's billing anchor day.</summary>
    public required int AnchorDay { get; init; }

    /// <summary>ISO 4217.</summary>
    public required string Currency { get; init; }

    public required BillingProfile Seller { get; init; }

    public required BillingProfile Buyer { get; init; }

    public required IReadOnlyList<TaxRate> TaxRates { get; init; }

    public required IReadOnlyList<AppliedCoupon> Coupons { get; init; }

    public required Instant DueAt { get; init; }

    public LegalNumber? LegalNumber { get; init; }

    public Instant? IssuedAt { get; init; }

    /// <summary>The last group that is looked at.</summary>
    public required long Through { get; init; }
}

/// <summary>Puts together what the compiler of invoices needs, of a project as it is in memory. Issuing and verifying share it.</summary>
internal static class InvoiceSource
{
    /// <summary>The earlier periods whose late usage the invoice of a period has to look at, oldest first.</summary>
    public static IReadOnlyList<BillingPeriod> LateBefore(ProjectUsage project, BillingPeriod period) =>
        [.. project.Periods.Where(other => other.IsInvoiced && other.HasUnadjusted && other.Period.Start < period.Period.Start)];

    /// <summary>The inputs of a period's invoice.</summary>
    /// <exception cref="InvalidOperationException">The catalogue does not have a plan version of it.</exception>
    /// <exception cref="ArgumentException">A plan has no prices in the currency.</exception>
    /// <exception cref="FormatException">The currency is none.</exception>
    public static InvoiceInputs InputsOf(
        ProjectUsage project, BillingPeriod period, IReadOnlyList<BillingPeriod> late, InvoiceHeading heading, CatalogSnapshot catalog)
    {
        long from = late.Append(period).Min(each => each.OpenedIn);
        return new InvoiceInputs
        {
            Project = ProjectId.Parse(project.Id),
            Customer = heading.Customer,
            Period = period.Period,
            FirstDay = Calendar.LocalDate(period.Period.Start, heading.Zone),
            TimeZone = heading.TimeZone,
            AnchorDay = heading.AnchorDay,
            Currency = Currency.Parse(heading.Currency),
            Segments = SegmentsOf(period, heading, catalog),
            Late = [.. late.Select(each => LateOf(each, heading, catalog))],
            Seller = heading.Seller,
            Buyer = heading.Buyer,
            TaxDate = TaxDateOf(period.Period, heading.Zone),
            TaxRates = heading.TaxRates,
            Coupons = heading.Coupons,
            LegalNumber = heading.LegalNumber,
            IssuedAt = heading.IssuedAt,
            DueAt = heading.DueAt,
            Positions = new JournalRange(from, Math.Max(from, heading.Through)),
        };
    }

    /// <summary>The last local day of a period.</summary>
    public static DateOnly TaxDateOf(Period period, TimeZoneInfo zone) =>
        Calendar.LocalDate(period.End - TimeSpan.FromMicroseconds(1), zone);

    /// <summary>Why an invoice contradicts itself, or null.</summary>
    public static string? FaultOf(Invoice invoice)
    {
        Amount lines = invoice.Lines.Aggregate(Amount.Zero, (sum, line) => sum + line.Amount);
        Amount taxes = invoice.Taxes.Aggregate(Amount.Zero, (sum, tax) => sum + tax.Amount);
        Amount added = invoice.Taxes.Where(tax => !tax.Inclusive).Aggregate(Amount.Zero, (sum, tax) => sum + tax.Amount);
        if (lines != invoice.Subtotal)
            return $"Its lines come to {lines}, its subtotal is {invoice.Subtotal}.";
        if (taxes != invoice.Tax)
            return $"Its taxes come to {taxes}, its tax is {invoice.Tax}.";
        return lines + added == invoice.Total ? null : $"Its lines and taxes come to {lines + added}, its total is {invoice.Total}.";
    }

    private static SegmentInputs[] SegmentsOf(BillingPeriod period, InvoiceHeading heading, CatalogSnapshot catalog)
    {
        var currency = Currency.Parse(heading.Currency);
        var segments = new SegmentInputs[period.Segments.Count];
        for (int i = 0; i < segments.Length; i++)
        {
            PeriodSegment usage = period.Segments[i];
            Instant end = i + 1 < segments.Length ? period.Segments[i + 1].Start : period.Period.End;
            Plan plan = catalog.TryFindPlan(usage.Plan, usage.PlanVersion, out Plan? found)
                ? found
                : throw new InvalidOperationException($"The catalogue has no version {usage.PlanVersion} of plan {usage.Plan}.");
            var span = new Period(usage.Start, end);
            IntervalShare share = Proration.ShareOf(span, heading.Zone, BillingAnchor.Of(plan.Interval, heading.AnchorDay));
            segments[i] = new SegmentInputs(span, catalog.Price(plan, currency), share, usage, usage.Overage);
        }

        return segments;
    }

    private static LatePeriod LateOf(BillingPeriod period, InvoiceHeading heading, CatalogSnapshot catalog)
    {
        SegmentInputs[] closed = SegmentsOf(period, heading, catalog);
        return new LatePeriod(
            period.Period, Calendar.LocalDate(period.Period.Start, heading.Zone),
            [.. closed.Zip(period.Late, (segment, late) => new LateSegment(segment, late, late.Overage))], period.Adjusted);
    }
}
