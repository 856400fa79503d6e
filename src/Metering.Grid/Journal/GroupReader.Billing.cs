using Metering.Core.Binary;
using Metering.Core.Invoicing;
using Metering.Core.Wallets;
using Metering.Grid.Billing;

namespace Metering.Grid.Journal;

/// <content>Entries about invoices, credit notes and coupons.</content>
public sealed partial class GroupReader
{
    private (int Start, int Length) payload;

    /// <summary>InvoiceIssued, CreditNoteIssued: the canonical bytes of the invoice or note.</summary>
    public ReadOnlySpan<byte> Payload => body.AsSpan(payload.Start, payload.Length);

    /// <summary>InvoiceStatusChanged, CreditNoteIssued, InvoicePushed: the invoice's id.</summary>
    public string InvoiceId { get; private set; } = "";

    /// <summary>InvoiceStatusChanged: the status.</summary>
    public InvoiceStatus InvoiceStatus { get; private set; }

    /// <summary>CreditNoteIssued: the idempotency key, where there was one.</summary>
    public IdempotencyKey? Idempotency { get; private set; }

    /// <summary>CouponRemoved: the coupon.</summary>
    public string Coupon { get; private set; } = "";

    /// <summary>InvoicePushed: what a payment gateway calls the invoice, where the entry says it.</summary>
    public string? ExternalId { get; private set; }

    /// <summary>InvoicePushed: lines that the gateway has.</summary>
    public IReadOnlyList<PushedLine> PushedLines { get; private set; } = [];

    /// <summary>InvoiceIssued: the invoice; read anew at each call.</summary>
    public Invoice ReadInvoice() => InvoiceFormat.Read(Payload);

    /// <summary>CreditNoteIssued: the credit note; read anew at each call.</summary>
    public CreditNote ReadCreditNote() => CreditNoteFormat.Read(Payload);

    /// <summary>CouponApplied: the coupon; read anew at each call.</summary>
    public AppliedCoupon ReadAppliedCoupon()
    {
        var reader = new ByteReader(Payload);
        return BillingFormat.ReadAppliedCoupon(ref reader);
    }

    private void ReadBilling(ref ByteReader reader, int start)
    {
        switch (Kind)
        {
            case EntryKind.InvoiceIssued:
                projectText = ReadText(ref reader, start);
                ReadPayload(ref reader, start);
                break;
            case EntryKind.InvoiceStatusChanged:
                InvoiceId = Text(ReadText(ref reader, start));
                InvoiceStatus = (InvoiceStatus)reader.Byte((byte)InvoiceStatus.Draft, (byte)InvoiceStatus.Void);
                break;
            case EntryKind.CreditNoteIssued:
                InvoiceId = Text(ReadText(ref reader, start));
                Idempotency = reader.Bool() ? new IdempotencyKey(reader.Fixed128(), reader.Fixed64()) : null;
                ReadPayload(ref reader, start);
                break;
            case EntryKind.CouponApplied:
                ReadPayload(ref reader, start);
                break;
            case EntryKind.CouponRemoved:
                Coupon = Text(ReadText(ref reader, start));
                break;
            default:
                ReadPushed(ref reader, start);
                break;
        }
    }

    private void ReadPushed(ref ByteReader reader, int start)
    {
        InvoiceId = Text(ReadText(ref reader, start));
        ExternalId = reader.Bool() ? Text(ReadText(ref reader, start)) : null;
        var lines = new PushedLine[reader.CountOf(2)];
        for (int i = 0; i < lines.Length; i++)
            lines[i] = new PushedLine(reader.Count(), Text(ReadText(ref reader, start)));
        PushedLines = lines;
    }

    private void ReadPayload(ref ByteReader reader, int start)
    {
        int length = reader.Bytes().Length;
        payload = (start + reader.Position - length, length);
    }
}
