using System.Text.Json;
using Metering.Core.Invoicing;
using Metering.Core.Wallets;
using Metering.Grid.Journal;
using Metering.Grid.Outbox;

namespace Metering.Storage.Postgres.Projections;

/// <summary>What the journal has for the payment gateway and for dunning: one case an entry kind, a pure function of the entry.</summary>
internal static class PaymentRows
{
    /// <summary>Adds the rows of an entry.</summary>
    /// <param name="rows">Where to.</param>
    /// <param name="reader">Stands on the entry.</param>
    /// <param name="partition">The partition.</param>
    /// <param name="entry">The rank of the entry within its group.</param>
    public static void Add(List<OutboxMessage> rows, GroupReader reader, int partition, int entry)
    {
        switch (reader.Kind)
        {
            case EntryKind.InvoiceIssued:
                AddRow(OutboxKinds.PaymentPush, "invoice_id", reader.ReadInvoice().Id.Value);
                break;
            case EntryKind.CreditNoteIssued:
                AddRow(OutboxKinds.PaymentPush, "invoice_id", reader.InvoiceId);
                break;
            case EntryKind.InvoiceStatusChanged when reader.InvoiceStatus == InvoiceStatus.Overdue:
                AddRow(OutboxKinds.DunningBegin, "invoice_id", reader.InvoiceId);
                break;
            case EntryKind.InvoiceStatusChanged when reader.InvoiceStatus is InvoiceStatus.Paid or InvoiceStatus.Void:
                AddRow(OutboxKinds.PaymentPush, "invoice_id", reader.InvoiceId);
                AddRow(OutboxKinds.DunningEnd, "invoice_id", reader.InvoiceId);
                break;
            case EntryKind.Wallet when reader.Wallet is TopUpRequested requested:
                AddRow(OutboxKinds.PaymentTopUp, "top_up_id", WalletIds.TopUp(requested.Number));
                break;
        }

        void AddRow(string kind, string member, string id) => rows.Add(new OutboxMessage(
            OutboxIds.Event(partition, reader.Sequence, entry, kind), kind, partition, reader.CustomerId,
            $$"""{"{{member}}":"{{JsonEncodedText.Encode(id)}}"}""", reader.At));
    }
}
