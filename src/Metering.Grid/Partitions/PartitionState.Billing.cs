using Metering.Core.Binary;
using Metering.Core.Ids;
using Metering.Core.Invoicing;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Core.Usage;
using Metering.Grid.Billing;
using Metering.Grid.Directory;
using Metering.Grid.Journal;

namespace Metering.Grid.Partitions;

/// <content>What happens to issued invoices; credit notes; coupons.</content>
public sealed partial class PartitionState
{
    private const int CouponsMax = 100;
    private const int CreditNotesMax = 1_000;

    private readonly ByteWriter invoiceBytes = new(1024);

    /// <summary>An issued invoice's heading, or null.</summary>
    internal IssuedInvoice? ReadInvoice(CustomerEntry entry, string invoice, CatalogSnapshot catalog, Instant now, GroupWriter group) =>
        Look(entry, catalog, Advance(now), group).Billing?.Find(invoice)?.ToView();

    /// <summary>The headings of the customer's invoices, newest period first.</summary>
    internal IReadOnlyList<IssuedInvoice> ListInvoices(
        CustomerEntry entry, string? project, CatalogSnapshot catalog, Instant now, GroupWriter group)
    {
        CustomerState customer = Look(entry, catalog, Advance(now), group);
        return customer.Billing is null ? [] : [.. customer.Billing.Invoices
            .Where(invoice => project is null || invoice.Project.Value == project)
            .OrderByDescending(invoice => invoice.Period.Start).ThenBy(invoice => invoice.Id.Value, StringComparer.Ordinal)
            .Select(invoice => invoice.ToView())];
    }

    /// <summary>Where the credit notes of an invoice stand.</summary>
    internal IReadOnlyList<CreditNoteState> ListCreditNotes(
        CustomerEntry entry, string invoice, CatalogSnapshot catalog, Instant now, GroupWriter group) =>
        Look(entry, catalog, Advance(now), group).Billing?.Find(invoice)?.Notes.ToArray() ?? [];

    /// <summary>Moves an invoice.</summary>
    internal StatusResult SetInvoiceStatus(
        CustomerEntry entry, string id, InvoiceStatus status, CatalogSnapshot catalog, Instant now, GroupWriter group)
    {
        now = Advance(now);
        CustomerState customer = Look(entry, catalog, now, group);
        if (customer.Billing?.Find(id) is not { } invoice)
            return new StatusResult(StatusCode.InvoiceNotFound, null);
        if (invoice.Status != status)
        {
            if (!invoice.Status.CanMoveTo(status))
                return new StatusResult(StatusCode.IllegalMove, invoice.ToView());
            Begin(customer, now, group);
            ChangeStatus(invoice, status, group);
            Changed(customer, group);
        }

        return new StatusResult(StatusCode.Done, invoice.ToView());
    }

    /// <summary>Issues a credit note.</summary>
    /// <param name="entry">The customer.</param>
    /// <param name="order">The wish.</param>
    /// <param name="whole">The invoice as it was issued.</param>
    /// <param name="catalog">The catalogue.</param>
    /// <param name="now">The time.</param>
    /// <param name="group">The open group.</param>
    /// <returns>The answer, and for one that was given before where its credit note stands.</returns>
    internal (CreditNoteResult Result, CreditNoteState? First) Credit(
        CustomerEntry entry, CreditNoteOrder order, Invoice whole, CatalogSnapshot catalog, Instant now, GroupWriter group)
    {
        now = Advance(now);
        CustomerState customer = Look(entry, catalog, now, group);
        if (customer.Billing?.Find(order.Invoice.Value) is not { } invoice)
            return (new CreditNoteResult(CreditNoteCode.InvoiceNotFound, null, Amount.Zero), null);
        if (order.Idempotency is { } key
            && invoice.Notes.FirstOrDefault(note => note.Idempotency?.Key == key.Key) is { Idempotency: { } given } first)
        {
            bool same = given.BodyDigest == key.BodyDigest;
            return (new CreditNoteResult(same ? CreditNoteCode.Issued : CreditNoteCode.IdempotencyKeyReused, null, invoice.Left),
                same ? first : null);
        }

        Amount amount = order.Amount ?? invoice.Left;
        CreditNoteCode refusal = RefusalOf(invoice, amount);
        if (refusal != CreditNoteCode.Issued)
            return (new CreditNoteResult(refusal, null, invoice.Left), null);
        var number = new CreditNoteNumber(Partition, CreditNotesIssued + 1);
        if (!CreditNoteCompiler.TryCompile(whole, number, amount, invoice.Credited, order.Reason, now, out CreditNote? note))
            return (new CreditNoteResult(CreditNoteCode.InvalidAmount, null, invoice.Left), null);
        Begin(customer, now, group);
        group.CreditNoteIssued(invoice.Id.Value, order.Idempotency, CreditNoteFormat.Write(note));
        CreditNotesIssued = number.Sequence;
        invoice.ApplyCredited(new CreditNoteState(number.Sequence, note.Total, order.Idempotency, group.Sequence));
        Changed(customer, group);
        return (new CreditNoteResult(CreditNoteCode.Issued, note, invoice.Left), null);
    }

