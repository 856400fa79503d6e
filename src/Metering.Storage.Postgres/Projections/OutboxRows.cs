using System.Buffers;
using System.Text;
using System.Text.Json;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Core.Usage;
using Metering.Core.Wallets;
using Metering.Grid.Journal;
using Metering.Grid.Outbox;

namespace Metering.Storage.Postgres.Projections;

/// <summary>A balance that fell, of a wallet whose threshold is not known from the batch itself.</summary>
internal readonly record struct BalanceFall(
    int Partition, long Sequence, int Entry, string CustomerId, Amount Before, Amount After, Instant At);

/// <summary>
/// What the groups of a batch put into the outbox: one case an entry kind. Like all of a batch a pure function of the groups, but for
/// thresholds that were set before them: those falls are decided when the batch is written.
/// </summary>
internal sealed class OutboxRows
{
    private readonly ArrayBufferWriter<byte> buffer = new(1024);
    private readonly Utf8JsonWriter json;
    private long topUp;

    public OutboxRows() => json = new Utf8JsonWriter(buffer, EventData.Options);

    /// <summary>False for a rebuild, which enqueues nothing: only thresholds are followed.</summary>
    public bool Enqueues { get; init; } = true;

    /// <summary>Partitions of which no wallet had a threshold before the batch.</summary>
    public HashSet<int> WithoutThresholds { get; } = [];

    public List<OutboxMessage> Messages { get; } = [];

    public List<BalanceFall> Falls { get; } = [];

    /// <summary>Thresholds that the batch has set, or taken away where null, each as it is last.</summary>
    public Dictionary<string, (int Partition, Amount? Threshold)> Thresholds { get; } = new(StringComparer.Ordinal);

    public int Count => Messages.Count + Falls.Count + Thresholds.Count;

    public void Clear()
    {
        Messages.Clear();
        Falls.Clear();
        Thresholds.Clear();
    }

    /// <summary>Adds what an entry makes.</summary>
    /// <param name="reader">Stands on the entry.</param>
    /// <param name="partition">The partition.</param>
    /// <param name="entry">The rank of the entry within its group.</param>
    public void Add(GroupReader reader, int partition, int entry)
    {
        if (reader is { Kind: EntryKind.Wallet, Wallet: AutoTopUpChanged changed })
            Thresholds[reader.CustomerId] = (partition, changed.Setting?.Threshold);
        if (!Enqueues)
            return;
        switch (reader.Kind)
        {
            case EntryKind.AlertRaised:
                AddMessage(OutboxKinds.AlertRaised, reader, partition, entry, WriteAlert(reader));
                break;
            case EntryKind.Wallet when reader.Wallet is TopUpClosed closed:
                // The grant that it makes is the next entry.
                topUp = closed.Number;
                break;
            case EntryKind.Wallet when reader.Wallet is GrantAdded { Origin: GrantOrigin.TopUp } grant:
                AddMessage(OutboxKinds.WalletToppedUp, reader, partition, entry, WriteTopUp(grant, reader.Stamp));
                break;
            // Most partitions have no thresholds: a burn there makes no object.
            case EntryKind.Wallet when reader.Stamp.Number > 0 && reader.Stamp.After < reader.Stamp.Before
                && (Thresholds.Count > 0 || !WithoutThresholds.Contains(partition)):
                AddFall(new BalanceFall(
                    partition, reader.Sequence, entry, reader.CustomerId, reader.Stamp.Before, reader.Stamp.After, reader.At));
                break;
        }
    }

    /// <summary>Adds the event of a fall, where it went through the threshold.</summary>
    public void Decide(in BalanceFall fall, Amount threshold)
    {
        if (fall.Before < threshold || fall.After >= threshold)
            return;
        Messages.Add(new OutboxMessage(
            OutboxIds.Event(fall.Partition, fall.Sequence, fall.Entry, OutboxKinds.WalletLow), OutboxKinds.WalletLow, fall.Partition,
            fall.CustomerId, WriteLow(fall.After, threshold), fall.At));
    }

    private void AddFall(in BalanceFall fall)
    {
        if (Thresholds.TryGetValue(fall.CustomerId, out var known))
        {
            if (known.Threshold is { } threshold)
                Decide(fall, threshold);
        }
        else if (!WithoutThresholds.Contains(fall.Partition))
        {
            Falls.Add(fall);
        }
    }

    private void AddMessage(string kind, GroupReader reader, int partition, int entry, string data) => Messages.Add(new OutboxMessage(
        OutboxIds.Event(partition, reader.Sequence, entry, kind), kind, partition, reader.CustomerId, data, reader.At));

    private string WriteAlert(GroupReader reader)
    {
        Begin();
        json.WriteString("project_id", reader.ProjectId);
        json.WriteString("metric_type", reader.Meter);
        json.WriteString("period", reader.PeriodKind.ToString().ToLowerInvariant());
        json.WriteString("period_start", reader.Period.Start.ToString());
        json.WriteNumber("threshold", reader.Threshold);
        json.WriteString("severity", AlertText.Severity(reader.Threshold));
        WriteNumber("current_usage", reader.Used);
        WriteNumber("limit", reader.Max);
        json.WriteNumber("percentage", AlertText.Percentage(reader.Used, reader.Max));
        json.WriteString("message", AlertText.Message(reader.Meter, reader.Used, reader.Max));
        return End();
    }

    private string WriteTopUp(GrantAdded grant, LedgerStamp stamp)
    {
        Begin();
        json.WriteString("top_up_id", WalletIds.TopUp(topUp));
        json.WriteString("grant_id", WalletIds.Grant(grant.Number));
        json.WriteString("amount", grant.Amount.ToString());
        json.WriteString("available", stamp.After.ToString());
        return End();
    }

    private string WriteLow(Amount available, Amount threshold)
    {
        Begin();
        json.WriteString("available", available.ToString());
        json.WriteString("threshold", threshold.ToString());
        return End();
    }

    private void WriteNumber(string name, Amount amount)
    {
        json.WritePropertyName(name);
        json.WriteRawValue(amount.ToString(), skipInputValidation: true);
    }

    private void Begin()
    {
        buffer.ResetWrittenCount();
        json.Reset();
        json.WriteStartObject();
    }

    private string End()
    {
        json.WriteEndObject();
        json.Flush();
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
