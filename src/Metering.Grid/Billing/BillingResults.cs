using Metering.Core.Invoicing;
using Metering.Core.Money;

namespace Metering.Grid.Billing;

/// <summary>What became of asking for an invoice, in the order in which it is decided.</summary>
public enum InvoiceCode
{
    /// <summary>Issued by this call. 201.</summary>
    Issued = 0,

    /// <summary>It was issued before; this is it, whatever was asked. 200.</summary>
    Existing = 1,

    /// <summary>Not a billing period of the project: other dates, before the project was opened, not begun, or another customer's
    /// project. 422 <c>not_a_billing_period</c>; not retryable.</summary>
    NotABillingPeriod = 2,

    /// <summary>It cannot be compiled; <see cref="InvoiceResult.Fault"/> says why, and an operator has to put it right. 422
    /// <c>invoice_not_possible</c>; retryable then.</summary>
    NotPossible = 3,

    /// <summary>The period is open, or a draft was asked for: what the invoice would be now. 200.</summary>
    Draft = 4,
}

/// <summary>An invoice, or why there is none.</summary>
/// <param name="Code">What became of it.</param>
/// <param name="Invoice">The invoice or the draft; null with a refusal.</param>
/// <param name="Issued">What became of it since it was issued; null for a draft and with a refusal.</param>
/// <param name="Fault">With <see cref="InvoiceCode.NotPossible"/>: why.</param>
public sealed record InvoiceResult(InvoiceCode Code, Invoice? Invoice, IssuedInvoice? Issued, string? Fault);

/// <summary>An issued invoice whole, and what became of it since.</summary>
public sealed record InvoiceView(Invoice Invoice, IssuedInvoice Issued);

/// <summary>What became of a change of an invoice's status, in the order in which it is decided.</summary>
public enum StatusCode
{
    /// <summary>It has the status now.</summary>
    Done = 0,

    /// <summary>The customer has no such invoice. Not retryable.</summary>
    InvoiceNotFound = 1,

    /// <summary>The status machine has no such move. 409; not retryable.</summary>
    IllegalMove = 2,
}

/// <summary>The invoice as it is now; null where there is none.</summary>
public sealed record StatusResult(StatusCode Code, IssuedInvoice? Invoice);

/// <summary>What became of a wish for a credit note, in the order in which it is decided.</summary>
public enum CreditNoteCode
{
    /// <summary>Issued by this call or, with an idempotency key, by an earlier one. 201.</summary>
    Issued = 0,

    /// <summary>The customer has no such invoice. Not retryable.</summary>
    InvoiceNotFound = 1,

    /// <summary>The idempotency key was used with another body. Not retryable.</summary>
    IdempotencyKeyReused = 2,

    /// <summary>The invoice is void: nothing is owed for it. Not retryable.</summary>
    InvoiceVoid = 3,

    /// <summary>The amount is not more than zero, or is not a whole number of the currency's minor units. Not retryable.</summary>
    InvalidAmount = 4,

    /// <summary>With the credit notes before, it would be more than the invoice's total. Not retryable.</summary>
    ExceedsInvoice = 5,

    /// <summary>The invoice has as many credit notes as it can have. Not retryable.</summary>
    TooMany = 6,
}

/// <summary>The credit note, or why there is none.</summary>
/// <param name="Code">What became of it.</param>
/// <param name="Note">The credit note.</param>
/// <param name="Left">What of the invoice's total is not credited after this; zero where there is no invoice.</param>
public sealed record CreditNoteResult(CreditNoteCode Code, CreditNote? Note, Amount Left);

/// <summary>What became of applying or removing a coupon, in the order in which it is decided.</summary>
public enum CouponCode
{
    /// <summary>Done.</summary>
    Done = 0,

    /// <summary>The catalogue has no such coupon; on removing, the customer does not have it. Not retryable.</summary>
    CouponNotFound = 1,

    /// <summary>The customer has it already, perhaps used up. Nothing changed; remove it first to give it again.</summary>
    AlreadyApplied = 2,

    /// <summary>The customer has as many coupons as it can have. Retryable when one was removed.</summary>
    TooMany = 3,
}

/// <summary>What became of remembering what a payment gateway knows.</summary>
public enum RecordCode
{
    /// <summary>It is remembered, by this call or by an earlier one that said the same.</summary>
    Done = 0,

    /// <summary>The customer has no such invoice. Not retryable.</summary>
    InvoiceNotFound = 1,

    /// <summary>The invoice has no such line. Not retryable.</summary>
    LineNotFound = 2,

    /// <summary>Something else is remembered; that stands. Not retryable.</summary>
    Differs = 3,
}

/// <summary>Whether an invoice came out the same again.</summary>
/// <param name="Identical">Whether the bytes are the same.</param>
/// <param name="Digest">The digest it was issued with.</param>
/// <param name="Recomputed">The digest of what was compiled again; null where that was not possible.</param>
/// <param name="Difference">Where they differ: which member, or why it could not be compiled; null where they do not.</param>
public sealed record InvoiceVerification(bool Identical, InvoiceDigest Digest, InvoiceDigest? Recomputed, string? Difference);
