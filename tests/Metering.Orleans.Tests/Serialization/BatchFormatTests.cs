using System.Text;
using Metering.Core.Binary;
using Metering.Core.Catalog;
using Metering.Core.Ids;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Grid.Directory;
using Metering.Grid.Ingest;
using Metering.Orleans.Serialization;
using Metering.TestSupport.Engine;
using Metering.TestSupport.Memory;

namespace Metering.Orleans.Tests.Serialization;

public sealed class BatchFormatTests
{
    private static readonly MemoryDirectory Directory = KitCluster.NewDirectory();

    [Fact]
    public void Batch_comes_out_as_it_went_in()
    {
        using EventBatch batch = Sample();
        int[] all = [.. Enumerable.Range(0, batch.Count)];
        using EventBatch read = BatchFormat.Read(BatchFormat.Write(batch, all, wantsBalances: false), Directory.Catalog);
        Assert.Equal(batch.Count, read.Count);
        Assert.False(read.WantsBalances);
        foreach (int index in all)
            Assert.Equal(Text(batch, index), Text(read, index));
    }

    [Fact]
    public void Only_the_events_asked_for_travel_in_their_order()
    {
        using EventBatch batch = Sample();
        using EventBatch read = BatchFormat.Read(BatchFormat.Write(batch, [0, 2, 3], wantsBalances: true), Directory.Catalog);
        Assert.True(read.WantsBalances);
        Assert.Equal([Text(batch, 0), Text(batch, 2), Text(batch, 3)], Enumerable.Range(0, read.Count).Select(at => Text(read, at)));
    }

