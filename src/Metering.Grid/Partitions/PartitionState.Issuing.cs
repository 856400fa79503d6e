using Metering.Core.Binary;
using Metering.Core.Ids;
using Metering.Core.Invoicing;
using Metering.Core.Time;
using Metering.Core.Usage;
using Metering.Grid.Billing;
using Metering.Grid.Directory;
using Metering.Grid.Journal;

namespace Metering.Grid.Partitions;

/// <summary>What is wanted of a period's invoice.</summary>
internal enum InvoiceWish
{
    /// <summary>As it would be now.</summary>
    Draft = 0,

    /// <summary>As it would be at the end of the period, if usage went on as it has so far.</summary>
    Forecast = 1,

    /// <summary>Issued, where the period is closed.</summary>
    Issue = 2,
}

/// <content>Drafts and the issuing of invoices: by a command, or by themselves once a period is closed.</content>
public sealed partial class PartitionState
{
    /// <summary>The newest number of the partition's series of invoices; 0 before the first.</summary>
    public long InvoicesIssued { get; private set; }

    /// <summary>The newest number of the partition's series of credit notes; 0 before the first.</summary>
    public long CreditNotesIssued { get; private set; }

    /// <summary>The invoice of a period as it would be now; issued where that is wished and the period is closed.</summary>
    internal InvoiceResult Invoice(
        ProjectEntry entry, Period? wanted, InvoiceWish wish, CatalogSnapshot catalog, Instant now, GroupWriter group)
    {
        now = Advance(now);
        CustomerState customer = Look(entry.Customer, catalog, now, group);
        if (wanted is { } asked && customer.Billing?.Find(entry.Id, asked.Start) is { } issued)
            return issued.Period == asked ? Existing(issued) : new InvoiceResult(InvoiceCode.NotABillingPeriod, null, null, null);
        if (!KnowsPlan(customer, entry, catalog))
            return NotPossible($"The catalogue does not have the plan of project {entry.Id} yet.");
        ProjectUsage project = Look(customer, entry, catalog, now);
        BillingPeriod? period = wanted is { } span ? project.FindPeriod(span.Start) : project.PeriodAt(now);
        if (period is null || (wanted is { } exact && period.Period != exact))
            return new InvoiceResult(InvoiceCode.NotABillingPeriod, null, null, null);
        if (period.IsInvoiced)
            return Existing(customer.Billing!.Find(entry.Id, period.Period.Start)!);
        return wish == InvoiceWish.Issue && period.ClosedAt is not null
            ? Issue(customer, project, period, entry.Customer, catalog, now, group)
            : Draft(customer, project, period, entry.Customer, wish == InvoiceWish.Forecast ? now : null, catalog, group);
    }

    /// <summary>Customers of a loaded bucket that have invoices to issue now.</summary>
    internal void ListToIssue(int bucket, Instant now, ICollection<string> found)
    {
        foreach (CustomerState customer in buckets[bucket].Customers)
        {
            if (customer.IssueDue <= now)
                found.Add(customer.Id);
        }
    }

    /// <summary>Issues what is to be issued for a customer, the oldest period first.</summary>
    /// <returns>How many invoices were issued, and why one could not be, or null. Then the rest waits and is tried again.</returns>
    internal (int Issued, string? Fault) IssueDue(CustomerEntry entry, CatalogSnapshot catalog, Instant now, GroupWriter group)
    {
        now = Advance(now);
        if (!customers.TryGetValue(entry.Id, out CustomerState? customer) || customer.IssueDue > now)
            return (0, null);
        int issued = 0;
        while (customer.NextToIssue() is var (project, period))
        {
            InvoiceResult result = Issue(customer, project, period, entry, catalog, now, group);
            if (result.Fault is { } fault)
            {
                PutOffIssuing(customer, now);
                return (issued, $"The invoice of project {project.Id} for {period.Period} could not be issued: {fault}");
            }

            issued++;
        }

        return (issued, null);
    }

    /// <summary>The customer's invoices are not tried again before a while, longer each time.</summary>
    internal void PutOffIssuing(string id, Instant now)
    {
        if (customers.TryGetValue(id, out CustomerState? customer))
            PutOffIssuing(customer, now);
    }

    private void PutOffIssuing(CustomerState customer, Instant now)
    {
        BillingTerms terms = Rules.Billing;
        customer.IssueBackOff = customer.IssueBackOff < terms.RetryMin
            ? terms.RetryMin
            : TimeSpan.FromTicks(Math.Min(customer.IssueBackOff.Ticks * 2, terms.RetryMax.Ticks));
        customer.IssueNotBefore = now + customer.IssueBackOff;
        customer.DueChanged = true;
        Settle(customer);
    }

    private InvoiceResult Draft(
        CustomerState customer, ProjectUsage project, BillingPeriod period, CustomerEntry entry, Instant? foretoldAt,
        CatalogSnapshot catalog, GroupWriter group)
    {
        InvoiceHeading heading = HeadingOf(customer, period, entry, group.Sequence - (group.IsEmpty ? 1 : 0), catalog);
        return TryCompile(project, period, entry, heading, foretoldAt, catalog, out Invoice? draft, out string fault)
            ? new InvoiceResult(InvoiceCode.Draft, draft, null, null)
            : NotPossible(fault);
    }

