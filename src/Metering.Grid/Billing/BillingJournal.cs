using Metering.Core.Binary;
using Metering.Core.Invoicing;
using Metering.Grid.Journal;
using Metering.Grid.Storage;

namespace Metering.Grid.Billing;

/// <summary>Reads invoices and credit notes back from the group of the journal that issued them.</summary>
internal static class BillingJournal
{
    /// <exception cref="PartitionUnavailableException">The journal cannot be read now.</exception>
    public static async ValueTask<Invoice> ReadInvoiceAsync(
        IShardStore store, int partition, IssuedInvoice issued, CancellationToken cancellation)
    {
        GroupReader reader = await OpenAsync(store, partition, issued.Sequence, cancellation);
        while (reader.Read())
        {
            if (reader.Kind == EntryKind.InvoiceIssued && InvoiceDigest.Of(reader.Payload) == issued.Digest)
                return reader.ReadInvoice();
        }

        throw new CorruptDataException($"Group {issued.Sequence} of partition {partition} does not have invoice {issued.Id}.");
    }

    /// <inheritdoc cref="ReadInvoiceAsync"/>
    public static async ValueTask<CreditNote> ReadCreditNoteAsync(
        IShardStore store, int partition, CreditNoteState note, CancellationToken cancellation)
    {
        GroupReader reader = await OpenAsync(store, partition, note.Sequence, cancellation);
        while (reader.Read())
        {
            if (reader.Kind == EntryKind.CreditNoteIssued && reader.ReadCreditNote() is var read && read.Number.Sequence == note.Number)
                return read;
        }

        throw new CorruptDataException($"Group {note.Sequence} of partition {partition} does not have credit note {note.Number}.");
    }

    private static async ValueTask<GroupReader> OpenAsync(
        IShardStore store, int partition, long sequence, CancellationToken cancellation)
    {
        IReadOnlyList<JournalRow> rows;
        try
        {
            rows = await store.ReadGroupsAsync(partition, [sequence], cancellation);
        }
        catch (Exception exception) when (!cancellation.IsCancellationRequested)
        {
            throw new PartitionUnavailableException($"The journal of partition {partition} could not be read.", exception);
        }

        if (rows.Count == 0)
            throw new CorruptDataException($"The journal of partition {partition} has no group {sequence}.");
        var reader = new GroupReader();
        reader.Open(sequence, rows[0].Body);
        return reader;
    }
}
