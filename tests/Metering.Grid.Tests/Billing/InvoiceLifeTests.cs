using Metering.Core.Catalog;
using Metering.Core.Ids;
using Metering.Core.Invoicing;
using Metering.Core.Money;
using Metering.Core.Wallets;
using Metering.Grid.Billing;
using Metering.Grid.Directory;
using Metering.Grid.Journal;
using Metering.Grid.Storage;
using Metering.Grid.Tests.Support;
using Metering.TestSupport.Engine;
using static Metering.Grid.Tests.Billing.BillingBench;

namespace Metering.Grid.Tests.Billing;

public sealed class InvoiceLifeTests
{
    private static readonly Coupon Tenth = new()
    {
        Id = CouponId.Parse("tenth"), Name = "A tenth", Percent = Amount.FromWhole(10), Invoices = 2,
    };

    [Fact]
    public async Task Invoice_becomes_overdue_by_itself_and_makes_only_legal_moves()
    {
        (BillingBench bench, CustomerEntry customer) = await WithInvoiceAsync();
        InvoiceId id = IdOf(customer, 1);
        Assert.Equal(StatusCode.IllegalMove, (await bench.Billing(customer).SetStatusAsync(id, InvoiceStatus.Draft, default)).Code);
        bench.GoTo("2025-03-03T00:00:00Z");

        Assert.Equal(InvoiceStatus.Overdue, (await bench.Billing(customer).FindAsync(id, default))!.Issued.Status);
        Assert.Equal(StatusCode.Done, (await bench.Billing(customer).SetStatusAsync(id, InvoiceStatus.Paid, default)).Code);
        Assert.Equal(StatusCode.Done, (await bench.Billing(customer).SetStatusAsync(id, InvoiceStatus.Paid, default)).Code);
        Assert.Equal(StatusCode.IllegalMove, (await bench.Billing(customer).SetStatusAsync(id, InvoiceStatus.Void, default)).Code);
        StatusResult unknown = await bench.Billing(customer).SetStatusAsync(IdOf(customer, 7), InvoiceStatus.Void, default);
        Assert.Equal(StatusCode.InvoiceNotFound, unknown.Code);
    }

    [Fact]
    public async Task Void_invoice_keeps_its_number_and_the_period_gets_no_other()
    {
        (BillingBench bench, CustomerEntry customer) = await WithInvoiceAsync();
        await bench.Billing(customer).SetStatusAsync(IdOf(customer, 1), InvoiceStatus.Void, default);

        InvoiceResult again = await bench.Billing(customer).IssueAsync(bench.Project(customer), January, default);

        Assert.Equal(InvoiceCode.Existing, again.Code);
        Assert.Equal(InvoiceStatus.Void, again.Issued!.Status);
        Assert.Equal(new LegalNumber(0, 1), again.Issued.LegalNumber);
        Assert.Equal([1L], IssuingTests.Numbers(bench.Grid.Shard.Journal(0)));
    }

