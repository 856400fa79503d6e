using Metering.Core.Ids;
using Metering.Core.Invoicing;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Grid.Billing;
using Metering.Grid.Directory;
using Xunit;

namespace Metering.TestSupport.Engine;

public abstract partial class EngineKit
{
    [Fact]
    public async Task Draft_and_forecast_show_the_running_period_and_journal_nothing()
    {
        KitCluster cluster = opener.Cluster;
        ProjectEntry project = cluster.Directory.Project("money-1");
        IBilling billing = cluster.Engine.Billing(project.Customer);
        await cluster.Engine.Project(project).OpenAsync(default);
        await cluster.SendAsync("money-1", "a", 100);
        InvoiceResult draft = await billing.DraftAsync(project, null, default);
        Assert.Equal((InvoiceCode.Draft, "money-1"), (draft.Code, draft.Invoice!.Project.Value));
        Assert.Null(draft.Invoice.LegalNumber);
        Assert.Contains(draft.Invoice.Lines, line => line.Kind == LineKind.Usage && line.Amount == Ten);
        Assert.Equal(InvoiceCode.Draft, (await billing.ForecastAsync(project, default)).Code);
        Assert.Equal(
            InvoiceCode.NotABillingPeriod,
            (await billing.DraftAsync(project, new Period(Instant.UnixEpoch, Instant.UnixEpoch + TimeSpan.FromDays(1)), default)).Code);
        Assert.Empty(await billing.ListAsync(null, default));
        Assert.Null(await billing.FindAsync(InvoiceId.Parse("inv_money-1_20200101"), default));
        Assert.Null(await billing.VerifyAsync(InvoiceId.Parse("inv_money-1_20200101"), default));
    }

    [Fact]
    public async Task Coupon_is_applied_once_listed_and_removed()
    {
        KitCluster cluster = opener.Cluster;
        IBilling billing = cluster.Engine.Billing(cluster.Directory.Customer("money-2"));
        CouponId half = CouponId.Parse("half");
        Assert.Equal(CouponCode.Done, await billing.ApplyCouponAsync(half, default));
        Assert.Equal(CouponCode.AlreadyApplied, await billing.ApplyCouponAsync(half, default));
        Assert.Equal(CouponCode.CouponNotFound, await billing.ApplyCouponAsync(CouponId.Parse("none"), default));
        AppliedCoupon applied = Assert.Single(await billing.ListCouponsAsync(default));
        Assert.Equal((half, 3), (applied.Coupon.Id, applied.InvoicesLeft));
        Assert.Equal(CouponCode.Done, await billing.RemoveCouponAsync(half, default));
        Assert.Empty(await billing.ListCouponsAsync(default));
    }

    [Fact]
    public async Task Period_that_has_closed_is_invoiced_and_what_becomes_of_the_invoice_is_kept()
    {
        await using KitCluster cluster = await opener.OpenAsync();
        ProjectEntry project = cluster.Directory.Project("money-3");
        await cluster.Engine.Project(project).OpenAsync(default);
        await cluster.SendAsync("money-3", "a", 100);
        await cluster.RestartAsync(TimeSpan.FromDays(40));
        IBilling billing = cluster.Engine.Billing(project.Customer);
        IssuedInvoice issued = await FirstInvoiceAsync(billing);
        InvoiceView found = (await billing.FindAsync(issued.Id, default))!;
        Assert.Equal((issued.Digest, issued.LegalNumber), (found.Invoice.Digest, found.Invoice.LegalNumber!.Value));
        Assert.Equal(InvoiceCode.Existing, (await billing.IssueAsync(project, issued.Period, default)).Code);
        Assert.Equal(RecordCode.Done, await billing.RecordExternalIdAsync(issued.Id, "in_1", default));
        Assert.Equal(RecordCode.Done, await billing.RecordPushedLinesAsync(issued.Id, [new PushedLine(0, "ii_1")], default));
        CreditNoteResult credited = await billing.CreditAsync(new CreditNoteOrder(issued.Id, Amount.One, "sorry", null), default);
        Assert.Equal((CreditNoteCode.Issued, issued.Total - Amount.One), (credited.Code, credited.Left));
        Assert.Equal(credited.Note!.Number, Assert.Single(await billing.ListCreditNotesAsync(issued.Id, default)).Number);
        StatusResult paid = await billing.SetStatusAsync(issued.Id, InvoiceStatus.Paid, default);
        Assert.Equal((StatusCode.Done, InvoiceStatus.Paid, "in_1"), (paid.Code, paid.Invoice!.Status, paid.Invoice.ExternalId));
        Assert.Equal([new PushedLine(0, "ii_1")], paid.Invoice.Pushed);
        InvoiceVerification verified = (await billing.VerifyAsync(issued.Id, default))!;
        Assert.True(verified.Identical, verified.Difference);
    }

    private static async Task<IssuedInvoice> FirstInvoiceAsync(IBilling billing)
    {
        for (int tries = 0; ; tries++)
        {
            IReadOnlyList<IssuedInvoice> invoices = await billing.ListAsync(null, default);
            if (invoices.Count > 0)
                return invoices[^1];
            Assert.True(tries < 2_000, "No invoice was issued.");
            await Task.Delay(10);
        }
    }
}
