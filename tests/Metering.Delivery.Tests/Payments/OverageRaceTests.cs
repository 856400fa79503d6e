using Metering.Core.Ids;
using Metering.Core.Invoicing;
using Metering.Delivery.Outbox;
using Metering.Delivery.Payments;
using Metering.Grid.Outbox;
using Metering.Grid.Payments;
using Metering.TestSupport;
using Metering.TestSupport.Stripe;

namespace Metering.Delivery.Tests.Payments;

/// <summary>Every silo runs over unpushed overage at the same moment of the day, beside the workers that push whole invoices.</summary>
public sealed class OverageRaceTests
{
    private const int Silos = 3;
    private const int Rounds = 25;

    [Fact]
    public async Task Silos_that_run_at_the_same_moment_push_each_line_once_and_report_no_failure()
    {
        await using var bench = await PaymentBench.StartAsync();
        PaymentDesk[] desks = Desks(bench);
        for (int round = 0; round < Rounds; round++)
        {
            await IssueAsync(bench, round, "49.00", "+5.00", "+6.00");
            OverageReport[] reports = await Together.RunAsync(Silos, silo => desks[silo].PushOverageAsync(default).AsTask());

            Assert.Empty(reports.SelectMany(report => report.Failures));
            // Of several that push a line together, each may have been told that it did.
            Assert.InRange(reports.Sum(report => report.LinesPushed), 2, 2 * Silos);
            Assert.Equal(2 * (round + 1), bench.StandIn.Things("invoiceitem").Count);
            Assert.Equal([1, 2], bench.Engine.BillingOf($"c{round}").Only.Pushed.Select(line => line.Line).Order());
        }
    }

    [Fact]
    public async Task Runs_beside_pushes_of_the_same_invoices_lose_nothing_and_double_nothing()
    {
        await using var bench = await PaymentBench.StartAsync();
        PaymentDesk[] desks = Desks(bench);
        for (int round = 0; round < Rounds; round++)
        {
            InvoiceId id = await IssueAsync(bench, round, "49.00", "+5.00", "+6.00");
            string customer = $"c{round}";
            // Two runs, and two workers of which the first has lost its lease to the second.
            OverageReport?[] reports = await Together.RunAsync(4, async number =>
            {
                if (number < 2)
                    return await desks[number].PushOverageAsync(default);
                await PushAsync(desks[number - 2], customer, id);
                return null;
            });
            for (int again = 0; bench.Engine.BillingOf(customer).Only.Status != InvoiceStatus.Paid; again++)
            {
                Assert.True(again < 5, "The push never comes to its end.");
                await PushAsync(desks[0], customer, id);
            }

            // A line that the push is adding to the invoice at that moment, under the same key, is not the run's to add: to be tried later.
            Assert.All(reports.SelectMany(report => report?.Failures ?? []), failure => Assert.Equal(PaymentCode.RetryLater, failure.Code));
            // With the line that says what is included.
            Assert.Equal(4 * (round + 1), bench.StandIn.Things("invoiceitem").Count);
            Assert.Equal(6000, bench.StandIn.Charges.ElementAt(round).Amount);
            Assert.Equal(round + 1, bench.StandIn.Charges.Count);
        }
    }

    private static PaymentDesk[] Desks(PaymentBench bench)
    {
        var desks = new PaymentDesk[Silos];
        for (int silo = 0; silo < Silos; silo++)
        {
            bench.Restart();
            desks[silo] = bench.Desk;
        }

        return desks;
    }

    private static async Task<InvoiceId> IssueAsync(PaymentBench bench, int round, params string[] amounts)
    {
        await bench.AddAsync($"c{round}", $"pm_{round}");
        return bench.Engine.BillingOf($"c{round}").Issue(new DateOnly(2026, 1, 1), PaymentBench.Due, amounts);
    }

    private static async Task<OutboxOutcome> PushAsync(PaymentDesk desk, string customer, InvoiceId id) =>
        await new PaymentHandler(desk).HandleAsync(
            new OutboxClaim(
                new OutboxMessage("evt_1", OutboxKinds.PaymentPush, 1, customer, $$"""{"invoice_id":"{{id}}"}""", PaymentBench.Due),
                1, PaymentBench.Due),
            default);
}
