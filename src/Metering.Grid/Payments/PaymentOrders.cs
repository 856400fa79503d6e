using Metering.Core.Money;
using Metering.Core.Time;

namespace Metering.Grid.Payments;

/// <summary>Who pays.</summary>
/// <param name="CustomerId">The customer.</param>
/// <param name="Name">Its name, for the gateway's own papers.</param>
/// <param name="Email">Where the gateway may write to.</param>
public sealed record PayingCustomer(string CustomerId, string Name, string Email);

/// <summary>An issued invoice as it is collected. It never changes: the same invoice gives the same order at any time.</summary>
/// <param name="InvoiceId">The invoice.</param>
/// <param name="CustomerId">Who pays it.</param>
/// <param name="ExternalCustomerId">Who that is at the gateway.</param>
/// <param name="Number">The number that the payer knows it by.</param>
/// <param name="Currency">ISO 4217.</param>
/// <param name="IssuedAt">When it was issued.</param>
/// <param name="Lines">Everything that adds up to the total, in the invoice's order.</param>
public sealed record InvoiceOrder(
    string InvoiceId, string CustomerId, string ExternalCustomerId, string Number, string Currency, Instant IssuedAt,
    IReadOnlyList<InvoiceOrderLine> Lines);

/// <summary>A line of an invoice. Its place in <see cref="InvoiceOrder.Lines"/> is its identity.</summary>
/// <param name="Description">What it is for.</param>
/// <param name="Amount">Money; below zero for a discount.</param>
public sealed record InvoiceOrderLine(string Description, Amount Amount);

/// <summary>A credit note on an invoice that the gateway collects: money that is given back, or no longer asked for.</summary>
/// <param name="CreditNoteId">The credit note.</param>
/// <param name="InvoiceId">The invoice.</param>
/// <param name="ExternalInvoiceId">What that is at the gateway.</param>
/// <param name="Amount">How much; more than zero.</param>
/// <param name="Currency">ISO 4217.</param>
/// <param name="Reason">For the gateway's own papers.</param>
public sealed record CreditOrder(
    string CreditNoteId, string InvoiceId, string ExternalInvoiceId, Amount Amount, string Currency, string Reason);

/// <summary>The money of a pending top-up.</summary>
/// <param name="CustomerId">Whose.</param>
/// <param name="TopUpId">The top-up, unique within the customer.</param>
/// <param name="ExternalCustomerId">Who pays at the gateway.</param>
/// <param name="Credits">What it puts into the wallet.</param>
/// <param name="Amount">Money; more than zero.</param>
/// <param name="Currency">ISO 4217.</param>
/// <param name="RequestedAt">When the wallet asked for it.</param>
/// <param name="Description">What the payer reads.</param>
public sealed record TopUpOrder(
    string CustomerId, string TopUpId, string ExternalCustomerId, Amount Credits, Amount Amount, string Currency, Instant RequestedAt,
    string Description);