    [Fact]
    public void Frozen_batch_of_version_1_is_still_read_and_still_written()
    {
        byte[] frozen = Convert.FromHexString(
            File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Serialization", "Frozen", "batch-1.hex")).Trim());
        using EventBatch batch = Sample();
        using EventBatch read = BatchFormat.Read(frozen, Directory.Catalog);
        Assert.Equal(
            Enumerable.Range(0, batch.Count).Select(at => Text(batch, at)), Enumerable.Range(0, read.Count).Select(at => Text(read, at)));
        Assert.Equal(
            Convert.ToHexStringLower(frozen),
            Convert.ToHexStringLower(BatchFormat.Write(batch, [.. Enumerable.Range(0, batch.Count)], wantsBalances: true)));
    }

    [Fact]
    public void Batch_by_other_meters_is_told_apart()
    {
        using EventBatch batch = Sample();
        byte[] body = BatchFormat.Write(batch, [0], wantsBalances: true);
        var other = new CatalogSnapshot(new CatalogRecord(
            [
                new Meter
                {
                    Id = MeterId.Parse("units"), EventType = KitCatalog.EventType, Aggregation = Aggregation.Sum, Value = "amount",
                    Unit = "units", Dimensions = ["model"],
                },
            ],
            []));
        Assert.Throws<OtherCatalogException>(() => BatchFormat.Read(body, other));
        Assert.Throws<OtherCatalogException>(() => BatchFormat.Read(body, CatalogSnapshot.Empty));
    }

    [Fact]
    public void Body_that_is_cut_or_too_long_or_of_another_version_is_refused()
    {
        using EventBatch batch = Sample();
        byte[] body = BatchFormat.Write(batch, [.. Enumerable.Range(0, batch.Count)], wantsBalances: true);
        for (int length = 0; length < body.Length; length++)
            Assert.ThrowsAny<Exception>(() => Read(body[..length]));
        Assert.Throws<CorruptDataException>(() => Read([.. body, 0]));
        Assert.Throws<CorruptDataException>(() => Read([2, .. body[1..]]));
    }

    [Fact]
    public void Rubbish_is_refused_or_read_but_breaks_nothing()
    {
        var random = new Random(7);
        using EventBatch batch = Sample();
        byte[] body = BatchFormat.Write(batch, [.. Enumerable.Range(0, batch.Count)], wantsBalances: true);
        for (int round = 0; round < 20_000; round++)
        {
            byte[] broken = [.. body];
            for (int change = random.Next(1, 4); change > 0; change--)
                broken[random.Next(broken.Length)] = (byte)random.Next(256);
            Exception? fault = Record.Exception(() => Read(broken));
            Assert.True(fault is null or CorruptDataException or OtherCatalogException, $"Round {round}: {fault}");
        }
    }

    private static void Read(byte[] body)
    {
        using EventBatch read = BatchFormat.Read(body, Directory.Catalog);
        // Every slice and value is within the text.
        for (int index = 0; index < read.Count; index++)
            Text(read, index);
    }

    /// <summary>Two events alike in source, type and subject, one of a type that no meter counts, and values of every kind.</summary>
    internal static EventBatch Sample()
    {
        EventBatch batch = EventBatch.Rent(256, 4);
        EventShape shape = Directory.Catalog.FindShape("use"u8)!;
        Add(batch, shape, "overage-1", "e1", null, Number(batch, "12.5"), Value(batch, PropertyKind.Text, "gpt-4"));
        Add(
            batch, shape, "overage-1", "e2", Instant.FromUnixMicroseconds(1_736_000_000_123_456), Number(batch, "-3"),
            Value(batch, PropertyKind.Absent, ""));
        Add(batch, null, "money-1", "e3", null, default, default);
        Add(
            batch, shape, "money-2", "é4", null,
            new PropertyValue { Kind = PropertyKind.Number, OutOfRange = true, Text = batch.Append("1e99"u8) },
            Value(batch, PropertyKind.True, "true"));
        Add(batch, shape, "money-2", "e5", null, Number(batch, "999999999999999999.999999999"), Value(batch, PropertyKind.False, "false"));
        return batch;
    }

    private static void Add(
        EventBatch batch, EventShape? shape, string subject, string id, Instant? time, PropertyValue first, PropertyValue second)
    {
        int index = batch.AddEvent();
        int values = shape is null ? 0 : batch.AddValues(shape.Properties.Length);
        ref ParsedEvent item = ref batch[index];
        item.Id = batch.Append(Encoding.UTF8.GetBytes(id));
        item.Source = batch.Append("source"u8);
        item.Type = batch.Append(shape is null ? "unknown"u8 : "use"u8);
        item.Subject = batch.Append(Encoding.UTF8.GetBytes(subject));
        item.Digest = (ulong)id.Length * 0x0123456789ABCDEF;
        (item.HasTime, item.Time) = (time is not null, time ?? default);
        item.Shape = shape;
        item.FirstValue = values;
        if (shape is null)
            return;
        batch.Values(item)[0] = first;
        batch.Values(item)[1] = second;
    }

    private static PropertyValue Number(EventBatch batch, string text) => new()
    {
        Kind = PropertyKind.Number, Number = Amount.Parse(text), Text = batch.Append(Encoding.ASCII.GetBytes(text)),
    };

    private static PropertyValue Value(EventBatch batch, PropertyKind kind, string text) =>
        new() { Kind = kind, Text = text.Length == 0 ? default : batch.Append(Encoding.ASCII.GetBytes(text)) };

    private static string Text(EventBatch batch, int index)
    {
        ParsedEvent item = batch[index];
        var text = new StringBuilder();
        foreach (TextSlice slice in (TextSlice[])[item.Id, item.Source, item.Type, item.Subject])
            text.Append(Encoding.UTF8.GetString(batch.Slice(slice))).Append('|');
        string time = item.HasTime ? item.Time.ToString() : "";
        text.Append(System.Globalization.CultureInfo.InvariantCulture, $"{time} {item.Digest} {item.Shape?.Type}");
        foreach (PropertyValue value in batch.Values(item))
        {
            string own = Encoding.UTF8.GetString(batch.Slice(value.Text));
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $" [{value.Kind} {value.OutOfRange} {own} {value.Number}]");
        }

        return text.ToString();
    }
}