    [Fact]
    public async Task Credit_notes_have_their_own_series_and_never_exceed_the_invoice()
    {
        (BillingBench bench, CustomerEntry customer) = await WithInvoiceAsync();
        InvoiceId id = IdOf(customer, 1);
        Amount total = (await bench.Billing(customer).FindAsync(id, default))!.Issued.Total;
        var key = new IdempotencyKey(7, 1);

        CreditNoteResult[] racers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(
            () => bench.Billing(customer).CreditAsync(new CreditNoteOrder(id, Usd("10.00"), "sorry", key), default).AsTask())));
        CreditNoteResult reused = await bench.Billing(customer).CreditAsync(
            new CreditNoteOrder(id, Usd("9.00"), "sorry", key with { BodyDigest = 2 }), default);
        CreditNoteResult tooMuch = await bench.Billing(customer).CreditAsync(new CreditNoteOrder(id, total, "all", null), default);
        CreditNoteResult crooked = await bench.Billing(customer).CreditAsync(
            new CreditNoteOrder(id, Usd("0.001"), "less than a cent", null), default);
        await bench.RestartAsync();
        CreditNoteResult rest = await bench.Billing(customer).CreditAsync(new CreditNoteOrder(id, null, "the rest", null), default);
        CreditNoteResult none = await bench.Billing(customer).CreditAsync(new CreditNoteOrder(id, null, "more", null), default);

        Assert.All(racers, racer => Assert.Equal("P00-C000001", racer.Note!.Number.ToString()));
        Assert.Equal(CreditNoteCode.IdempotencyKeyReused, reused.Code);
        Assert.Equal(CreditNoteCode.ExceedsInvoice, tooMuch.Code);
        Assert.Equal(CreditNoteCode.InvalidAmount, crooked.Code);
        Assert.Equal("P00-C000002", rest.Note!.Number.ToString());
        Assert.Equal(total - Usd("10.00"), rest.Note.Total);
        Assert.Equal(CreditNoteCode.ExceedsInvoice, none.Code);
        Assert.Equal(
            ["P00-C000001", "P00-C000002"],
            (await bench.Billing(customer).ListCreditNotesAsync(id, default)).Select(note => note.Number.ToString()));
    }

    [Fact]
    public async Task Coupon_counts_down_once_an_invoice_whatever_becomes_of_the_process()
    {
        BillingBench bench = await StartAsync();
        bench.Grid.Directory.Catalog = new CatalogSnapshot(TestGrid.Catalog with { Coupons = [Tenth] });
        CustomerEntry customer = await bench.AddAsync();
        Assert.Equal(CouponCode.CouponNotFound, await bench.Billing(customer).ApplyCouponAsync(CouponId.Parse("none"), default));
        Assert.Equal(CouponCode.Done, await bench.Billing(customer).ApplyCouponAsync(Tenth.Id, default));
        Assert.Equal(CouponCode.AlreadyApplied, await bench.Billing(customer).ApplyCouponAsync(Tenth.Id, default));

        bench.GoTo("2025-02-01T01:00:01Z");
        await bench.WaitForInvoicesAsync(customer, 1);
        await bench.RestartAsync();
        Assert.Equal([1], (await bench.Billing(customer).ListCouponsAsync(default)).Select(coupon => coupon.InvoicesLeft!.Value));
        bench.GoTo("2025-04-01T01:00:01Z");
        await bench.WaitForInvoicesAsync(customer, 3);

        Assert.Equal([0], (await bench.Billing(customer).ListCouponsAsync(default)).Select(coupon => coupon.InvoicesLeft!.Value));
        Assert.Equal(Usd("-4.90"), (await bench.InvoiceAsync(customer, February)).Lines.Single(line => line.Coupon == Tenth.Id).Amount);
        Assert.DoesNotContain((await bench.InvoiceAsync(customer, March)).Lines, line => line.Kind == LineKind.Discount);
        Assert.True((await bench.Billing(customer).VerifyAsync(IdOf(customer, 2), default))!.Identical);
        Assert.Equal(CouponCode.Done, await bench.Billing(customer).RemoveCouponAsync(Tenth.Id, default));
        Assert.Equal(CouponCode.CouponNotFound, await bench.Billing(customer).RemoveCouponAsync(Tenth.Id, default));
    }

    [Fact]
    public async Task What_a_gateway_knows_is_remembered_once_for_each_line()
    {
        (BillingBench bench, CustomerEntry customer) = await WithInvoiceAsync();
        InvoiceId id = IdOf(customer, 1);
        IBilling billing = bench.Billing(customer);

        Assert.Equal(RecordCode.Done, await billing.RecordExternalIdAsync(id, "in_1", default));
        Assert.Equal(RecordCode.Done, await billing.RecordExternalIdAsync(id, "in_1", default));
        Assert.Equal(RecordCode.Differs, await billing.RecordExternalIdAsync(id, "in_2", default));
        Assert.Equal(RecordCode.Done, await billing.RecordPushedLinesAsync(id, [new PushedLine(0, "ii_0")], default));
        Assert.Equal(RecordCode.Differs, await billing.RecordPushedLinesAsync(id, [new PushedLine(0, "ii_x")], default));
        Assert.Equal(RecordCode.LineNotFound, await billing.RecordPushedLinesAsync(id, [new PushedLine(99, "ii_y")], default));
        await bench.RestartAsync();

        IssuedInvoice issued = (await bench.Billing(customer).FindAsync(id, default))!.Issued;
        Assert.Equal("in_1", issued.ExternalId);
        Assert.Equal([new PushedLine(0, "ii_0")], issued.Pushed);
    }

    [Fact]
    public async Task Verify_computes_the_same_bytes_and_notices_what_was_planted()
    {
        (BillingBench bench, CustomerEntry customer) = await WithInvoiceAsync();
        InvoiceId id = IdOf(customer, 1);
        InvoiceVerification before = (await bench.Billing(customer).VerifyAsync(id, default))!;

        JournalRow usage = bench.Grid.Shard.Journal(0).First(row => IsUsage(row));
        Plant(usage);
        InvoiceVerification after = (await bench.Billing(customer).VerifyAsync(id, default))!;
        usage.Body[^1] ^= 1;
        InvoiceVerification broken = (await bench.Billing(customer).VerifyAsync(id, default))!;

        Assert.True(before.Identical, before.Difference);
        Assert.Equal(before.Digest, before.Recomputed);
        Assert.False(after.Identical);
        Assert.NotEqual(after.Digest, after.Recomputed);
        Assert.NotNull(after.Difference);
        Assert.False(broken.Identical);
        Assert.Null(broken.Recomputed);
        Assert.Null(await bench.Billing(customer).VerifyAsync(IdOf(customer, 9), default));
    }

    [Fact]
    public async Task Verify_knows_a_plan_that_changed_within_the_period_and_other_projects_beside_it()
    {
        BillingBench bench = await StartAsync();
        CustomerEntry customer = await bench.AddAsync(plan: KitCatalog.Overage);
        CustomerEntry neighbour = await bench.AddAsync();
        await bench.Process.SendAsync((customer.Id, "e1", 20), (neighbour.Id, "e1", 500));
        bench.GoTo("2025-01-20T00:00:00Z");
        await bench.Process.Engine.Project(bench.Project(customer)).ChangePlanAsync(
            KitCatalog.Money, 1, Projects.PlanChangeTime.Now, default);
        await bench.Process.SendAsync(customer.Id, "e2", 200);
        bench.GoTo("2025-02-01T01:00:01Z");
        await bench.WaitForInvoicesAsync(customer, 1);

        InvoiceVerification verified = (await bench.Billing(customer).VerifyAsync(IdOf(customer, 1), default))!;

        Assert.True(verified.Identical, verified.Difference);
        Assert.Equal(2, (await bench.InvoiceAsync(customer, January)).Segments.Count);
    }

    private static async Task<(BillingBench Bench, CustomerEntry Customer)> WithInvoiceAsync()
    {
        BillingBench bench = await StartAsync();
        CustomerEntry customer = await bench.AddAsync();
        await bench.Process.SendAsync(customer.Id, "e1", 150);
        bench.GoTo("2025-02-01T01:00:01Z");
        await bench.WaitForInvoicesAsync(customer, 1);
        return (bench, customer);
    }

    private static bool IsUsage(JournalRow row)
    {
        var reader = new GroupReader();
        reader.Open(row.Sequence, row.Body);
        while (reader.Read())
        {
            if (reader.Kind == EntryKind.Event)
                return true;
        }

        return false;
    }

    /// <summary>Changes the quantity 150 of an event, under a right checksum.</summary>
    private static void Plant(JournalRow row)
    {
        var writer = new Core.Binary.ByteWriter();
        writer.Amount(Amount.FromWhole(150));
        int at = row.Body.AsSpan().LastIndexOf(writer.Span);
        Assert.True(at > 0);
        writer.Clear();
        writer.Amount(Amount.FromWhole(151));
        writer.Span.CopyTo(row.Body.AsSpan(at));
        BitConverter.TryWriteBytes(row.Body.AsSpan(row.Body.Length - 4), Placement.Crc32C(row.Body.AsSpan(0, row.Body.Length - 4)));
    }
}
