using Metering.Core.Binary;
using Metering.Core.Ids;
using Metering.Core.Invoicing;
using Metering.Core.Time;

namespace Metering.Grid.Billing;

/// <summary>A customer's issued invoices and coupons, as its partition keeps them. State only, changed by <c>Apply</c> methods.</summary>
internal sealed class CustomerBilling
{
    private readonly List<InvoiceState> invoices = [];
    private readonly List<AppliedCoupon> coupons = [];

    /// <summary>In the order in which they were issued.</summary>
    public IReadOnlyList<InvoiceState> Invoices => invoices;

    /// <summary>In the order in which they were applied, which is that of their use.</summary>
    public IReadOnlyList<AppliedCoupon> Coupons => coupons;

    /// <summary>When the next invoice becomes overdue; <see cref="Instant.MaxValue"/> for never.</summary>
    public Instant NextDue => NextOverdue?.DueAt ?? Instant.MaxValue;

    /// <summary>The invoice that becomes overdue next; of two at the same time the one issued first.</summary>
    public InvoiceState? NextOverdue
    {
        get
        {
            InvoiceState? next = null;
            foreach (InvoiceState invoice in invoices)
            {
                if (invoice.NextDue < (next?.NextDue ?? Instant.MaxValue))
                    next = invoice;
            }

            return next;
        }
    }

    public InvoiceState? Find(string id) => invoices.Find(invoice => invoice.Id.Value == id);

    public InvoiceState? Find(string project, Instant periodStart) =>
        invoices.Find(invoice => invoice.Period.Start == periodStart && invoice.Project.Value == project);

    public bool Has(CouponId coupon) => coupons.Exists(applied => applied.Coupon.Id == coupon);

    public void ApplyIssued(InvoiceState invoice, IReadOnlyList<AppliedCoupon> used)
    {
        invoices.Add(invoice);
        foreach (AppliedCoupon coupon in used)
        {
            int at = coupons.FindIndex(applied => applied.Coupon.Id == coupon.Coupon.Id);
            if (at < 0 || coupons[at].IsUsedUp)
                throw new CorruptDataException($"Invoice {invoice.Id} uses a coupon that the customer does not have.");
            coupons[at] = coupons[at].Used();
        }
    }

    public void ApplyCoupon(AppliedCoupon coupon) => coupons.Add(coupon);

    public void ApplyCouponRemoved(string coupon) => coupons.RemoveAll(applied => applied.Coupon.Id.Value == coupon);

    public void Write(ByteWriter writer)
    {
        writer.Unsigned((ulong)coupons.Count);
        foreach (AppliedCoupon coupon in coupons)
            BillingFormat.Write(writer, coupon);
        writer.Unsigned((ulong)invoices.Count);
        foreach (InvoiceState invoice in invoices)
            invoice.Write(writer);
    }

    public static CustomerBilling Read(ref ByteReader reader)
    {
        var billing = new CustomerBilling();
        for (int count = reader.CountOf(2); count > 0; count--)
            billing.coupons.Add(BillingFormat.ReadAppliedCoupon(ref reader));
        for (int count = reader.CountOf(32); count > 0; count--)
            billing.invoices.Add(InvoiceState.Read(ref reader));
        return billing;
    }
}
