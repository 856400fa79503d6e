using Metering.Core.Ids;
using Metering.Core.Invoicing;
using Metering.Core.Money;
using Metering.Delivery.Outbox;
using Metering.Delivery.Payments;
using Metering.Grid.Outbox;
using Metering.Grid.Payments;
using Metering.TestSupport.Stripe;

namespace Metering.Delivery.Tests.Payments;

public sealed class InvoiceCollectionTests
{
    private static readonly DateOnly January = new(2026, 1, 1);

    [Fact]
    public async Task Issued_invoice_is_pushed_charged_and_paid()
    {
        await using var bench = await PaymentBench.StartAsync();
        await bench.AddAsync("c1", "pm_1");
        InvoiceId id = bench.Engine.BillingOf("c1").Issue(January, PaymentBench.Due, "49.00", "+5.00");

        OutboxOutcome outcome = await PushAsync(bench, "c1", id);

        Assert.Equal(OutboxVerdict.Done, outcome.Verdict);
        var invoice = bench.Engine.BillingOf("c1").Only;
        Assert.Equal(InvoiceStatus.Paid, invoice.Status);
        var theirs = Assert.Single(bench.StandIn.Things("invoice"));
        Assert.Equal(invoice.ExternalId, (string?)theirs["id"]);
        Assert.Equal("P01-000001", (string?)theirs["description"]);
        Assert.Equal([0, 1, 2], invoice.Pushed.Select(line => line.Line));
        AssertCharged(bench, (id.Value, 5400));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Process_that_dies_at_any_step_and_begins_again_charges_once(bool keysForgotten)
    {
        await using var bench = await PaymentBench.StartAsync();
        int steps = 0;
        for (int dieAt = 1; dieAt <= Math.Max(1, steps); dieAt++)
        {
            string customer = $"c{dieAt}";
            await bench.AddAsync(customer, $"pm_{dieAt}");
            InvoiceId id = bench.Engine.BillingOf(customer).Issue(January, PaymentBench.Due, "49.00", "+5.00");
            bench.Points.Reset(dieAt);
            await Assert.ThrowsAsync<CrashException>(() => PushAsync(bench, customer, id));
            bench.Points.Reset(0);
            bench.Restart();
            if (keysForgotten)
                bench.StandIn.ForgetKeys();
            Assert.Equal(OutboxVerdict.Done, (await PushAsync(bench, customer, id)).Verdict);
            steps = steps == 0 ? await CountStepsAsync(bench) : steps;
            Assert.Equal(InvoiceStatus.Paid, bench.Engine.BillingOf(customer).Only.Status);
            Assert.Single(bench.StandIn.Charges, charge => charge.Metadata == id.Value);
            Assert.Equal(3, bench.StandIn.Things("invoiceitem").Count(item => (string?)item["metadata"]!["invoice_id"] == id.Value));
        }

        Assert.InRange(steps, 20, 100);
    }

    [Fact]
    public async Task Process_that_dies_again_and_again_charges_once()
    {
        await using var bench = await PaymentBench.StartAsync();
        await bench.AddAsync("c1", "pm_1");
        InvoiceId id = bench.Engine.BillingOf("c1").Issue(January, PaymentBench.Due, "49.00", "+5.00");

        int deaths = await bench.DieEverywhereAsync(() => PushAsync(bench, "c1", id), forgetKeys: true);

        Assert.InRange(deaths, 5, 100);
        AssertCharged(bench, (id.Value, 5400));
    }

    [Fact]
    public async Task Customer_whom_the_gateway_does_not_know_is_left_alone()
    {
        await using var bench = await PaymentBench.StartAsync();
        bench.Engine.Add("c1");
        InvoiceId id = bench.Engine.BillingOf("c1").Issue(January, PaymentBench.Due, "49.00");

        Assert.Equal(OutboxVerdict.Done, (await PushAsync(bench, "c1", id)).Verdict);

        Assert.Empty(bench.StandIn.Calls);
        Assert.Equal(InvoiceStatus.Issued, bench.Engine.BillingOf("c1").Only.Status);
    }

    [Fact]
    public async Task Without_a_means_of_payment_the_invoice_waits_there_open()
    {
        await using var bench = await PaymentBench.StartAsync();
        await bench.AddAsync("c1", null);
        InvoiceId id = bench.Engine.BillingOf("c1").Issue(January, PaymentBench.Due, "49.00");

        Assert.Equal(OutboxVerdict.Done, (await PushAsync(bench, "c1", id)).Verdict);

        Assert.Equal("open", (string?)Assert.Single(bench.StandIn.Things("invoice"))["status"]);
        Assert.Equal(InvoiceStatus.Issued, bench.Engine.BillingOf("c1").Only.Status);
    }

    [Fact]
    public async Task Declined_push_is_over_and_coming_again_is_no_further_attempt()
    {
        await using var bench = await PaymentBench.StartAsync();
        await bench.AddAsync("c1", "pm_1");
        bench.StandIn.SetDecline("pm_1", "insufficient_funds");
        InvoiceId id = bench.Engine.BillingOf("c1").Issue(January, PaymentBench.Due, "49.00");
        Assert.Equal(OutboxVerdict.Done, (await PushAsync(bench, "c1", id)).Verdict);
        bench.StandIn.SetDecline("pm_1", null);
        bench.StandIn.ForgetKeys();

        bench.Engine.BillingOf("c1").Credit(id, "9.00");
        Assert.Equal(OutboxVerdict.Done, (await PushAsync(bench, "c1", id)).Verdict);
        Assert.Empty(bench.StandIn.Charges);
        await bench.Desk.Collection!.RunAsync("c1", id, 1, default);

        AssertCharged(bench, (id.Value, 4000));
        Assert.Equal(InvoiceStatus.Paid, bench.Engine.BillingOf("c1").Only.Status);
    }

    [Fact]
    public async Task Void_invoice_becomes_void_there_also_when_its_push_was_not_recorded()
    {
        await using var bench = await PaymentBench.StartAsync();
        await bench.AddAsync("c1", null);
        FakeBilling billing = bench.Engine.BillingOf("c1");
        InvoiceId id = billing.Issue(January, PaymentBench.Due, "49.00");
        // Dies between making the invoice there and writing its name down here.
        bench.Points.Reset(5);
        await Assert.ThrowsAsync<CrashException>(() => PushAsync(bench, "c1", id));
        bench.Points.Reset(0);
        Assert.Null(billing.Only.ExternalId);
        Assert.Single(bench.StandIn.Things("invoice"));

        await billing.SetStatusAsync(id, InvoiceStatus.Void, default);
        for (int round = 0; round < 2; round++)
            Assert.Equal(OutboxVerdict.Done, (await PushAsync(bench, "c1", id)).Verdict);

        Assert.NotEqual("draft", (string?)Assert.Single(bench.StandIn.Things("invoice"))["status"]);
        Assert.Empty(bench.StandIn.Charges);
    }

    [Fact]
    public async Task Open_invoice_that_is_void_or_paid_here_is_not_charged_there_any_more()
    {
        await using var bench = await PaymentBench.StartAsync();
        await bench.AddAsync("c1", null);
        FakeBilling billing = bench.Engine.BillingOf("c1");
        InvoiceId withdrawn = billing.Issue(January, PaymentBench.Due, "49.00");
        InvoiceId paid = billing.Issue(January.AddMonths(1), PaymentBench.Due, "49.00");
        InvoiceId unknown = billing.Issue(January.AddMonths(2), PaymentBench.Due, "49.00");
        await PushAsync(bench, "c1", withdrawn);
        await PushAsync(bench, "c1", paid);

        await billing.SetStatusAsync(withdrawn, InvoiceStatus.Void, default);
        await billing.SetStatusAsync(paid, InvoiceStatus.Paid, default);
        await billing.SetStatusAsync(unknown, InvoiceStatus.Paid, default);
        foreach (InvoiceId id in (InvoiceId[])[withdrawn, paid, unknown])
            Assert.Equal(OutboxVerdict.Done, (await PushAsync(bench, "c1", id)).Verdict);

        Assert.Equal(["void", "paid"], bench.StandIn.Things("invoice").Select(invoice => (string?)invoice["status"]));
        Assert.Empty(bench.StandIn.Charges);
    }

    [Fact]
    public async Task Credit_note_on_a_paid_invoice_is_refunded_once()
    {
        await using var bench = await PaymentBench.StartAsync();
        await bench.AddAsync("c1", "pm_1");
        FakeBilling billing = bench.Engine.BillingOf("c1");
        InvoiceId id = billing.Issue(January, PaymentBench.Due, "49.00");
        await PushAsync(bench, "c1", id);
        billing.Credit(id, "10.00");
        billing.Credit(id, "0.50");

        await bench.DieEverywhereAsync(() => PushAsync(bench, "c1", id), forgetKeys: true);

        Assert.Equal([1000L, 50L], bench.StandIn.Refunds.Select(refund => refund.Amount));
        AssertCharged(bench, (id.Value, 4900));
    }

    [Fact]
    public async Task Gateway_that_is_away_or_refuses_the_key_is_asked_again_later()
    {
        await using var bench = await PaymentBench.StartAsync();
        await bench.AddAsync("c1", "pm_1");
        InvoiceId id = bench.Engine.BillingOf("c1").Issue(January, PaymentBench.Due, "49.00");
        bench.StandIn.Faults = _ => StripeFault.Unavailable;

        Assert.Equal(OutboxVerdict.Retry, (await PushAsync(bench, "c1", id)).Verdict);
        bench.StandIn.Faults = _ => StripeFault.None;
        Assert.Equal(OutboxVerdict.Done, (await PushAsync(bench, "c1", id)).Verdict);

        AssertCharged(bench, (id.Value, 4900));
    }

    [Fact]
    public async Task Invoice_whose_lines_are_not_its_total_is_not_charged()
    {
        await using var bench = await PaymentBench.StartAsync();
        InvoiceId id = bench.Engine.BillingOf("c1").Issue(January, PaymentBench.Due, "49.00");
        Invoice invoice = (await bench.Engine.BillingOf("c1").FindAsync(id, default))!.Invoice;

        Assert.Throws<InvalidOperationException>(() => InvoiceOrders.Of(invoice with { Total = Amount.Parse("48") }, "cus_1"));
    }

    [Fact]
    public async Task Taxes_that_the_total_adds_are_lines_and_those_it_contains_are_not()
    {
        await using var bench = await PaymentBench.StartAsync();
        InvoiceId id = bench.Engine.BillingOf("c1").Issue(January, PaymentBench.Due, "100.00");
        Invoice invoice = (await bench.Engine.BillingOf("c1").FindAsync(id, default))!.Invoice;
        TaxLine Tax(string rate, string amount, bool inclusive) => new(
            TaxRateId.Parse(rate), rate, Amount.Parse("19"), Amount.Parse("100"), Amount.Parse(amount), inclusive);

        InvoiceOrder order = InvoiceOrders.Of(
            invoice with { Taxes = [Tax("added", "19", false), Tax("contained", "15.97", true)], Total = Amount.Parse("119") }, "cus_1");

        Assert.Equal(["Line 0", "added 19 %"], order.Lines.Select(line => line.Description));
    }

    private static async Task<OutboxOutcome> PushAsync(PaymentBench bench, string customer, InvoiceId id) =>
        await new PaymentHandler(bench.Desk).HandleAsync(
            new OutboxClaim(
                new OutboxMessage(
                    "evt_1", OutboxKinds.PaymentPush, 1, customer, $$"""{"invoice_id":"{{id}}"}""", PaymentBench.Due),
                1, PaymentBench.Due),
            default);

    private static async Task<int> CountStepsAsync(PaymentBench bench)
    {
        await bench.AddAsync("counted", "pm_counted");
        InvoiceId id = bench.Engine.BillingOf("counted").Issue(January, PaymentBench.Due, "49.00", "+5.00");
        bench.Points.Reset(0);
        await PushAsync(bench, "counted", id);
        return bench.Points.Passed;
    }

    private static void AssertCharged(PaymentBench bench, params (string Invoice, long Amount)[] expected) =>
        Assert.Equal(expected, bench.StandIn.Charges.Select(charge => (charge.Metadata, charge.Amount)));
}
