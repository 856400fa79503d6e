using Metering.Core.Invoicing;
using Metering.Core.Money;
using Metering.Grid.Billing;
using Metering.Grid.Journal;

namespace Metering.Storage.Postgres.Projections;

/// <summary>What a batch says of one invoice: the invoice where it was issued in it, and what changed.</summary>
internal sealed class InvoiceChange
{
    public Invoice? Issued { get; set; }

    public string Digest { get; set; } = "";

    public long Sequence { get; set; }

    public InvoiceStatus? Status { get; set; }

    public Amount Credited { get; set; }

    public string? ExternalId { get; set; }
}

/// <summary>A credit note as its row has it.</summary>
internal sealed record CreditNoteLine(int Partition, long Sequence, CreditNote Note);

/// <summary>The rows of invoices and credit notes that some groups make: several changes of an invoice are one row.</summary>
internal sealed class InvoiceRows
{
    private readonly Dictionary<string, InvoiceChange> changes = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, InvoiceChange> Changes => changes;

    public List<CreditNoteLine> Notes { get; } = [];

    public int Count => changes.Count + Notes.Count;

    public void Clear()
    {
        changes.Clear();
        Notes.Clear();
    }

    /// <summary>Adds what an entry says of an invoice, if anything.</summary>
    public void Add(GroupReader reader, int partition)
    {
        switch (reader.Kind)
        {
            case EntryKind.InvoiceIssued:
                var invoice = reader.ReadInvoice();
                var change = Change(invoice.Id.Value);
                change.Issued = invoice;
                change.Digest = InvoiceDigest.Of(reader.Payload).Value;
                change.Sequence = reader.Sequence;
                change.Status = InvoiceStatus.Issued;
                break;
            case EntryKind.InvoiceStatusChanged:
                Change(reader.InvoiceId).Status = reader.InvoiceStatus;
                break;
            case EntryKind.CreditNoteIssued:
                var note = reader.ReadCreditNote();
                Change(reader.InvoiceId).Credited += note.Total;
                Notes.Add(new CreditNoteLine(partition, reader.Sequence, note));
                break;
            case EntryKind.InvoicePushed when reader.ExternalId is not null:
                Change(reader.InvoiceId).ExternalId = reader.ExternalId;
                break;
        }
    }

    /// <summary>What the row shows as overage.</summary>
    public static Amount OverageOf(Invoice invoice) => InvoiceFigures.OverageOf(invoice);

    private InvoiceChange Change(string id)
    {
        if (!changes.TryGetValue(id, out var change))
            changes.Add(id, change = new InvoiceChange());
        return change;
    }
}