    /// <summary>Gives the customer a coupon.</summary>
    internal CouponCode ApplyCoupon(CustomerEntry entry, CouponId id, CatalogSnapshot catalog, Instant now, GroupWriter group)
    {
        now = Advance(now);
        if (!catalog.Coupons.TryGetValue(id.Value, out Coupon? coupon))
            return CouponCode.CouponNotFound;
        CustomerState customer = Open(entry, catalog, now, group);
        if (customer.Billing is { } billing && billing.Has(id))
            return CouponCode.AlreadyApplied;
        if (customer.Billing?.Coupons.Count >= CouponsMax)
            return CouponCode.TooMany;
        var applied = AppliedCoupon.Of(coupon);
        Begin(customer, now, group);
        group.CouponApplied(applied);
        customer.Billing ??= new CustomerBilling();
        customer.Billing.ApplyCoupon(applied);
        Changed(customer, group);
        return CouponCode.Done;
    }

    /// <summary>Takes a coupon from the customer.</summary>
    internal CouponCode RemoveCoupon(CustomerEntry entry, CouponId id, CatalogSnapshot catalog, Instant now, GroupWriter group)
    {
        now = Advance(now);
        CustomerState customer = Look(entry, catalog, now, group);
        if (customer.Billing is not { } billing || !billing.Has(id))
            return CouponCode.CouponNotFound;
        Begin(customer, now, group);
        group.CouponRemoved(id.Value);
        billing.ApplyCouponRemoved(id.Value);
        Changed(customer, group);
        return CouponCode.Done;
    }

    /// <summary>The customer's coupons.</summary>
    internal IReadOnlyList<AppliedCoupon> ListCoupons(CustomerEntry entry, CatalogSnapshot catalog, Instant now, GroupWriter group) =>
        Look(entry, catalog, Advance(now), group).Billing?.Coupons.ToArray() ?? [];

    /// <summary>Remembers what a payment gateway knows of an invoice.</summary>
    internal RecordCode RecordPushed(
        CustomerEntry entry, string id, string? externalId, IReadOnlyList<PushedLine> lines, CatalogSnapshot catalog, Instant now,
        GroupWriter group)
    {
        now = Advance(now);
        CustomerState customer = Look(entry, catalog, now, group);
        if (customer.Billing?.Find(id) is not { } invoice)
            return RecordCode.InvoiceNotFound;
        if (lines.Any(line => line.Line < 0 || line.Line >= invoice.Lines))
            return RecordCode.LineNotFound;
        PushedLine[] fresh = [.. lines.Where(line => invoice.FindPushed(line.Line) is null).DistinctBy(line => line.Line)];
        string? freshId = invoice.ExternalId is null ? externalId : null;
        if (fresh.Length > 0 || freshId is not null)
        {
            Begin(customer, now, group);
            group.InvoicePushed(id, freshId, fresh);
            invoice.ApplyPushed(freshId, fresh);
            Changed(customer, group);
        }

        bool same = (externalId is null || invoice.ExternalId == externalId)
            && lines.All(line => invoice.FindPushed(line.Line) == line);
        return same ? RecordCode.Done : RecordCode.Differs;
    }

