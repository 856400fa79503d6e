using Metering.Core.Ids;
using Metering.Core.Invoicing;
using Metering.Delivery.Payments;
using Metering.Grid.Payments;
using Metering.TestSupport.Stripe;
using Microsoft.Extensions.Logging.Abstractions;

namespace Metering.Delivery.Tests.Payments;

public sealed class OverageRunTests
{
    private static readonly DateOnly January = new(2026, 1, 1);

    [Fact]
    public async Task Overage_lines_are_pushed_once_and_the_invoice_takes_them_up()
    {
        await using var bench = await PaymentBench.StartAsync();
        await bench.AddAsync("c1", "pm_1");
        FakeBilling billing = bench.Engine.BillingOf("c1");
        InvoiceId id = billing.Issue(January, PaymentBench.Due, "49.00", "+5.00");

        OverageReport first = await bench.Desk.PushOverageAsync(default);
        bench.StandIn.ForgetKeys();
        OverageReport second = await bench.Desk.PushOverageAsync(default);

        Assert.Equal((1, 1, 1, 0), (first.Invoices, first.Customers, first.LinesPushed, first.Skipped));
        Assert.Equal((1, 0), (second.Invoices, second.LinesPushed));
        Assert.Equal(500, (long)Assert.Single(bench.StandIn.Things("invoiceitem"))["amount"]!);
        Assert.Equal(1, Assert.Single(billing.Only.Pushed).Line);
        await bench.Desk.Collection!.RunAsync("c1", id, 0, default);
        Assert.Equal(5400, Assert.Single(bench.StandIn.Charges).Amount);
        Assert.Equal(3, bench.StandIn.Things("invoiceitem").Count);
    }

    [Fact]
    public async Task Run_that_dies_at_any_step_pushes_each_line_once()
    {
        await using var bench = await PaymentBench.StartAsync();
        for (int customer = 1; customer <= 3; customer++)
        {
            await bench.AddAsync($"c{customer}", null);
            bench.Engine.BillingOf($"c{customer}").Issue(January, PaymentBench.Due, "49.00", "+5.00", "+6.00");
        }

        // A crash is no failure of one customer: it ends the process.
        for (int dieAt = 1; dieAt < 60; dieAt++)
        {
            bench.Points.Reset(dieAt);
            await bench.Desk.PushOverageAsync(default);
            bench.Restart();
            bench.StandIn.ForgetKeys();
        }

        bench.Points.Reset(0);
        Assert.Empty((await bench.Desk.PushOverageAsync(default)).Failures);
        Assert.Equal(6, bench.StandIn.Things("invoiceitem").Count);
        Assert.All(Enumerable.Range(1, 3), customer => Assert.Equal(2, bench.Engine.BillingOf($"c{customer}").Only.Pushed.Count));
    }

    [Fact]
    public async Task Failure_of_one_customer_does_not_stop_the_others()
    {
        await using var bench = await PaymentBench.StartAsync();
        foreach (string customer in (string[])["a", "b", "c"])
        {
            await bench.AddAsync(customer, null);
            bench.Engine.BillingOf(customer).Issue(January, PaymentBench.Due, "+5.00");
        }

        bench.Engine.Add("unknown");
        bench.Engine.BillingOf("unknown").Issue(January, PaymentBench.Due, "+5.00");
        bench.Engine.Away = "b";

        OverageReport report = await bench.Desk.PushOverageAsync(default);

        OverageFailure failure = Assert.Single(report.Failures);
        Assert.Equal(("b", PaymentCode.RetryLater), (failure.CustomerId, failure.Code));
        Assert.Equal((4, 4, 2, 1), (report.Invoices, report.Customers, report.LinesPushed, report.Skipped));
        bench.Engine.Away = null;
        Assert.Equal(1, (await bench.Desk.PushOverageAsync(default)).LinesPushed);
    }

    [Fact]
    public async Task Without_a_gateway_every_invoice_is_skipped()
    {
        await using var bench = await PaymentBench.StartAsync();
        await bench.AddAsync("c1", null);
        bench.Engine.BillingOf("c1").Issue(January, PaymentBench.Due, "+5.00");
        var desk = new PaymentDesk(bench.Engine, bench.Accounts, bench.Refunds, null, null, NullLoggerFactory.Instance);

        OverageReport report = await desk.PushOverageAsync(default);

        Assert.Equal((1, 0, 1), (report.Invoices, report.LinesPushed, report.Skipped));
        Assert.Equal(PaymentCode.Misconfigured, (await desk.RegisterAsync(bench.Engine.Add("c2"), default)).Code);
        Assert.False(await desk.TakeNoticeAsync("{}"u8.ToArray(), StripeStandIn.Sign("{}", DateTimeOffset.UtcNow), default));
    }

    [Theory]
    [InlineData("2026-01-01T00:00:00Z", "02:00:00")]
    [InlineData("2026-01-01T01:59:59Z", "00:00:01")]
    [InlineData("2026-01-01T02:00:00Z", "1.00:00:00")]
    [InlineData("2026-01-01T23:00:00Z", "03:00:00")]
    public void Next_run_is_at_two_in_the_morning_of_UTC(string now, string wait) =>
        Assert.Equal(TimeSpan.Parse(wait), OverageSchedule.UntilNext(DateTimeOffset.Parse(now)));
}
