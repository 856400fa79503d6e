using Metering.Core.Money;
using Metering.Core.Wallets;
using Metering.Delivery.Outbox;
using Metering.Delivery.Payments;
using Metering.Grid.Outbox;
using Metering.TestSupport.Stripe;

namespace Metering.Delivery.Tests.Payments;

public sealed class TopUpTests
{
    [Fact]
    public async Task Pending_top_up_is_charged_at_the_plans_value_and_confirmed()
    {
        await using var bench = await PaymentBench.StartAsync();
        await bench.AddAsync("c1", "pm_1");
        FakeWallet wallet = bench.Engine.WalletOf("c1");
        wallet.Request("topup_1", "20000");

        Assert.Equal(OutboxVerdict.Done, (await ChargeAsync(bench, "topup_1")).Verdict);

        Assert.Equal((2000L, "topup_1"), (bench.StandIn.Charges.Single().Amount, bench.StandIn.Charges.Single().Metadata));
        Assert.Equal(TopUpState.Confirmed, wallet.TopUps["topup_1"].State);
        Assert.Equal(Amount.FromWhole(20_000), wallet.Available);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Process_that_dies_at_any_step_charges_and_credits_once(bool keysForgotten)
    {
        await using var bench = await PaymentBench.StartAsync();
        await bench.AddAsync("c1", "pm_1");
        FakeWallet wallet = bench.Engine.WalletOf("c1");
        int died = 0;
        for (int dieAt = 1; died == dieAt - 1; dieAt++)
        {
            string id = $"topup_{dieAt}";
            wallet.Request(id, "1000");
            bench.Points.Reset(dieAt);
            try
            {
                await ChargeAsync(bench, id);
            }
            catch (CrashException)
            {
                died++;
                bench.Points.Reset(0);
                bench.Restart();
                if (keysForgotten)
                    bench.StandIn.ForgetKeys();
                Assert.Equal(OutboxVerdict.Done, (await ChargeAsync(bench, id)).Verdict);
            }

            Assert.Equal(TopUpState.Confirmed, wallet.TopUps[id].State);
            Assert.Single(bench.StandIn.Charges, charge => charge.Metadata == id);
        }

        Assert.InRange(died, 8, 30);
        Assert.Equal(Amount.FromWhole(1000 * (died + 1)), wallet.Available);
    }

    [Fact]
    public async Task Declined_top_up_fails()
    {
        await using var bench = await PaymentBench.StartAsync();
        await bench.AddAsync("c1", "pm_1");
        bench.StandIn.SetDecline("pm_1", "insufficient_funds");
        bench.Engine.WalletOf("c1").Request("topup_1", "1000");

        Assert.Equal(OutboxVerdict.Done, (await ChargeAsync(bench, "topup_1")).Verdict);

        Assert.Equal(TopUpState.Failed, bench.Engine.WalletOf("c1").TopUps["topup_1"].State);
        Assert.Empty(bench.StandIn.Charges);
    }

    [Fact]
    public async Task Top_up_of_a_customer_whom_the_gateway_does_not_know_waits_for_the_operator()
    {
        await using var bench = await PaymentBench.StartAsync();
        bench.Engine.Add("c1");
        bench.Engine.WalletOf("c1").Request("topup_1", "1000");

        Assert.Equal(OutboxVerdict.Done, (await ChargeAsync(bench, "topup_1")).Verdict);

        Assert.Equal(TopUpState.Pending, bench.Engine.WalletOf("c1").TopUps["topup_1"].State);
        Assert.Empty(bench.StandIn.Calls);
    }

    [Fact]
    public async Task Top_up_that_the_bank_works_on_is_settled_by_its_webhook_whenever_that_comes()
    {
        await using var bench = await PaymentBench.StartAsync();
        await bench.AddAsync("c1", "pm_1");
        bench.StandIn.SetDecline("pm_1", StripeStandIn.Processing);
        FakeWallet wallet = bench.Engine.WalletOf("c1");
        wallet.Request("topup_1", "1000");
        Assert.Equal(OutboxVerdict.Retry, (await ChargeAsync(bench, "topup_1")).Verdict);

        bench.StandIn.SettleIntent((string)bench.StandIn.Things("payment_intent").Single()["id"]!);
        string succeeded = Assert.Single(bench.StandIn.Events);
        foreach (string body in (string[])[succeeded, succeeded])
            Assert.True(await bench.NoticeAsync(body));
        Assert.Equal(OutboxVerdict.Done, (await ChargeAsync(bench, "topup_1")).Verdict);

        Assert.Equal(Amount.FromWhole(1000), wallet.Available);
        Assert.Single(bench.StandIn.Charges);
    }

    [Fact]
    public async Task Refund_of_a_top_up_takes_its_share_of_the_credits_once_in_any_order()
    {
        await using var bench = await PaymentBench.StartAsync();
        await bench.AddAsync("c1", "pm_1");
        FakeWallet wallet = bench.Engine.WalletOf("c1");
        wallet.Request("topup_1", "20000");
        await ChargeAsync(bench, "topup_1");
        string intent = (string)bench.StandIn.Things("payment_intent").Single()["id"]!;
        bench.StandIn.RefundIntent(intent, 500);
        bench.StandIn.RefundIntent(intent, 700);
        string[] refunds = [.. bench.StandIn.Events.Where(body => body.Contains("charge.refunded", StringComparison.Ordinal))];

        foreach (string body in (string[])[refunds[1], refunds[0], refunds[1], refunds[0]])
            Assert.True(await bench.NoticeAsync(body));

        // 12 of 20 dollars were given back, and so 12,000 of 20,000 credits were taken.
        Assert.Equal(Amount.FromWhole(8_000), wallet.Available);
    }

    [Fact]
    public async Task Refund_takes_what_the_wallet_still_has()
    {
        await using var bench = await PaymentBench.StartAsync();
        await bench.AddAsync("c1", "pm_1");
        FakeWallet wallet = bench.Engine.WalletOf("c1");
        wallet.Request("topup_1", "20000");
        await ChargeAsync(bench, "topup_1");
        wallet.Available = Amount.FromWhole(300);
        bench.StandIn.RefundIntent((string)bench.StandIn.Things("payment_intent").Single()["id"]!, 2000);

        await bench.DieEverywhereAsync(async () => Assert.True(await bench.NoticeAsync(bench.StandIn.Events[^1])), forgetKeys: false);

        Assert.Equal(Amount.Zero, wallet.Available);
    }

    private static async Task<OutboxOutcome> ChargeAsync(PaymentBench bench, string id) =>
        await new PaymentHandler(bench.Desk).HandleAsync(
            new OutboxClaim(
                new OutboxMessage("evt_1", OutboxKinds.PaymentTopUp, 1, "c1", $$"""{"top_up_id":"{{id}}"}""", PaymentBench.Due),
                1, PaymentBench.Due),
            default);
}