    private InvoiceResult Issue(
        CustomerState customer, ProjectUsage project, BillingPeriod period, CustomerEntry entry, CatalogSnapshot catalog, Instant now,
        GroupWriter group)
    {
        var number = new LegalNumber(Partition, InvoicesIssued + 1);
        InvoiceHeading heading = HeadingOf(customer, period, entry, group.Sequence, catalog) with
        {
            LegalNumber = number,
            IssuedAt = now,
        };
        if (!TryCompile(project, period, entry, heading, null, catalog, out Invoice? invoice, out string fault))
            return NotPossible(fault);
        invoiceBytes.Clear(1 << 20);
        InvoiceFormat.Write(invoiceBytes, invoice!);
        Begin(customer, now, group);
        group.InvoiceIssued(project.Id, invoiceBytes.Span);
        InvoicesIssued = number.Sequence;
        InvoiceState issued = ApplyIssued(customer, project, invoice!, InvoiceDigest.Of(invoiceBytes.Span), group.Sequence);
        // Nothing is owed, so nobody could ever pay it.
        if (!issued.Total.IsPositive)
            ChangeStatus(issued, InvoiceStatus.Paid, group);
        Touch(customer, group);
        customer.IssueBackOff = TimeSpan.Zero;
        customer.IssueNotBefore = Instant.UnixEpoch;
        Settle(customer);
        return new InvoiceResult(InvoiceCode.Issued, invoice, issued.ToView(), null);
    }

    private InvoiceHeading HeadingOf(
        CustomerState customer, BillingPeriod period, CustomerEntry entry, long through, CatalogSnapshot catalog) => new()
    {
        Customer = CustomerId.Parse(customer.Id),
        Zone = customer.Zone,
        TimeZone = customer.TimeZone,
        AnchorDay = customer.AnchorDay,
        Currency = entry.Record.Currency,
        Seller = Rules.Billing.Seller,
        Buyer = entry.Record.Buyer,
        TaxRates = catalog.TaxRates,
        Coupons = customer.Billing?.Coupons.Where(coupon => !coupon.IsUsedUp).ToArray() ?? [],
        DueAt = period.Period.End + Rules.Billing.DueAfter,
        Through = through,
    };

    /// <summary>Compiles an invoice; changes nothing, so whatever is wrong with it concerns this invoice alone.</summary>
    private bool TryCompile(
        ProjectUsage project, BillingPeriod period, CustomerEntry entry, InvoiceHeading heading, Instant? foretoldAt,
        CatalogSnapshot catalog, out Invoice? invoice, out string fault)
    {
        invoice = null;
        if (MissesTax(entry.Record.Billing, InvoiceSource.TaxDateOf(period.Period, heading.Zone), catalog))
        {
            fault = $"Tax must be charged in {entry.Record.Billing.Country}, and no tax rate applies.";
            return false;
        }

        try
        {
            InvoiceInputs inputs = InvoiceSource.InputsOf(
                project, period, InvoiceSource.LateBefore(project, period), heading, catalog);
            invoice = InvoiceCompiler.Compile(foretoldAt is { } at ? UsageForecast.Of(inputs, at) : inputs);
            fault = InvoiceSource.FaultOf(invoice) ?? "";
        }
        catch (Exception exception)
        {
            // It may be anything that an input leads to; nothing was changed, and the next customer's invoice has nothing to do with it.
            fault = exception.Message;
        }

        return fault.Length == 0;
    }

    private bool MissesTax(BillingProfile buyer, DateOnly day, CatalogSnapshot catalog) =>
        buyer.Treatment == TaxTreatment.Standard && Rules.Billing.TaxedCountries.Contains(buyer.Country)
        && !catalog.TaxRates.Any(rate => rate.AppliesTo(buyer.Country, buyer.Region, day));

    private static InvoiceResult Existing(InvoiceState issued) => new(InvoiceCode.Existing, null, issued.ToView(), null);

    private static InvoiceResult NotPossible(string fault) => new(InvoiceCode.NotPossible, null, null, fault);

    private static InvoiceState ApplyIssued(
        CustomerState customer, ProjectUsage project, Invoice invoice, InvoiceDigest digest, long sequence)
    {
        if (project.FindPeriod(invoice.Period.Start) is not { ClosedAt: not null, IsInvoiced: false } period
            || period.Period != invoice.Period)
            throw new CorruptDataException($"Invoice {invoice.Id} is not of a closed period that waits for one.");
        project.ApplyInvoiced(invoice.Period.Start);
        foreach (LateRecord late in invoice.Recorded.Late)
            project.ApplyAdjusted(late.Period.Start, late.Adjusted);
        var issued = InvoiceState.Of(invoice, digest, sequence);
        customer.Billing ??= new CustomerBilling();
        customer.Billing.ApplyIssued(issued, invoice.Recorded.Coupons);
        customer.DueChanged = true;
        return issued;
    }
}
