using Metering.Core.Invoicing;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Grid.Billing;
using Metering.Grid.Journal;
using Metering.Simulation.Load;

namespace Metering.Simulation.Judging;

/// <summary>
/// The invoices of all partitions as the journal has them: one a closed period, numbers without a gap, sums that add up; and what clients
/// were told of them.
/// </summary>
internal sealed class InvoiceModel(Action<string> report)
{
    private readonly Dictionary<int, long> series = [];
    private readonly Dictionary<(string Project, Instant Start), long> closed = [];
    private readonly Dictionary<(string Project, Instant Start), (Invoice Invoice, long Committed)> issued = [];

    /// <summary>How many invoices there are.</summary>
    public int Count => issued.Count;

    public void Apply(int partition, GroupReader entry, long committed)
    {
        if (entry.Kind == EntryKind.PeriodClosed)
        {
            if (!closed.TryAdd((entry.ProjectId, entry.Period.Start), committed))
                report($"{entry.CustomerId}: period {entry.Period.Start} of {entry.ProjectId} is closed twice");
        }
        else if (entry.Kind == EntryKind.InvoiceIssued)
        {
            Apply(partition, entry.CustomerId, entry.ReadInvoice(), committed);
        }
    }

    /// <summary>Looks at every answer about an invoice.</summary>
    public void Judge(IEnumerable<Attempt> attempts)
    {
        foreach (Attempt attempt in attempts)
        {
            if (attempt.Answer is InvoiceVerification { Identical: false } wrong)
                report($"{attempt.Customer}: an invoice does not verify: {wrong.Difference}");
            if (attempt.Answer is InvoiceResult answer)
                Judge(attempt, answer);
        }

        foreach (var same in attempts.Where(attempt => attempt.Answer is InvoiceResult { Code: InvoiceCode.Issued })
            .GroupBy(attempt => attempt.Project).Where(group => group.Count() > 1))
            report($"{same.First().Customer}: the invoice of {same.Key} was issued by {same.Count()} calls");
    }

    private void Apply(int partition, string customer, Invoice invoice, long committed)
    {
        long number = invoice.LegalNumber!.Value.Sequence;
        if (invoice.LegalNumber.Value.Partition != partition || number != series.GetValueOrDefault(partition) + 1)
            report($"{customer}: invoice {invoice.Id} has the number {invoice.LegalNumber} after {series.GetValueOrDefault(partition)}");
        series[partition] = number;
        var key = (invoice.Project.Value, invoice.Period.Start);
        if (!closed.ContainsKey(key))
            report($"{customer}: invoice {invoice.Id} is of a period that is not closed");
        if (!issued.TryAdd(key, (invoice, committed)))
            report($"{customer}: {invoice.Project} is invoiced twice for {invoice.Period}");
        Amount sum = invoice.Lines.Aggregate(Amount.Zero, (total, line) => total + line.Amount);
        if (sum != invoice.Total)
            report($"{customer}: the lines of {invoice.Id} come to {sum}, its total is {invoice.Total}");
    }

    private void Judge(Attempt attempt, InvoiceResult answer)
    {
        if (answer.Code == InvoiceCode.NotPossible)
        {
            report($"{attempt.Customer}: {attempt} could not be issued: {answer.Fault}");
            return;
        }

        if (answer.Issued is { } shown)
        {
            if (!issued.TryGetValue((attempt.Project, shown.Period.Start), out var known) || known.Committed > attempt.Left)
                report($"{attempt.Customer}: {attempt} was shown invoice {shown.Id}, which is not durable");
            else if (known.Invoice.Digest != shown.Digest || known.Invoice.LegalNumber != shown.LegalNumber
                || answer.Invoice!.Digest != shown.Digest)
                report($"{attempt.Customer}: {attempt} was shown {shown.LegalNumber}, issued was {known.Invoice.LegalNumber}");
            return;
        }

        if (answer.Invoice is { } draft && closed.TryGetValue((attempt.Project, draft.Period.Start), out long at)
            && at < attempt.Invoked)
            report($"{attempt.Customer}: {attempt} was shown a draft of a period that is closed");
    }
}
