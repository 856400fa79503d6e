using System.Numerics;
using System.Runtime.InteropServices;
using System.Text.Json;
using Metering.Core.Binary;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Core.Usage;

namespace Metering.Storage.Postgres.Projections;

/// <summary>One row of <c>usage_hourly</c> as a batch changes it. Sums are kept wide: only the row's total has to be an amount.</summary>
internal sealed class HourDelta
{
    public required string CustomerId { get; init; }
    public required string ProjectId { get; init; }
    public required string Meter { get; init; }
    public required string Dimensions { get; init; }
    public required int Partition { get; init; }
    public required Instant Start { get; init; }

    public Int128 Sum { get; private set; }
    public long Count { get; private set; }
    public Amount Max { get; private set; }
    public Amount Latest { get; private set; }
    public (Instant Time, long Sequence, int Ordinal) LatestAt { get; private set; }
    public Int128 Credits { get; private set; }

    public void Add(Amount value, Amount credits, Instant time, long sequence, int ordinal)
    {
        var at = (time, sequence, ordinal);
        Sum += value.Nanos;
        Credits += credits.Nanos;
        Max = Count == 0 ? value : Amount.Max(Max, value);
        if (Count == 0 || at.CompareTo(LatestAt) > 0)
            (Latest, LatestAt) = (value, at);
        Count++;
    }
}

/// <summary>
/// The hourly rows a batch changes, each once. Found by the bytes of hour, project, meter and combination, so that an event that adds to a
/// row that is there already makes no object.
/// </summary>
internal sealed class HourTable
{
    private readonly Dictionary<byte[], HourDelta> rows;
    private readonly Dictionary<byte[], HourDelta>.AlternateLookup<ReadOnlySpan<byte>> found;
    private readonly ByteWriter key = new();

    public HourTable()
    {
        rows = new Dictionary<byte[], HourDelta>(new BytesComparer());
        found = rows.GetAlternateLookup<ReadOnlySpan<byte>>();
    }

    public int Count => rows.Count;

    /// <summary>In the order of the table's primary key but for its digest, so that two projectors meet rows in one order and pages are
    /// met once.</summary>
    public IEnumerable<HourDelta> Ordered() => rows.Values
        .OrderBy(row => row.CustomerId, StringComparer.Ordinal).ThenBy(row => row.ProjectId, StringComparer.Ordinal)
        .ThenBy(row => row.Start).ThenBy(row => row.Meter, StringComparer.Ordinal).ThenBy(row => row.Dimensions, StringComparer.Ordinal);

    public void Clear() => rows.Clear();

    public HourDelta Row(int partition, string customer, string project, Instant start, in CountedValue counted)
    {
        key.Clear();
        key.Instant(start);
        key.Text(project);
        key.Text(counted.Meter);
        key.Raw(counted.Dimensions);
        if (found.TryGetValue(key.Span, out var row))
            return row;
        row = new HourDelta
        {
            CustomerId = customer,
            ProjectId = project,
            Meter = counted.Meter,
            Dimensions = Json(counted.DimensionNames, counted.Dimensions),
            Partition = partition,
            Start = start,
        };
        rows.Add(key.Span.ToArray(), row);
        return row;
    }

    private static string Json(IReadOnlyList<string> names, ReadOnlySpan<byte> dimensions)
    {
        if (names.Count == 0)
            return "{}";
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, EventData.Options))
        {
            writer.WriteStartObject();
            foreach (var (name, value) in DimensionKey.Read(names, dimensions))
                writer.WriteString(name, value);
            writer.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }

    private sealed class BytesComparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public bool Equals(byte[]? left, byte[]? right) => left.AsSpan().SequenceEqual(right);

        public int GetHashCode(byte[] key) => GetHashCode(key.AsSpan());

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();

        public int GetHashCode(ReadOnlySpan<byte> key)
        {
            var hash = (uint)key.Length;
            var words = MemoryMarshal.Cast<byte, ulong>(key);
            foreach (var word in words)
                hash = BitOperations.Crc32C(hash, word);
            foreach (var rest in key[(words.Length * 8)..])
                hash = BitOperations.Crc32C(hash, rest);
            return (int)hash;
        }
    }
}
