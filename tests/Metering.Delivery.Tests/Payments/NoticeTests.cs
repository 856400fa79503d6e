using Metering.Core.Ids;
using Metering.Core.Invoicing;
using Metering.Delivery.Payments;
using Metering.Grid.Payments;
using Metering.TestSupport.Stripe;

namespace Metering.Delivery.Tests.Payments;

public sealed class NoticeTests
{
    private static readonly DateOnly January = new(2026, 1, 1);

    [Fact]
    public async Task Invoice_paid_at_the_gateway_is_paid_here_once_however_often_and_in_whatever_order_it_is_told()
    {
        await using var bench = await PaymentBench.StartAsync();
        await bench.AddAsync("c1", "pm_1");
        bench.StandIn.SetDecline("pm_1", "insufficient_funds");
        FakeBilling billing = bench.Engine.BillingOf("c1");
        InvoiceId id = billing.Issue(January, PaymentBench.Due, "49.00");
        await bench.Desk.Collection!.RunAsync("c1", id, 0, default);
        bench.StandIn.PayByHand(billing.Only.ExternalId!);
        string failed = bench.StandIn.Events.Single(body => body.Contains("invoice.payment_failed", StringComparison.Ordinal));
        string paid = bench.StandIn.Events.Single(body => body.Contains("\"invoice.paid\"", StringComparison.Ordinal));

        foreach (string body in (string[])[paid, failed, paid, failed])
            Assert.True(await bench.NoticeAsync(body));

        Assert.Equal([(id.Value, InvoiceStatus.Paid)], billing.Moves);
    }

    [Fact]
    public async Task Invoice_voided_at_the_gateway_is_void_here_and_a_late_paid_changes_nothing()
    {
        await using var bench = await PaymentBench.StartAsync();
        await bench.AddAsync("c1", null);
        FakeBilling billing = bench.Engine.BillingOf("c1");
        InvoiceId id = billing.Issue(January, PaymentBench.Due, "49.00");
        await bench.Desk.Collection!.RunAsync("c1", id, 0, default);
        string about = bench.StandIn.Events.Single();

        foreach (string type in (string[])["invoice.voided", "invoice.paid", "invoice.voided"])
            Assert.True(await bench.NoticeAsync(about.Replace("invoice.finalized", type, StringComparison.Ordinal)));

        Assert.Equal([(id.Value, InvoiceStatus.Void)], billing.Moves);
    }

    [Fact]
    public async Task Notice_that_comes_before_the_push_was_recorded_also_tells_the_name_there()
    {
        await using var bench = await PaymentBench.StartAsync();
        await bench.AddAsync("c1", null);
        FakeBilling billing = bench.Engine.BillingOf("c1");
        InvoiceId id = billing.Issue(January, PaymentBench.Due, "49.00");
        string body = $$"""
            {"id":"evt_1","object":"event","type":"invoice.paid","data":{"object":{"id":"in_7","object":"invoice","status":"paid",
             "metadata":{"cluster":"{{PaymentBench.Cluster}}","invoice_id":"{{id}}","customer_id":"c1" } } } }
            """;

        Assert.True(await bench.NoticeAsync(body));

        Assert.Equal((InvoiceStatus.Paid, "in_7"), (billing.Only.Status, billing.Only.ExternalId));
    }

    [Theory]
    [InlineData("customer.created", "cus_1", "{}")]
    [InlineData("invoice.paid", "in_1", "{}")]
    [InlineData("invoice.paid", "in_1", """{"cluster":"other","invoice_id":"inv_c1_20260101","customer_id":"c1"}""")]
    [InlineData("invoice.paid", "in_1", """{"cluster":"c0ffee","invoice_id":"inv_c1_20250101","customer_id":"c1"}""")]
    [InlineData("invoice.paid", "in_1", """{"cluster":"c0ffee","invoice_id":"nonsense","customer_id":"nobody"}""")]
    [InlineData("charge.refunded", "ch_1", "{}")]
    [InlineData("invoice.paid", "in_1", "not json")]
    public async Task Notice_that_is_about_nothing_of_ours_is_taken_and_left_alone(string type, string id, string metadata)
    {
        string body = $$"""
            {"id":"evt_1","type":"{{type}}","data":{"object":{"id":"{{id}}","amount":100,"amount_refunded":100,"currency":"usd",
             "metadata":{{metadata}} } } }
            """;
        await using var bench = await PaymentBench.StartAsync();
        bench.Engine.Add("c1");
        FakeBilling billing = bench.Engine.BillingOf("c1");
        billing.Issue(January, PaymentBench.Due, "49.00");

        Assert.True(await bench.NoticeAsync(body));

        Assert.Empty(billing.Moves);
    }

    [Fact]
    public async Task Notice_without_a_good_signature_is_not_believed()
    {
        await using var bench = await PaymentBench.StartAsync();
        byte[] body = "{}"u8.ToArray();

        Assert.False(await bench.Desk.TakeNoticeAsync(body, null, default));
        Assert.False(await bench.Desk.TakeNoticeAsync(body, StripeStandIn.Sign("{}", DateTimeOffset.UtcNow, "whsec_other"), default));
        Assert.False(await bench.Desk.TakeNoticeAsync(body, StripeStandIn.Sign("{}", DateTimeOffset.UtcNow.AddMinutes(-6)), default));
        Assert.True(await bench.Desk.TakeNoticeAsync(body, StripeStandIn.Sign("{}", DateTimeOffset.UtcNow), default));
    }

    [Fact]
    public async Task Notice_that_cannot_be_acted_on_now_is_asked_for_again()
    {
        await using var bench = await PaymentBench.StartAsync();
        await bench.AddAsync("c1", "pm_1");
        bench.StandIn.SetDecline("pm_1", StripeStandIn.Processing);
        bench.Engine.WalletOf("c1").Request("topup_1", "1000");
        await bench.Desk.TopUps!.RunAsync("c1", "topup_1", default);
        bench.StandIn.SettleIntent((string)bench.StandIn.Things("payment_intent").Single()["id"]!);
        bench.StandIn.Faults = _ => StripeFault.Unavailable;

        await Assert.ThrowsAsync<PaymentNoticeException>(async () => await bench.NoticeAsync(bench.StandIn.Events.Single()));
        bench.StandIn.Faults = _ => StripeFault.None;
        Assert.True(await bench.NoticeAsync(bench.StandIn.Events.Single()));

        Assert.Empty((await bench.Engine.WalletOf("c1").ReadAsync(default)).TopUps);
    }
}
