using Metering.Core.Invoicing;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Core.Wallets;
using Metering.Grid.Journal;
using Metering.Grid.Outbox;

namespace Metering.Storage.Postgres.Projections;

/// <summary>A balance that fell, of a wallet whose threshold is not known from the batch itself; and what the batch had changed of it
/// by then.</summary>
internal readonly record struct BalanceFall(
    int Partition, long Sequence, int Entry, string CustomerId, Amount Before, Amount After, Instant At, ThresholdChanges Changes);

/// <summary>An invoice that was paid: what it came to stands in its row.</summary>
internal readonly record struct PaidInvoice(int Partition, long Sequence, int Entry, string CustomerId, string InvoiceId, Instant At);

/// <summary>
/// What the groups of a batch put into the outbox: one case an entry kind. Like all of a batch a pure function of the groups, but for
/// thresholds and invoices from before them: what needs those is completed when the batch is written.
/// </summary>
internal sealed class OutboxRows
{
    private readonly OutboxData data = new();
    private long topUp;

    /// <summary>False for a rebuild, which enqueues nothing: only thresholds are followed.</summary>
    public bool Enqueues { get; init; } = true;

    /// <summary>Partitions of which no wallet had a threshold before the batch.</summary>
    public HashSet<int> WithoutThresholds { get; } = [];

    public List<OutboxMessage> Messages { get; } = [];

    public List<BalanceFall> Falls { get; } = [];

    public List<PaidInvoice> Paid { get; } = [];

    /// <summary>What the batch has changed of thresholds, each as it is last.</summary>
    public Dictionary<string, ThresholdChanges> Thresholds { get; } = new(StringComparer.Ordinal);

    public int Count => Messages.Count + Falls.Count + Paid.Count + Thresholds.Count;

    public void Clear()
    {
        Messages.Clear();
        Falls.Clear();
        Paid.Clear();
        Thresholds.Clear();
    }

    /// <summary>Adds what an entry makes.</summary>
    /// <param name="reader">Stands on the entry.</param>
    /// <param name="partition">The partition.</param>
    /// <param name="entry">The rank of the entry within its group.</param>
    public void Add(GroupReader reader, int partition, int entry)
    {
        if (reader is { Kind: EntryKind.Wallet, Wallet: AutoTopUpChanged topUps })
            Thresholds[reader.CustomerId] = ChangesOf(reader, partition) with { HasTopUp = true, TopUp = topUps.Setting?.Threshold };
        if (reader is { Kind: EntryKind.Wallet, Wallet: LowBalanceChanged low })
            Thresholds[reader.CustomerId] = ChangesOf(reader, partition) with { HasLowBalance = true, LowBalance = low.Threshold };
        if (!Enqueues)
            return;
        PaymentRows.Add(Messages, reader, partition, entry);
        switch (reader.Kind)
        {
            case EntryKind.AlertRaised:
                AddMessage(OutboxKinds.AlertRaised, reader, partition, entry, data.Alert(reader));
                break;
            case EntryKind.InvoiceIssued:
                AddMessage(OutboxKinds.InvoiceIssued, reader, partition, entry, data.Invoice(reader.ReadInvoice()));
                break;
            case EntryKind.InvoiceStatusChanged when reader.InvoiceStatus == InvoiceStatus.Paid:
                Paid.Add(new PaidInvoice(partition, reader.Sequence, entry, reader.CustomerId, reader.InvoiceId, reader.At));
                break;
            case EntryKind.CreditNoteIssued:
                AddMessage(OutboxKinds.CreditNoteIssued, reader, partition, entry, data.Note(reader.ReadCreditNote()));
                break;
            case EntryKind.Wallet when reader.Wallet is TopUpRequested requested:
                AddMessage(OutboxKinds.TopUpRequested, reader, partition, entry, data.Request(requested));
                break;
            case EntryKind.Wallet when reader.Wallet is TopUpClosed closed:
                // The grant that it makes is the next entry.
                topUp = closed.Number;
                break;
            case EntryKind.Wallet when reader.Wallet is GrantAdded { Origin: GrantOrigin.TopUp } grant:
                AddMessage(OutboxKinds.WalletToppedUp, reader, partition, entry, data.TopUp(topUp, grant, reader.Stamp));
                break;
            // Most partitions have no thresholds: a burn there makes no object.
            case EntryKind.Wallet when reader.Stamp.Number > 0 && reader.Stamp.After < reader.Stamp.Before
                && (Thresholds.Count > 0 || !WithoutThresholds.Contains(partition)):
                AddFall(new BalanceFall(
                    partition, reader.Sequence, entry, reader.CustomerId, reader.Stamp.Before, reader.Stamp.After, reader.At,
                    ChangesOf(reader, partition)));
                break;
        }
    }

    /// <summary>Adds the event of a fall, where it went through the threshold.</summary>
    /// <param name="fall">The fall.</param>
    /// <param name="before">The wallet's thresholds before the batch.</param>
    public void Decide(in BalanceFall fall, WalletThresholds before)
    {
        if (fall.Changes.Over(before).Low is not { } threshold || fall.Before < threshold || fall.After >= threshold)
            return;
        Messages.Add(new OutboxMessage(
            OutboxIds.Event(fall.Partition, fall.Sequence, fall.Entry, OutboxKinds.WalletLow), OutboxKinds.WalletLow, fall.Partition,
            fall.CustomerId, data.Low(fall.After, threshold), fall.At));
    }

    /// <summary>Adds the event of an invoice that was paid.</summary>
    public void Describe(in PaidInvoice paid, InvoiceFacts facts) => Messages.Add(new OutboxMessage(
        OutboxIds.Event(paid.Partition, paid.Sequence, paid.Entry, OutboxKinds.InvoicePaid), OutboxKinds.InvoicePaid, paid.Partition,
        paid.CustomerId, data.Paid(paid.InvoiceId, facts, paid.At), paid.At));

    private ThresholdChanges ChangesOf(GroupReader reader, int partition) =>
        Thresholds.TryGetValue(reader.CustomerId, out var changes) ? changes : new ThresholdChanges(partition);

    private void AddFall(in BalanceFall fall)
    {
        if (!fall.Changes.IsWhole && !WithoutThresholds.Contains(fall.Partition))
            Falls.Add(fall);
        else
            Decide(fall, default);
    }

    private void AddMessage(string kind, GroupReader reader, int partition, int entry, string text) => Messages.Add(new OutboxMessage(
        OutboxIds.Event(partition, reader.Sequence, entry, kind), kind, partition, reader.CustomerId, text, reader.At));
}
