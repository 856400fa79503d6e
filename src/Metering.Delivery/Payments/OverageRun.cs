using Metering.Core.Ids;
using Metering.Core.Invoicing;
using Metering.Grid;
using Metering.Grid.Billing;
using Metering.Grid.History;
using Metering.Grid.Payments;

namespace Metering.Delivery.Payments;

/// <summary>
/// Pushes overage lines of issued invoices that the gateway has no name for: as items, each once by invoice and line, which the push of the
/// invoice then finds and takes onto it.
/// </summary>
internal sealed class OverageRun(IMeteringEngine engine, IPaymentGateway? gateway, IPaymentAccounts accounts)
{
    private const int PageSize = 500;

    /// <summary>The most failures that a report names.</summary>
    private const int FailuresMax = 1_000;

    public async ValueTask<OverageReport> RunAsync(CancellationToken cancellation)
    {
        var tally = new Tally();
        foreach (InvoiceStatus status in (InvoiceStatus[])[InvoiceStatus.Issued, InvoiceStatus.Overdue])
        {
            string? cursor = null;
            do
            {
                InvoicePage page = await engine.InvoiceHistory.ListAsync(
                    new InvoiceQuery(null, null, null, status, OnlyUnpushed: true, PageSize, 0, cursor), cancellation);
                foreach (InvoiceRow row in page.Rows)
                    await DoAsync(row, tally, cancellation);
                cursor = page.NextCursor;
            }
            while (cursor is not null);
        }

        return new OverageReport(tally.Invoices, tally.Customers.Count, tally.Lines, tally.Skipped, tally.Failures);
    }

    private async ValueTask DoAsync(InvoiceRow row, Tally tally, CancellationToken cancellation)
    {
        tally.Invoices++;
        tally.Customers.Add(row.CustomerId);
        // One that fails now fails with its next invoice, too.
        if (tally.Failed.Contains(row.CustomerId))
            return;
        try
        {
            (PaymentCode code, string? reason) = await PushAsync(row, tally, cancellation);
            if (code != PaymentCode.Done)
                tally.Fail(row, code, reason ?? "");
        }
        catch (Exception failure) when (!cancellation.IsCancellationRequested)
        {
            tally.Fail(row, PaymentCode.RetryLater, $"{failure.GetType().Name}: {failure.Message}");
        }
    }

    private async ValueTask<(PaymentCode Code, string? Reason)> PushAsync(
        InvoiceRow row, Tally tally, CancellationToken cancellation)
    {
        if (gateway is null || await accounts.FindAsync(row.CustomerId, cancellation) is not { } account)
        {
            tally.Skipped++;
            return (PaymentCode.Done, null);
        }

        if (await engine.Directory.FindCustomerAsync(row.CustomerId, cancellation) is not { } customer)
            return (PaymentCode.Misconfigured, "There is no such customer.");
        IBilling billing = engine.Billing(customer);
        InvoiceId id = InvoiceId.Parse(row.Id);
        if (await billing.FindAsync(id, cancellation) is not { } view)
            return (PaymentCode.RetryLater, "There is no such invoice in its partition.");
        // The list is behind the partition: it may have been pushed, paid or made void since.
        if (view.Issued is not { ExternalId: null, Status: InvoiceStatus.Issued or InvoiceStatus.Overdue })
            return (PaymentCode.Done, null);
        HashSet<int> pushed = [.. view.Issued.Pushed.Select(line => line.Line)];
        int[] lines =
        [
            .. Enumerable.Range(0, view.Invoice.Lines.Count)
                .Where(line => InvoiceFigures.IsOverage(view.Invoice, view.Invoice.Lines[line]) && !pushed.Contains(line)),
        ];
        if (lines.Length == 0)
            return (PaymentCode.Done, null);
        PaymentResult<GatewayLines> added = await gateway.AddLinesAsync(
            InvoiceOrders.Of(view.Invoice, account), lines, null, cancellation);
        if (added.Value is not { } made)
            return (added.Code, added.Reason);
        await billing.RecordPushedLinesAsync(
            id, [.. made.ExternalIds.OrderBy(line => line.Key).Select(line => new PushedLine(line.Key, line.Value))], cancellation);
        tally.Lines += made.ExternalIds.Count;
        return (PaymentCode.Done, null);
    }

    private sealed class Tally
    {
        public int Invoices { get; set; }

        public int Lines { get; set; }

        public int Skipped { get; set; }

        public HashSet<string> Customers { get; } = new(StringComparer.Ordinal);

        public HashSet<string> Failed { get; } = new(StringComparer.Ordinal);

        public List<OverageFailure> Failures { get; } = [];

        public void Fail(InvoiceRow row, PaymentCode code, string reason)
        {
            Failed.Add(row.CustomerId);
            if (Failures.Count < FailuresMax)
                Failures.Add(new OverageFailure(row.CustomerId, row.Id, code, reason));
        }
    }
}
