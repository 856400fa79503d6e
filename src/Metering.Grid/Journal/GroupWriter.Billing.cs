using Metering.Core.Invoicing;
using Metering.Core.Wallets;
using Metering.Grid.Billing;

namespace Metering.Grid.Journal;

/// <content>What happens to invoices, credit notes and coupons.</content>
public sealed partial class GroupWriter
{
    /// <summary>An invoice was issued.</summary>
    /// <param name="project">Its project.</param>
    /// <param name="invoice">Its canonical bytes.</param>
    public void InvoiceIssued(string project, ReadOnlySpan<byte> invoice)
    {
        Begin(EntryKind.InvoiceIssued);
        Text(project);
        body.Bytes(invoice);
    }

    /// <summary>An issued invoice has another status.</summary>
    public void InvoiceStatusChanged(string invoice, InvoiceStatus status)
    {
        Begin(EntryKind.InvoiceStatusChanged);
        Text(invoice);
        body.Byte((byte)status);
    }

    /// <summary>A credit note was issued.</summary>
    /// <param name="invoice">The invoice.</param>
    /// <param name="key">The idempotency key of the wish, where it had one.</param>
    /// <param name="note">Its canonical bytes.</param>
    public void CreditNoteIssued(string invoice, IdempotencyKey? key, ReadOnlySpan<byte> note)
    {
        Begin(EntryKind.CreditNoteIssued);
        Text(invoice);
        body.Bool(key is not null);
        if (key is { } given)
        {
            body.Fixed128(given.Key);
            body.Fixed64(given.BodyDigest);
        }

        body.Bytes(note);
    }

    /// <summary>The customer got a coupon.</summary>
    public void CouponApplied(AppliedCoupon coupon)
    {
        Begin(EntryKind.CouponApplied);
        payload.Clear();
        BillingFormat.Write(payload, coupon);
        body.Bytes(payload.Span);
    }

    /// <summary>A coupon was taken from the customer.</summary>
    public void CouponRemoved(string coupon)
    {
        Begin(EntryKind.CouponRemoved);
        Text(coupon);
    }

    /// <summary>A payment gateway knows an invoice, or lines of it.</summary>
    public void InvoicePushed(string invoice, string? externalId, IReadOnlyList<PushedLine> lines)
    {
        Begin(EntryKind.InvoicePushed);
        Text(invoice);
        body.Bool(externalId is not null);
        if (externalId is not null)
            Text(externalId);
        body.Unsigned((ulong)lines.Count);
        foreach (PushedLine line in lines)
        {
            body.Unsigned((ulong)line.Line);
            Text(line.ExternalId);
        }
    }
}
