using System.Globalization;
using Metering.Core.Catalog;
using Metering.Core.Ids;
using Metering.Core.Money;
using Metering.Core.Time;

namespace Metering.Core.Invoicing;

/// <summary>
/// An invoice, or its draft: what <see cref="InvoiceCompiler"/> makes and <see cref="InvoiceFormat"/> writes. Immutable; equal invoices
/// have equal bytes. What happens to it later (its status, payments, credit notes) is not a part of it.
/// </summary>
public sealed record Invoice
{
    public required InvoiceId Id { get; init; }

    public required InvoiceNumber Number { get; init; }

    /// <summary>Null for a draft.</summary>
    public LegalNumber? LegalNumber { get; init; }

    public required ProjectId Project { get; init; }

    public required CustomerId Customer { get; init; }

    /// <summary>The billing period.</summary>
    public required Period Period { get; init; }

    /// <summary>The period's first day on the customer's calendar.</summary>
    public required DateOnly FirstDay { get; init; }

    /// <summary>The customer's, by its IANA name: in which dates and times are shown.</summary>
    public string TimeZone { get; init; } = "UTC";

    /// <summary>The customer's billing anchor day, 1 to 31: by it fees of a part of an interval are prorated.</summary>
    public int AnchorDay { get; init; } = 1;

    public required Currency Currency { get; init; }

    /// <summary>The parts of the period, each on one plan version, in order.</summary>
    public required ValueList<InvoiceSegment> Segments { get; init; }

    /// <summary>In the order in which they are shown, discounts among them; the order is documented in the README.</summary>
    public required ValueList<InvoiceLine> Lines { get; init; }

    /// <summary>The sum of the lines.</summary>
    public required Amount Subtotal { get; init; }

    public required ValueList<TaxLine> Taxes { get; init; }

    /// <summary>The sum of the taxes, those that the lines contain among them.</summary>
    public required Amount Tax { get; init; }

    /// <summary>What is to be paid: the subtotal and the taxes that it does not contain.</summary>
    public required Amount Total { get; init; }

    /// <summary>What the law wants to be said, such as the reverse charge; whole sentences.</summary>
    public ValueList<string> Notes { get; init; } = [];

    /// <summary>Null for a draft.</summary>
    public Instant? IssuedAt { get; init; }

    public required Instant DueAt { get; init; }

    /// <summary>Where in the partition's journal its usage stands.</summary>
    public required JournalRange Positions { get; init; }

    /// <summary>What came from outside of the journal and the plans; with it the invoice can be compiled again.</summary>
    public required InvoiceRecord Recorded { get; init; }

    /// <summary>The billing period as the API shows it: <c>2025-01</c>, the month of its first day.</summary>
    public string PeriodLabel => FirstDay.ToString("yyyy-MM", CultureInfo.InvariantCulture);

    public bool IsDraft => IssuedAt is null;

    /// <summary>What is paid without tax.</summary>
    public Amount Net => Total - Tax;

    /// <summary>SHA-256 over <see cref="InvoiceFormat.Write(Invoice)"/>; computed at each call.</summary>
    public InvoiceDigest Digest => InvoiceFormat.Digest(InvoiceFormat.Write(this));
}

/// <summary>A part of a billing period on one plan version.</summary>
/// <param name="Period">From when until before when.</param>
/// <param name="Plan">The plan.</param>
/// <param name="PlanVersion">Its version.</param>
/// <param name="PlanName">The name that the invoice shows.</param>
/// <param name="Share">How much of the plan's interval it covers.</param>
public sealed record InvoiceSegment(Period Period, PlanId Plan, int PlanVersion, string PlanName, IntervalShare Share);

/// <summary>Groups of a partition's journal, both ends inclusive, counted from 1.</summary>
public readonly record struct JournalRange(long From, long To);

/// <summary>The inputs of an invoice that neither the journal nor the plans hold.</summary>
public sealed record InvoiceRecord
{
    public required BillingProfile Seller { get; init; }

    public required BillingProfile Buyer { get; init; }

    /// <summary>The day whose tax rates apply.</summary>
    public required DateOnly TaxDate { get; init; }

    /// <summary>The rates that were applied, in the order of the taxes.</summary>
    public ValueList<TaxRate> TaxRates { get; init; } = [];

    /// <summary>The coupons that were used, as they were before.</summary>
    public ValueList<AppliedCoupon> Coupons { get; init; } = [];

    /// <summary>Earlier periods with late usage, and what had been adjusted for it before this invoice.</summary>
    public ValueList<LateRecord> Late { get; init; } = [];
}

/// <summary>An earlier period whose late usage was looked at.</summary>
/// <param name="Period">The closed period.</param>
/// <param name="AdjustedBefore">The sum of the adjustment lines of earlier invoices for it.</param>
/// <param name="Adjusted">The adjustment line of this invoice; zero where there is none.</param>
public sealed record LateRecord(Period Period, Amount AdjustedBefore, Amount Adjusted);
