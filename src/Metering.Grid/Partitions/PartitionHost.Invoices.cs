using Metering.Grid.Directory;

namespace Metering.Grid.Partitions;

// Invoices that are issued by themselves, once their period is closed.
internal sealed partial class PartitionHost
{
    private const int InvoicesPerLock = 16;

    /// <summary>
    /// Issues what is to be issued for the customers of buckets that the caller has pinned and loaded. What has to be issued follows from
    /// the state, so a run that ends early is gone on with by the next; an invoice that cannot be issued is put off, and the others go on.
    /// </summary>
    /// <returns>False when the partition was dropped.</returns>
    private async Task<bool> IssueAsync(Incarnation incarnation, int[] buckets)
    {
        var ids = new List<string>();
        lock (Gate)
        {
            if (current != incarnation || stopping)
                return false;
            foreach (int bucket in buckets)
                incarnation.State.ListToIssue(bucket, Context.Now, ids);
        }

        if (ids.Count == 0)
            return true;
        IReadOnlyList<CustomerEntry> entries = await FindAsync(incarnation, ids);
        foreach (CustomerEntry[] slice in entries.Chunk(InvoicesPerLock))
        {
            var faults = new List<string>();
            RoundTicket? ticket;
            lock (Gate)
            {
                if (current != incarnation || stopping)
                    return false;
                ticket = IssueLocked(incarnation, slice, faults);
            }

            foreach (string fault in faults)
                Context.Notice(NoticeLevel.Warning, Partition, fault);
            if (ticket is null)
                continue;
            incarnation.Shard.Writer.Kick();
            await ticket.Round.Done;
            if (!ticket.Held)
                return false;
        }

        return true;
    }

    /// <summary>
    /// The customers as the directory knows them, read again first: a tax or an address that was changed elsewhere a moment ago is on the
    /// invoice. Those it does not know, or cannot be asked about, are put off.
    /// </summary>
    private async Task<IReadOnlyList<CustomerEntry>> FindAsync(Incarnation incarnation, List<string> ids)
    {
        IReadOnlyList<CustomerEntry> entries = [];
        string reason = "the directory does not know the customer";
        try
        {
            await Context.Directory.RefreshAsync(stopped.Token);
            entries = await Context.Directory.FindCustomersAsync(ids, stopped.Token);
        }
        catch (DirectoryUnavailableException exception)
        {
            reason = exception.Message;
        }

        string[] missing = [.. ids.Except(entries.Select(entry => entry.Id))];
        if (missing.Length == 0)
            return entries;
        lock (Gate)
        {
            if (current == incarnation)
            {
                foreach (string id in missing)
                    incarnation.State.PutOffIssuing(id, Context.Now);
            }
        }

        string who = missing.Length == 1 ? $"customer {missing[0]}" : $"{missing.Length} customers, {missing[0]} among them,";
        Context.Notice(NoticeLevel.Warning, Partition, $"The invoices of {who} could not be issued: {reason}.");
        return entries;
    }

    private RoundTicket? IssueLocked(Incarnation incarnation, CustomerEntry[] customers, List<string> faults)
    {
        try
        {
            Core.Time.Instant now = Context.Now;
            if (!Context.Clock.Trusts(now))
                return null;
            CatalogSnapshot catalog = Context.Directory.Catalog;
            foreach (CustomerEntry customer in customers)
            {
                (int issued, string? fault) = incarnation.State.IssueDue(customer, catalog, now, incarnation.Open);
                Interlocked.Add(ref Context.Status.InvoicesIssued, issued);
                if (fault is not null)
                    faults.Add(fault);
            }
        }
        catch (Exception exception)
        {
            DropLocked(incarnation, "issuing invoices failed", exception);
            throw;
        }

        return incarnation.Open.IsEmpty ? null : incarnation.Join();
    }
}
