using Metering.Core.Ids;
using Metering.Core.Invoicing;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Core.Wallets;
using Metering.Grid.Billing;
using Metering.Grid.Journal;
using Metering.Grid.Tests.Partitions;

namespace Metering.Grid.Tests.Journal;

/// <summary>A group with every entry kind of billing, and with an event beyond the wallet; always the same, as <see cref="SampleGroup"/>.
/// </summary>
internal static class BillingSample
{
    private static readonly Period January = new(PartitionHarness.At("2025-01-01T00:00:00Z"), PartitionHarness.At("2025-02-01T00:00:00Z"));

    private static readonly AppliedCoupon Coupon = new(
        new Coupon { Id = CouponId.Parse("welcome"), Name = "Welcome", Percent = Amount.FromWhole(10), Invoices = 3 }, 2);

    private static readonly Invoice Issued = new()
    {
        Id = InvoiceId.Of(ProjectId.Parse("p1"), new DateOnly(2025, 1, 1)),
        Number = InvoiceNumber.Of(ProjectId.Parse("p1"), new DateOnly(2025, 1, 1)),
        LegalNumber = new LegalNumber(3, 123),
        Project = ProjectId.Parse("p1"),
        Customer = CustomerId.Parse("c1"),
        Period = January,
        FirstDay = new DateOnly(2025, 1, 1),
        TimeZone = "UTC",
        Currency = Currency.Parse("USD"),
        Segments = [new InvoiceSegment(January, PlanId.Parse("pro"), 3, "Pro", IntervalShare.Whole)],
        Lines =
        [
            new InvoiceLine
            {
                Kind = LineKind.BaseFee, Description = "Pro", Quantity = Amount.One, Unit = "month", UnitPrice = Amount.FromWhole(49),
                Amount = Amount.FromWhole(49), Period = January,
            },
        ],
        Subtotal = Amount.FromWhole(49),
        Taxes = [],
        Tax = Amount.Zero,
        Total = Amount.FromWhole(49),
        IssuedAt = PartitionHarness.At("2025-02-01T01:00:00Z"),
        DueAt = PartitionHarness.At("2025-03-03T00:00:00Z"),
        Positions = new JournalRange(1, 7),
        Recorded = new InvoiceRecord
        {
            Seller = BillingProfile.Empty,
            Buyer = BillingProfile.Empty,
            TaxDate = new DateOnly(2025, 1, 31),
            Coupons = [Coupon],
        },
    };

    public static IEnumerable<(string Name, Action<GroupWriter> Write)> Entries()
    {
        CreditNoteCompiler.TryCompile(
            Issued, new CreditNoteNumber(3, 1), Amount.FromWhole(9), Amount.Zero, "because", January.End, out CreditNote? note);
        string id = Issued.Id.Value;
        yield return ("event beyond the wallet", EventBeyond);
        yield return ("invoice issued", writer => writer.InvoiceIssued("p1", InvoiceFormat.Write(Issued)));
        yield return ("invoice status changed", writer => writer.InvoiceStatusChanged(id, InvoiceStatus.Overdue));
        yield return ("credit note issued", writer => writer.CreditNoteIssued(id, null, CreditNoteFormat.Write(note!)));
        yield return ("credit note issued under a key", writer => writer.CreditNoteIssued(
            id, new IdempotencyKey((UInt128)1 << 100, 0xABCDEF), CreditNoteFormat.Write(note!)));
        yield return ("coupon applied", writer => writer.CouponApplied(Coupon));
        yield return ("coupon removed", writer => writer.CouponRemoved("welcome"));
        yield return ("invoice known to a gateway", writer => writer.InvoicePushed(id, "in_1", []));
        yield return ("lines known to a gateway", writer => writer.InvoicePushed(
            id, null, [new PushedLine(0, "ii_1"), new PushedLine(300, "ii_2")]));
    }

    /// <summary>All entries in one group.</summary>
    public static byte[] Whole() => SampleGroup.Of(writer =>
    {
        foreach ((_, Action<GroupWriter> write) in Entries())
            write(writer);
    });

    private static void EventBeyond(GroupWriter writer)
    {
        var partition = new PartitionHarness(TestPlans.Catalog);
        partition.AddCustomer("c1", "llm-prepaid");
        using var batch = partition.Batch(Ev.Tokens("c1", "e1", 1000, 500));
        Amount overage = PartitionHarness.Credits("0.000000001");
        foreach (bool own in new[] { false, true })
            writer.Event(batch, batch[0], "p1"u8, SampleGroup.Now, counted: 3, folded: 0, Amount.FromWhole(15), overage, own);
    }
}
