using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Grid.Payments;
using Metering.TestSupport.Stripe;

namespace Metering.Delivery.Tests.Stripe;

public sealed class StripeGatewayTests
{
    [Fact]
    public async Task Customer_is_made_once_and_found_again_after_its_key_is_forgotten()
    {
        await using var bench = await GatewayBench.StartAsync();
        var customer = new PayingCustomer("c1", "Example", "c1@example.com");

        var first = await bench.Gateway.EnsureCustomerAsync(customer, default);
        bench.StandIn.ForgetKeys();
        var second = await bench.Gateway.EnsureCustomerAsync(customer, default);

        Assert.Equal(first, second);
        Assert.False(first.Value!.HasPaymentMethod);
        Assert.Single(bench.StandIn.Things("customer"));
    }

    [Fact]
    public async Task Means_of_payment_can_be_changed_and_changed_back()
    {
        await using var bench = await GatewayBench.StartAsync();
        string external = await bench.AddCustomerAsync("c1", "pm_a");
        bench.StandIn.AddPaymentMethod("pm_b");

        foreach (string method in (string[])["pm_b", "pm_a", "pm_b", "pm_b"])
        {
            Assert.Equal(PaymentCode.Done, (await bench.Gateway.SetPaymentMethodAsync(external, method, default)).Code);
            Assert.Equal(
                method, (string?)bench.StandIn.Things("customer").Single()["invoice_settings"]!["default_payment_method"]);
        }

        Assert.True((await bench.Gateway.ReadCustomerAsync(external, default)).Value!.HasPaymentMethod);
        Assert.Equal(PaymentCode.Misconfigured, (await bench.Gateway.SetPaymentMethodAsync(external, "pm_none", default)).Code);
    }

    [Fact]
    public async Task Invoice_with_its_lines_is_there_once_however_often_it_is_asked_for()
    {
        await using var bench = await GatewayBench.StartAsync();
        string external = await bench.AddCustomerAsync("c1", "pm_a");
        InvoiceOrder order = GatewayBench.Order("c1", external, "49.00", "5.25", "-4.25");

        for (int round = 0; round < 3; round++)
        {
            var invoice = await bench.Gateway.EnsureInvoiceAsync(order, default);
            Assert.Equal(PaymentCode.Done, invoice.Code);
            if (invoice.Value!.Status == GatewayInvoiceStatus.Draft)
                Assert.Equal(3, (await AddAllAsync(bench, order, invoice.Value.ExternalId)).Count);
            Assert.Equal(PaymentCode.Done, (await bench.Gateway.FinaliseInvoiceAsync(invoice.Value.ExternalId, default)).Code);
            var paid = await bench.Gateway.PayInvoiceAsync(invoice.Value.ExternalId, round, default);
            Assert.Equal(GatewayInvoiceStatus.Paid, paid.Value!.Status);
            bench.StandIn.ForgetKeys();
        }

        Assert.Equal(5000, Assert.Single(bench.StandIn.Charges).Amount);
        Assert.Single(bench.StandIn.Things("invoice"));
        Assert.Equal(3, bench.StandIn.Things("invoiceitem").Count);
    }

    [Fact]
    public async Task Lines_that_wait_at_the_customer_are_moved_onto_the_invoice()
    {
        await using var bench = await GatewayBench.StartAsync();
        string external = await bench.AddCustomerAsync("c1", "pm_a");
        InvoiceOrder order = GatewayBench.Order("c1", external, "49.00", "5.00");
        var waiting = (await bench.Gateway.AddLinesAsync(order, [1], null, default)).Value!;
        bench.StandIn.ForgetKeys();
        Assert.Equal(waiting.ExternalIds, (await bench.Gateway.AddLinesAsync(order, [1], null, default)).Value!.ExternalIds);

        var invoice = (await bench.Gateway.EnsureInvoiceAsync(order, default)).Value!;
        var added = await AddAllAsync(bench, order, invoice.ExternalId);

        Assert.Equal(waiting.ExternalIds[1], added[1]);
        Assert.All(bench.StandIn.Things("invoiceitem"), item => Assert.Equal(invoice.ExternalId, (string?)item["invoice"]));
        Assert.Equal(2, bench.StandIn.Things("invoiceitem").Count);
    }

