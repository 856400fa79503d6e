using Metering.Core.Catalog;
using Metering.Core.Ids;
using Metering.Core.Money;
using Metering.Core.Time;

namespace Metering.Core.Invoicing;

/// <summary>Takes an issued invoice back, in part or whole. Immutable. Amounts are positive: they are owed to the buyer.</summary>
public sealed record CreditNote
{
    public required CreditNoteNumber Number { get; init; }

    public required InvoiceId Invoice { get; init; }

    public required LegalNumber InvoiceLegalNumber { get; init; }

    public required ProjectId Project { get; init; }

    public required CustomerId Customer { get; init; }

    public required Currency Currency { get; init; }

    /// <summary>Why, for the buyer.</summary>
    public required string Reason { get; init; }

    public required Instant IssuedAt { get; init; }

    /// <summary>The credited total without tax.</summary>
    public required Amount Net { get; init; }

    /// <summary>The taxes that are credited; all of them are a part of <see cref="Total"/>.</summary>
    public required ValueList<TaxLine> Taxes { get; init; }

    public required Amount Tax { get; init; }

    /// <summary>What is owed to the buyer: net and tax.</summary>
    public required Amount Total { get; init; }

    /// <summary>What earlier credit notes of the invoice came to.</summary>
    public required Amount CreditedBefore { get; init; }

    public required BillingProfile Seller { get; init; }

    public required BillingProfile Buyer { get; init; }
}
