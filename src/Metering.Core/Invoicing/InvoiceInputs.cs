using Metering.Core.Catalog;
using Metering.Core.Ids;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Core.Usage;

namespace Metering.Core.Invoicing;

/// <summary>Everything an invoice is made of. It is only read; usage may be the live state of a project.</summary>
public sealed record InvoiceInputs
{
    public required ProjectId Project { get; init; }

    public required CustomerId Customer { get; init; }

    public required Period Period { get; init; }

    /// <summary>The local date at the period's start: <see cref="Calendar.LocalDate"/>.</summary>
    public required DateOnly FirstDay { get; init; }

    /// <summary>The customer's, by its IANA name; only shown, nothing is computed by it.</summary>
    public string TimeZone { get; init; } = "UTC";

    /// <summary>The customer's billing anchor day, 1 to 31; only recorded, the shares of the segments were found by it.</summary>
    public int AnchorDay { get; init; } = 1;

    /// <summary>The customer's currency; the plans of all segments are priced in it.</summary>
    public required Currency Currency { get; init; }

    /// <summary>At least one, in order, without gaps between them.</summary>
    public required IReadOnlyList<SegmentInputs> Segments { get; init; }

    /// <summary>Closed periods that have late usage, oldest first.</summary>
    public IReadOnlyList<LatePeriod> Late { get; init; } = [];

    public BillingProfile Seller { get; init; } = BillingProfile.Empty;

    public BillingProfile Buyer { get; init; } = BillingProfile.Empty;

    /// <summary>The day whose tax rates apply: the period's last local day, by which all of it was supplied.</summary>
    public required DateOnly TaxDate { get; init; }

    /// <summary>All rates that might apply, in the order of the tax lines; those of the buyer's place and the tax date do.</summary>
    public IReadOnlyList<TaxRate> TaxRates { get; init; } = [];

    /// <summary>The customer's coupons, in the order in which they are to be used.</summary>
    public IReadOnlyList<AppliedCoupon> Coupons { get; init; } = [];

    /// <summary>Null for a draft.</summary>
    public LegalNumber? LegalNumber { get; init; }

    /// <summary>Null for a draft.</summary>
    public Instant? IssuedAt { get; init; }

    public required Instant DueAt { get; init; }

    public required JournalRange Positions { get; init; }

    /// <summary>
    /// The inputs from which an issued invoice was compiled: what it recorded, and usage that was read again over its positions. Compiled,
    /// they give its bytes, or it is not what the journal says.
    /// </summary>
    /// <param name="issued">As it was read back.</param>
    /// <param name="segments">Its period.</param>
    /// <param name="late">
    /// Closed periods with late usage; what had been adjusted before is taken from the invoice, where it recorded any.
    /// </param>
    public static InvoiceInputs Again(Invoice issued, IReadOnlyList<SegmentInputs> segments, IReadOnlyList<LatePeriod> late) => new()
    {
        Project = issued.Project,
        Customer = issued.Customer,
        Period = issued.Period,
        FirstDay = issued.FirstDay,
        TimeZone = issued.TimeZone,
        AnchorDay = issued.AnchorDay,
        Currency = issued.Currency,
        Segments = segments,
        Late = [.. late.Select(period => period with { AdjustedBefore = AdjustedBefore(issued, period) })],
        Seller = issued.Recorded.Seller,
        Buyer = issued.Recorded.Buyer,
        TaxDate = issued.Recorded.TaxDate,
        TaxRates = issued.Recorded.TaxRates,
        Coupons = issued.Recorded.Coupons,
        LegalNumber = issued.LegalNumber,
        IssuedAt = issued.IssuedAt,
        DueAt = issued.DueAt,
        Positions = issued.Positions,
    };

    private static Amount AdjustedBefore(Invoice issued, LatePeriod period) =>
        issued.Recorded.Late.FirstOrDefault(record => record.Period == period.Period)?.AdjustedBefore ?? Amount.Zero;
}

/// <summary>What was used in a part of a billing period on one plan version.</summary>
/// <param name="Period">From when until before when.</param>
/// <param name="Plan">The plan version, priced in the invoice's currency.</param>
/// <param name="Share">How much of the plan's interval it covers; see <see cref="Proration"/>.</param>
/// <param name="Usage">What was counted in it, late usage left out.</param>
/// <param name="OverageCredits">Credits beyond the wallet that events of this time cost; zero but on the default project's invoice.</param>
public sealed record SegmentInputs(Period Period, PricedPlan Plan, IntervalShare Share, PeriodSegment Usage, Amount OverageCredits);

/// <summary>A closed period of the same project with what came too late for its invoice.</summary>
/// <param name="Period">The closed period.</param>
/// <param name="FirstDay">The local date at its start.</param>
/// <param name="Segments">All its segments, those without late usage too.</param>
/// <param name="AdjustedBefore">The sum of <see cref="LateRecord.Adjusted"/> in earlier invoices for it.</param>
public sealed record LatePeriod(Period Period, DateOnly FirstDay, IReadOnlyList<LateSegment> Segments, Amount AdjustedBefore);

/// <summary>A segment of a closed period.</summary>
/// <param name="Closed">As it was invoiced.</param>
/// <param name="Late">What has come since.</param>
/// <param name="LateOverageCredits">Overage credits of the late events.</param>
public sealed record LateSegment(SegmentInputs Closed, PeriodSegment Late, Amount LateOverageCredits);