    [Fact]
    public async Task Line_that_another_invoice_has_taken_up_is_not_charged_again()
    {
        await using var bench = await GatewayBench.StartAsync();
        string external = await bench.AddCustomerAsync("c1", "pm_a");
        InvoiceOrder order = GatewayBench.Order("c1", external, "49.00", "5.00");
        await bench.Gateway.AddLinesAsync(order, [1], null, default);
        bench.StandIn.SweepPendingItems(external, "usd");

        var invoice = (await bench.Gateway.EnsureInvoiceAsync(order, default)).Value!;
        Assert.Equal(2, (await AddAllAsync(bench, order, invoice.ExternalId)).Count);
        await bench.Gateway.FinaliseInvoiceAsync(invoice.ExternalId, default);
        await bench.Gateway.PayInvoiceAsync(invoice.ExternalId, 0, default);

        Assert.Equal(4900, Assert.Single(bench.StandIn.Charges).Amount);
    }

    [Fact]
    public async Task Declined_invoice_stays_open_and_a_later_attempt_pays_it()
    {
        await using var bench = await GatewayBench.StartAsync();
        string external = await bench.AddCustomerAsync("c1", "pm_a");
        bench.StandIn.SetDecline("pm_a", "insufficient_funds");
        string invoice = await OpenAsync(bench, GatewayBench.Order("c1", external, "49.00"));

        var declined = await bench.Gateway.PayInvoiceAsync(invoice, 0, default);
        Assert.Equal((PaymentCode.Declined, "insufficient_funds"), (declined.Code, declined.DeclineCode));
        bench.StandIn.SetDecline("pm_a", null);
        Assert.Equal(PaymentCode.Declined, (await bench.Gateway.PayInvoiceAsync(invoice, 0, default)).Code);
        Assert.Empty(bench.StandIn.Charges);
        Assert.Equal(GatewayInvoiceStatus.Paid, (await bench.Gateway.PayInvoiceAsync(invoice, 1, default)).Value!.Status);

        Assert.Single(bench.StandIn.Charges);
    }

    [Fact]
    public async Task Invoice_without_a_means_of_payment_is_declined()
    {
        await using var bench = await GatewayBench.StartAsync();
        string external = await bench.AddCustomerAsync("c1", null);
        string invoice = await OpenAsync(bench, GatewayBench.Order("c1", external, "49.00"));

        Assert.Equal(PaymentCode.Declined, (await bench.Gateway.PayInvoiceAsync(invoice, 0, default)).Code);
    }

    [Fact]
    public async Task Draft_and_open_invoices_become_void_and_a_paid_one_says_so()
    {
        await using var bench = await GatewayBench.StartAsync();
        string external = await bench.AddCustomerAsync("c1", "pm_a");
        var draft = (await bench.Gateway.EnsureInvoiceAsync(
            GatewayBench.Order("c1", external, "1.00") with { InvoiceId = "inv_1" }, default)).Value!;
        string open = await OpenAsync(bench, GatewayBench.Order("c1", external, "1.00") with { InvoiceId = "inv_2" });
        string paid = await OpenAsync(bench, GatewayBench.Order("c1", external, "1.00") with { InvoiceId = "inv_3" });
        await bench.Gateway.PayInvoiceAsync(paid, 0, default);
        await OpenAsync(bench, GatewayBench.Order("c1", external, "1.00") with { InvoiceId = "inv_4" });

        foreach (string each in (string[])[open, open])
            Assert.Equal(GatewayInvoiceStatus.Void, (await bench.Gateway.VoidInvoiceAsync(each, default)).Value!.Status);
        Assert.Equal(GatewayInvoiceStatus.Paid, (await bench.Gateway.VoidInvoiceAsync(paid, default)).Value!.Status);
        // An empty draft costs nothing, so closing it pays it.
        Assert.Equal(GatewayInvoiceStatus.Paid, (await bench.Gateway.VoidInvoiceAsync(draft.ExternalId, default)).Value!.Status);
    }

    [Fact]
    public async Task Credit_note_refunds_a_paid_invoice_and_lowers_an_open_one_once()
    {
        await using var bench = await GatewayBench.StartAsync();
        string external = await bench.AddCustomerAsync("c1", "pm_a");
        string open = await OpenAsync(bench, GatewayBench.Order("c1", external, "10.00") with { InvoiceId = "inv_1" });
        string paid = await OpenAsync(bench, GatewayBench.Order("c1", external, "10.00") with { InvoiceId = "inv_2" });
        await bench.Gateway.PayInvoiceAsync(paid, 0, default);
        var lower = new CreditOrder("P1-C000001", "inv_1", open, Amount.Parse("4"), "USD", "Too much");
        var refund = new CreditOrder("P1-C000002", "inv_2", paid, Amount.Parse("2.50"), "USD", "Too much");

        for (int round = 0; round < 3; round++)
        {
            Assert.Equal(PaymentCode.Done, (await bench.Gateway.CreditAsync(lower, default)).Code);
            Assert.Equal(PaymentCode.Done, (await bench.Gateway.CreditAsync(refund, default)).Code);
            bench.StandIn.ForgetKeys();
        }

        await bench.Gateway.PayInvoiceAsync(open, 0, default);
        Assert.Equal([1000L, 600L], bench.StandIn.Charges.Select(charge => charge.Amount));
        Assert.Equal(250, Assert.Single(bench.StandIn.Refunds).Amount);
    }

