using Metering.Core.Invoicing;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Grid.Billing;
using Metering.Grid.Directory;
using static Metering.Grid.Tests.Billing.BillingBench;

namespace Metering.Grid.Tests.Billing;

public sealed class AnchorTests
{
    [Fact]
    public async Task First_period_is_prorated_to_the_anchor_day_and_verify_gives_the_same_bytes_also_after_a_crash()
    {
        BillingBench bench = await StartAsync();
        CustomerEntry customer = await bench.AddAsync(anchor: 31);
        await bench.Process.SendAsync(customer.Id, "e1", 150);
        bench.GoTo("2025-01-31T01:00:01Z");
        await bench.WaitForInvoicesAsync(customer, 1);
        bench.GoTo("2025-02-28T01:00:01Z");
        await bench.WaitForInvoicesAsync(customer, 2);
        await bench.RestartAsync();
        bench.GoTo("2025-03-31T01:00:01Z");

        IssuedInvoice[] invoices = [.. (await bench.WaitForInvoicesAsync(customer, 3)).OrderBy(invoice => invoice.Period.Start)];

        Assert.Equal(
            [
                ($"INV-{customer.Id}-202412", "2024-12-31T00:00:00Z/2025-01-31T00:00:00Z"),
                ($"INV-{customer.Id}-202501", "2025-01-31T00:00:00Z/2025-02-28T00:00:00Z"),
                ($"INV-{customer.Id}-202502", "2025-02-28T00:00:00Z/2025-03-31T00:00:00Z"),
            ],
            invoices.Select(invoice => (invoice.Number.Value, invoice.Period.ToString())));
        // Opened on 2025-01-17T12:00Z: 13.5 of the 31 days until the 31st, of 49.00; then whole ones, whatever their length.
        Amount[] fees = [Usd("21.34"), Usd("49.00"), Usd("49.00")];
        for (int i = 0; i < invoices.Length; i++)
        {
            Invoice invoice = (await bench.Billing(customer).FindAsync(invoices[i].Id, default))!.Invoice;
            Assert.Equal(31, invoice.AnchorDay);
            Assert.Equal(fees[i], invoice.Lines.Single(line => line.Kind == LineKind.BaseFee).Amount);
            InvoiceVerification verified = (await bench.Billing(customer).VerifyAsync(invoices[i].Id, default))!;
            Assert.True(verified.Identical, verified.Difference);
        }
    }
}
