using Metering.Core.Ids;
using Metering.Core.Invoicing;
using Metering.Delivery.Outbox;
using Metering.Delivery.Payments;
using Metering.Grid.Outbox;
using Metering.TestSupport.Stripe;
using Xunit.Abstractions;

namespace Metering.Delivery.Tests.Payments;

public sealed class ManyInvoicesTests(ITestOutputHelper output)
{
    private const int Invoices = 1_000;
    private const int Customers = 50;
    private const int Seed = 20_260_117;

    [Fact]
    public async Task Thousand_invoices_pushed_among_random_faults_are_charged_once_each()
    {
        output.WriteLine($"seed {Seed}");
        await using var bench = await PaymentBench.StartAsync();
        for (int customer = 0; customer < Customers; customer++)
            await bench.AddAsync($"c{customer}", $"pm_{customer}");
        var expected = new Dictionary<string, long>();
        var open = new Queue<(string Customer, InvoiceId Id)>();
        for (int i = 0; i < Invoices; i++)
        {
            string customer = $"c{i % Customers}";
            InvoiceId id = bench.Engine.BillingOf(customer).Issue(
                new DateOnly(2020, 1, 1).AddMonths(i / Customers), PaymentBench.Due, $"{i + 1}.00", "0.25");
            expected[id.Value] = (i + 1) * 100 + 25;
            open.Enqueue((customer, id));
        }

        var chance = new Random(Seed);
        StripeFault[] faults = [.. Enum.GetValues<StripeFault>().Where(fault =>
            fault is not (StripeFault.HangBeforeWork or StripeFault.HangAfterWork))];
        bench.StandIn.Faults = _ =>
        {
            lock (chance)
                return chance.Next(10) == 0 ? faults[chance.Next(faults.Length)] : StripeFault.None;
        };

        int rounds = 0;
        while (open.Count > 0)
        {
            Assert.True(++rounds < 30, $"{open.Count} invoices never come to an end.");
            (string Customer, InvoiceId Id)[] batch = [.. open];
            open.Clear();
            // Errors that Stripe keeps under a key are over once it forgets the key.
            bench.StandIn.ForgetKeys();
            await Parallel.ForEachAsync(batch, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (work, _) =>
            {
                if ((await PushAsync(bench, work.Customer, work.Id)).Verdict != OutboxVerdict.Done)
                    lock (open)
                        open.Enqueue(work);
            });
        }

        Assert.Equal(
            expected.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => (pair.Key, pair.Value)),
            bench.StandIn.Charges.OrderBy(charge => charge.Metadata, StringComparer.Ordinal)
                .Select(charge => (charge.Metadata, charge.Amount)));
        Assert.All(
            Enumerable.Range(0, Customers).SelectMany(customer => bench.Engine.BillingOf($"c{customer}").All),
            invoice => Assert.Equal(InvoiceStatus.Paid, invoice.Status));
        output.WriteLine($"{rounds} rounds, {bench.StandIn.Calls.Count} requests");
    }

    private static async Task<OutboxOutcome> PushAsync(PaymentBench bench, string customer, InvoiceId id) =>
        await new PaymentHandler(bench.Desk).HandleAsync(
            new OutboxClaim(
                new OutboxMessage("evt_1", OutboxKinds.PaymentPush, 1, customer, $$"""{"invoice_id":"{{id}}"}""", PaymentBench.Due),
                1, PaymentBench.Due),
            default);
}