    [Fact]
    public async Task Top_up_is_charged_once_however_often_it_is_asked_for()
    {
        await using var bench = await GatewayBench.StartAsync();
        string external = await bench.AddCustomerAsync("c1", "pm_a");

        for (int round = 0; round < 3; round++)
        {
            var charge = await bench.Gateway.ChargeTopUpAsync(TopUp(external, "topup_1"), default);
            Assert.Equal(TopUpChargeStatus.Paid, charge.Value!.Status);
            bench.StandIn.ForgetKeys();
        }

        Assert.Equal(PaymentCode.Done, (await bench.Gateway.ChargeTopUpAsync(TopUp(external, "topup_2"), default)).Code);
        Assert.Equal(["topup_1", "topup_2"], bench.StandIn.Charges.Select(charge => charge.Metadata));
    }

    [Fact]
    public async Task Declined_top_up_can_never_be_paid_afterwards()
    {
        await using var bench = await GatewayBench.StartAsync();
        string external = await bench.AddCustomerAsync("c1", "pm_a");
        bench.StandIn.SetDecline("pm_a", "expired_card");

        for (int round = 0; round < 2; round++)
        {
            var declined = await bench.Gateway.ChargeTopUpAsync(TopUp(external, "topup_1"), default);
            Assert.Equal((PaymentCode.Declined, "expired_card"), (declined.Code, declined.DeclineCode));
            bench.StandIn.ForgetKeys();
            bench.StandIn.SetDecline("pm_a", null);
        }

        Assert.Equal("canceled", (string?)Assert.Single(bench.StandIn.Things("payment_intent"))["status"]);
        Assert.Empty(bench.StandIn.Charges);
    }

    [Fact]
    public async Task Top_up_that_the_bank_works_on_is_neither_paid_nor_declined()
    {
        await using var bench = await GatewayBench.StartAsync();
        string external = await bench.AddCustomerAsync("c1", "pm_a");
        bench.StandIn.SetDecline("pm_a", StripeStandIn.Processing);

        var first = await bench.Gateway.ChargeTopUpAsync(TopUp(external, "topup_1"), default);
        Assert.Equal(TopUpChargeStatus.Processing, first.Value!.Status);
        bench.StandIn.SettleIntent(first.Value.ExternalId);

        Assert.Equal(
            TopUpChargeStatus.Paid, (await bench.Gateway.ChargeTopUpAsync(TopUp(external, "topup_1"), default)).Value!.Status);
        Assert.Single(bench.StandIn.Charges);
    }

    [Fact]
    public async Task Two_clusters_of_one_account_do_not_take_each_others_things_for_theirs()
    {
        await using var bench = await GatewayBench.StartAsync();
        var other = new Metering.Delivery.Stripe.StripeGateway(bench.Client, "decade", TimeProvider.System);
        var customer = new PayingCustomer("c1", "Example", "c1@example.com");

        var mine = await bench.Gateway.EnsureCustomerAsync(customer, default);
        var theirs = await other.EnsureCustomerAsync(customer, default);

        Assert.NotEqual(mine.Value!.ExternalId, theirs.Value!.ExternalId);
    }

    private static TopUpOrder TopUp(string external, string id) => new(
        "c1", id, external, Amount.Parse("20000"), Amount.Parse("20"), "USD", Instant.FromDateTimeOffset(DateTimeOffset.UtcNow),
        "20,000 credits");

    private static async Task<IReadOnlyDictionary<int, string>> AddAllAsync(GatewayBench bench, InvoiceOrder order, string external)
    {
        var added = await bench.Gateway.AddLinesAsync(order, [.. Enumerable.Range(0, order.Lines.Count)], external, default);
        Assert.True(added.Code == PaymentCode.Done, added.Reason);
        return added.Value!.ExternalIds;
    }

    private static async Task<string> OpenAsync(GatewayBench bench, InvoiceOrder order)
    {
        string external = (await bench.Gateway.EnsureInvoiceAsync(order, default)).Value!.ExternalId;
        await AddAllAsync(bench, order, external);
        Assert.Equal(GatewayInvoiceStatus.Open, (await bench.Gateway.FinaliseInvoiceAsync(external, default)).Value!.Status);
        return external;
    }
}
