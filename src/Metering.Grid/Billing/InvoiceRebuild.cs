using Metering.Core.Binary;
using Metering.Core.Invoicing;
using Metering.Core.Usage;
using Metering.Grid.Directory;
using Metering.Grid.Ingest;
using Metering.Grid.Journal;
using Metering.Grid.Projects;
using Metering.Grid.Storage;

namespace Metering.Grid.Billing;

/// <summary>
/// Computes an issued invoice again: from the journal over the positions it names, the plans of the catalogue, and the inputs it recorded.
/// </summary>
/// <param name="customer">Whose.</param>
/// <param name="issued">Its heading.</param>
/// <param name="invoice">The invoice as it was issued.</param>
/// <param name="oldest">The issued invoice of the oldest period it looks at: itself, or one with late usage. Its first segment says on
/// which plan the project was when the positions begin.</param>
/// <param name="catalog">The plans.</param>
internal sealed class InvoiceRebuild(
    CustomerEntry customer, IssuedInvoice issued, Invoice invoice, Invoice oldest, CatalogSnapshot catalog)
{
    private readonly GroupReader reader = new();
    private readonly ByteWriter key = new();
    private readonly string projectId = invoice.Project.Value;
    private ProjectUsage? project;
    private bool sawOpening;
    private bool beginsBefore;

    /// <summary>Reads the positions and compares.</summary>
    /// <exception cref="PartitionUnavailableException">The journal cannot be read now.</exception>
    public async ValueTask<InvoiceVerification> RunAsync(IShardStore store, CancellationToken cancellation)
    {
        int partition = customer.Partition;
        try
        {
            await using IAsyncEnumerator<JournalRow> rows = store
                .ReadJournalAsync(partition, invoice.Positions.From - 1, cancellation).GetAsyncEnumerator(cancellation);
            long expected = invoice.Positions.From;
            while (await NextAsync(rows, partition, cancellation) is { } row && row.Sequence <= invoice.Positions.To)
            {
                if (row.Sequence != expected++)
                    return Differs($"The journal has no group {expected - 1}.");
                if (Apply(row))
                    return Compare();
            }
        }
        catch (CorruptDataException exception)
        {
            return Differs(exception.Message);
        }

        return Differs("The positions do not hold the invoice.");
    }

    private static async ValueTask<JournalRow?> NextAsync(
        IAsyncEnumerator<JournalRow> rows, int partition, CancellationToken cancellation)
    {
        try
        {
            return await rows.MoveNextAsync() ? rows.Current : null;
        }
        catch (Exception exception) when (!cancellation.IsCancellationRequested)
        {
            throw new PartitionUnavailableException($"The journal of partition {partition} could not be read.", exception);
        }
    }

    /// <summary>Applies what a group says of the project's usage.</summary>
    /// <returns>Whether it came to the invoice: what follows was not known when it was issued.</returns>
    private bool Apply(JournalRow row)
    {
        reader.Open(row.Sequence, row.Body);
        while (reader.Read())
        {
            if (!reader.CustomerIdUtf8.SequenceEqual(customer.IdUtf8))
                continue;
            if (reader.Kind == EntryKind.InvoiceIssued && reader.ProjectId == projectId
                && InvoiceDigest.Of(reader.Payload) == issued.Digest)
                return true;
            if (reader.Kind == EntryKind.Event)
                ApplyEvent();
            else if (IsOfProject(reader.Kind) && reader.ProjectId == projectId)
                ApplyToProject();
        }

        return false;
    }

    private static bool IsOfProject(EntryKind kind) => kind is EntryKind.ProjectOpened or EntryKind.PeriodOpened or EntryKind.PeriodClosed
        or EntryKind.PlanChanged or EntryKind.InvoiceIssued;

    private void ApplyToProject()
    {
        if (project is null)
        {
            sawOpening |= reader.Kind == EntryKind.ProjectOpened;
            if (reader.Kind == EntryKind.PeriodOpened && reader.Period == oldest.Period)
            {
                InvoiceSegment first = oldest.Segments[0];
                project = new ProjectUsage(projectId, first.Plan.Value, first.PlanVersion);
                project.ApplyPeriodOpened(reader.Period, reader.SegmentStart, reader.Sequence);
                beginsBefore = !sawOpening;
            }

            return;
        }

        switch (reader.Kind)
        {
            case EntryKind.PeriodOpened:
                project.ApplyPeriodOpened(reader.Period, reader.SegmentStart, reader.Sequence);
                break;
            case EntryKind.PeriodClosed when project.FindPeriod(reader.Period.Start) is not null:
                project.ApplyPeriodClosed(reader.Period.Start, reader.At);
                break;
            case EntryKind.PlanChanged when reader.When == PlanChangeTime.Now:
                project.ApplyPlanChanged(reader.Plan, reader.PlanVersion, reader.At);
                break;
            case EntryKind.PlanChanged:
                project.ApplyPlanScheduled(reader.Plan, reader.PlanVersion);
                break;
            case EntryKind.InvoiceIssued:
                ApplyInvoiced(project, reader.ReadInvoice());
                break;
        }
    }

    private static void ApplyInvoiced(ProjectUsage project, Invoice earlier)
    {
        if (project.FindPeriod(earlier.Period.Start) is { ClosedAt: not null })
            project.ApplyInvoiced(earlier.Period.Start);
        foreach (LateRecord late in earlier.Recorded.Late)
        {
            if (project.FindPeriod(late.Period.Start) is not null)
                project.ApplyAdjusted(late.Period.Start, late.Adjusted);
        }
    }

    private void ApplyEvent()
    {
        // Usage of an earlier time belongs to a period that the invoice does not look at, unless the project begins here.
        if (project is null || (beginsBefore && reader.Time < oldest.Period.Start))
            return;
        if (projectId == (reader.IsOverageOwn ? reader.ProjectId : customer.Id))
            project.ApplyOverage(reader.Overage, reader.Time);
        if (reader.ProjectId != projectId)
            return;
        CountingMeter[] meters = reader.Shape.Meters;
        for (int i = 0; i < meters.Length; i++)
        {
            ulong bit = 1UL << i;
            if ((reader.Counted & bit) != 0)
            {
                project.ApplyCounted(
                    meters[i].Count(reader.Values, reader.Body, (reader.Folded & bit) != 0, key), reader.Time, reader.At);
            }
        }

        project.ApplyCredits(reader.Credits, reader.Time);
    }

    private InvoiceVerification Compare()
    {
        if (project?.FindPeriod(invoice.Period.Start) is not { } period)
            return Differs("The positions do not hold the beginning of the period.");
        if (!Core.Time.TimeZones.TryFind(invoice.TimeZone, out TimeZoneInfo? zone))
            return Differs($"This machine does not know the time zone {invoice.TimeZone}.");
        Invoice again;
        try
        {
            again = InvoiceCompiler.Compile(InvoiceSource.InputsOf(
                project, period, InvoiceSource.LateBefore(project, period), HeadingOf(zone), catalog));
        }
        catch (Exception exception)
        {
            // Anything that recorded inputs and a journal lead to is an answer about this invoice.
            return Differs(exception.Message);
        }

        byte[] bytes = InvoiceFormat.Write(again);
        var digest = InvoiceDigest.Of(bytes);
        bool identical = digest == issued.Digest && bytes.AsSpan().SequenceEqual(InvoiceFormat.Write(invoice));
        return new InvoiceVerification(identical, issued.Digest, digest, identical ? null : DifferenceOf(again));
    }

    private InvoiceHeading HeadingOf(TimeZoneInfo zone) => new()
    {
        Customer = invoice.Customer,
        Zone = zone,
        TimeZone = invoice.TimeZone,
        AnchorDay = invoice.AnchorDay,
        Currency = invoice.Currency.Code,
        Seller = invoice.Recorded.Seller,
        Buyer = invoice.Recorded.Buyer,
        TaxRates = invoice.Recorded.TaxRates,
        Coupons = invoice.Recorded.Coupons,
        DueAt = invoice.DueAt,
        LegalNumber = invoice.LegalNumber,
        IssuedAt = invoice.IssuedAt,
        Through = invoice.Positions.To,
    };

    private string DifferenceOf(Invoice again)
    {
        if (again.Positions != invoice.Positions)
            return $"The positions are {again.Positions.From} to {again.Positions.To}.";
        for (int i = 0; i < Math.Max(again.Lines.Count, invoice.Lines.Count); i++)
        {
            InvoiceLine? left = i < invoice.Lines.Count ? invoice.Lines[i] : null;
            InvoiceLine? right = i < again.Lines.Count ? again.Lines[i] : null;
            if (left != right)
                return $"Line {i} was {left?.Description} {left?.Quantity}, {left?.Amount}; it is {right?.Description} {right?.Quantity}, "
                    + $"{right?.Amount}.";
        }

        return again.Total != invoice.Total ? $"The total was {invoice.Total}; it is {again.Total}." : "Not in lines or totals.";
    }

    private InvoiceVerification Differs(string difference) => new(false, issued.Digest, null, difference);
}
