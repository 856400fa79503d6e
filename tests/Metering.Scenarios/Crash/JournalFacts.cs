using System.Text;
using Metering.Core.Wallets;
using Metering.Grid.Ingest;
using Metering.Grid.Journal;
using Npgsql;

namespace Metering.Scenarios.Crash;

/// <summary>An event as the journal has it.</summary>
internal sealed record JournaledEvent(
    int Partition, long Sequence, int Ordinal, string Customer, string Project, string Source, string Id, DateTime Time, DateTime At,
    decimal Credits, IReadOnlyDictionary<string, string> Values);

/// <summary>A ledger entry as the journal has it.</summary>
internal sealed record JournaledEntry(
    int Partition, long Sequence, string Customer, long Number, string Type, decimal Amount, decimal Before, decimal After);

/// <summary>
/// Everything that the journals of all shards say, read with SQL and the journal's reader, with no other part of the product.
/// </summary>
internal sealed class JournalFacts
{
    public List<JournaledEvent> Events { get; } = [];

    /// <summary>In the order of the journal.</summary>
    public List<JournaledEntry> Entries { get; } = [];

    public Dictionary<string, decimal> Burned { get; } = [];

    public Dictionary<string, decimal> Overage { get; } = [];

    public Dictionary<string, decimal> Captured { get; } = [];

    /// <summary>The newest group of each partition.</summary>
    public Dictionary<int, long> Newest { get; } = [];

    public static async Task<JournalFacts> ReadAsync(IEnumerable<string> shards)
    {
        var facts = new JournalFacts();
        foreach (string shard in shards)
            await facts.ReadShardAsync(shard);
        return facts;
    }

    private async Task ReadShardAsync(string shard)
    {
        var reader = new GroupReader();
        await using var connection = new NpgsqlConnection(shard);
        await connection.OpenAsync();
        // A partition that was moved away leaves its journal behind: what counts is where it lives.
        await using var command = new NpgsqlCommand(
            """
            SELECT partition, seq, journal.epoch, body FROM journal JOIN lease USING (partition) WHERE moved_to IS NULL
            ORDER BY partition, seq
            """,
            connection);
        await using NpgsqlDataReader rows = await command.ExecuteReaderAsync();
        (int Partition, long Sequence, long Epoch) last = (-1, 0, 0);
        while (await rows.ReadAsync())
        {
            (int partition, long sequence, long epoch) = (rows.GetInt32(0), rows.GetInt64(1), rows.GetInt64(2));
            if (partition != last.Partition)
            {
                Assert.False(Newest.ContainsKey(partition), $"Partition {partition} has journals on two shards.");
                last = (partition, 0, 0);
            }

            Assert.True(sequence == last.Sequence + 1, $"The journal of partition {partition} goes from {last.Sequence} to {sequence}.");
            Assert.True(epoch >= last.Epoch, $"Partition {partition}, group {sequence} is of epoch {epoch}, after one of {last.Epoch}.");
            last = (partition, sequence, epoch);
            Newest[partition] = sequence;
            reader.Open(sequence, rows.GetFieldValue<byte[]>(3));
            while (reader.Read())
                Take(partition, reader);
        }
    }

    private void Take(int partition, GroupReader reader)
    {
        switch (reader.Kind)
        {
            case EntryKind.Event:
                Events.Add(new JournaledEvent(
                    partition, reader.Sequence, reader.Ordinal, reader.CustomerId, reader.ProjectId, reader.SourceText,
                    Encoding.UTF8.GetString(reader.Id), reader.Time.ToDateTimeOffset().UtcDateTime,
                    reader.At.ToDateTimeOffset().UtcDateTime, reader.Credits.ToDecimal(), Values(reader)));
                break;
            case EntryKind.Wallet:
                TakeWallet(partition, reader);
                break;
        }
    }

    private void TakeWallet(int partition, GroupReader reader)
    {
        string customer = reader.CustomerId;
        switch (reader.Wallet)
        {
            case CreditsBurned burned:
                Add(Burned, customer, burned.Total.ToDecimal());
                Add(Overage, customer, burned.Overage.ToDecimal());
                break;
            case HoldCaptured captured:
                Add(Captured, customer, captured.Amount.ToDecimal());
                break;
        }

        if (reader.Stamp.Number > 0)
        {
            Entries.Add(new JournaledEntry(
                partition, reader.Sequence, customer, reader.Stamp.Number, LedgerEntryTypes.Name(reader.Wallet!.Ledger!.Value),
                reader.Wallet.LedgerAmount.ToDecimal(), reader.Stamp.Before.ToDecimal(), reader.Stamp.After.ToDecimal()));
        }
    }

    private static Dictionary<string, string> Values(GroupReader reader)
    {
        var values = new Dictionary<string, string>();
        for (int i = 0; i < reader.Values.Length; i++)
        {
            PropertyValue value = reader.Values[i];
            string name = reader.Shape.Properties[i];
            if (value.Kind == PropertyKind.Number)
                values.Add(name, value.Number.ToString());
            else if (value.Kind == PropertyKind.Text)
                values.Add(name, Encoding.UTF8.GetString(reader.Body.Slice(value.Text.Start, value.Text.Length)));
        }

        return values;
    }

    private static void Add(Dictionary<string, decimal> sums, string customer, decimal amount) =>
        sums[customer] = sums.GetValueOrDefault(customer) + amount;
}