    private static CreditNoteCode RefusalOf(InvoiceState invoice, Amount amount)
    {
        if (invoice.Status == InvoiceStatus.Void)
            return CreditNoteCode.InvoiceVoid;
        if (invoice.Left <= Amount.Zero)
            return CreditNoteCode.ExceedsInvoice;
        if (!amount.IsPositive || Rounding.ToMinorUnit(amount, invoice.Currency) != amount)
            return CreditNoteCode.InvalidAmount;
        if (amount > invoice.Left)
            return CreditNoteCode.ExceedsInvoice;
        return invoice.Notes.Count >= CreditNotesMax ? CreditNoteCode.TooMany : CreditNoteCode.Issued;
    }

    /// <summary>Journals and applies a move that is legal; the caller has begun the customer.</summary>
    private static void ChangeStatus(InvoiceState invoice, InvoiceStatus status, GroupWriter group)
    {
        group.InvoiceStatusChanged(invoice.Id.Value, status);
        invoice.ApplyStatus(status);
    }

    private void Changed(CustomerState customer, GroupWriter group)
    {
        Touch(customer, group);
        customer.DueChanged = true;
        Settle(customer);
    }

    /// <summary>Counts a number that was given out; also where the bucket has the group already, because the series is the
    /// partition's.</summary>
    private void Count(GroupReader reader)
    {
        bool isInvoice = reader.Kind == EntryKind.InvoiceIssued;
        LegalNumber? invoice = isInvoice ? reader.ReadInvoice().LegalNumber : null;
        CreditNoteNumber? note = isInvoice ? null : reader.ReadCreditNote().Number;
        long number = invoice?.Sequence ?? note?.Sequence ?? 0;
        long last = isInvoice ? InvoicesIssued : CreditNotesIssued;
        if ((invoice?.Partition ?? note?.Partition) != Partition || number != last + 1)
            throw new CorruptDataException($"Group {reader.Sequence} breaks a series: number {number} follows {last}.");
        if (isInvoice)
            InvoicesIssued = number;
        else
            CreditNotesIssued = number;
    }

    private static void ApplyBilling(CustomerState customer, GroupReader reader)
    {
        customer.DueChanged = true;
        switch (reader.Kind)
        {
            case EntryKind.InvoiceIssued:
                Invoice invoice = reader.ReadInvoice();
                if (InvoiceSource.FaultOf(invoice) is { } fault)
                    throw new CorruptDataException($"Invoice {invoice.Id} contradicts itself: {fault}");
                ApplyIssued(customer, ProjectOf(customer, reader), invoice, InvoiceDigest.Of(reader.Payload), reader.Sequence);
                break;
            case EntryKind.InvoiceStatusChanged:
                InvoiceOf(customer, reader).ApplyStatus(reader.InvoiceStatus);
                break;
            case EntryKind.CreditNoteIssued:
                CreditNote note = reader.ReadCreditNote();
                InvoiceOf(customer, reader).ApplyCredited(
                    new CreditNoteState(note.Number.Sequence, note.Total, reader.Idempotency, reader.Sequence));
                break;
            case EntryKind.CouponApplied:
                customer.Billing ??= new CustomerBilling();
                customer.Billing.ApplyCoupon(reader.ReadAppliedCoupon());
                break;
            case EntryKind.CouponRemoved:
                customer.Billing?.ApplyCouponRemoved(reader.Coupon);
                break;
            default:
                InvoiceOf(customer, reader).ApplyPushed(reader.ExternalId, reader.PushedLines);
                break;
        }
    }

    private static InvoiceState InvoiceOf(CustomerState customer, GroupReader reader) =>
        customer.Billing?.Find(reader.InvoiceId)
        ?? throw new CorruptDataException($"Group {reader.Sequence} changes an invoice that was never issued.");
}
