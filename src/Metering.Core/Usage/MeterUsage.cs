using System.Buffers.Binary;
using System.Numerics;
using Metering.Core.Catalog;
using Metering.Core.Binary;
using Metering.Core.Time;

namespace Metering.Core.Usage;

/// <summary>What one meter has counted in one segment of a billing period: in total, and by combination of dimensions.</summary>
public sealed class MeterUsage
{
    /// <summary>Up to so many combinations a scan is faster than hashing and takes less memory.</summary>
    private const int ScanMax = 8;

    private readonly List<(byte[] Key, Aggregate Usage)> combinations = [];

    // Beside the keys, so that a scan reads one line of memory and not every key: with many customers none of it is in a cache.
    private uint[] hashes = [];
    private Dictionary<byte[], Aggregate>? index;

    internal MeterUsage(string meter, Aggregation aggregation, IReadOnlyList<string> dimensionNames)
    {
        Meter = meter;
        Aggregation = aggregation;
        DimensionNames = dimensionNames;
    }

    /// <summary>The meter.</summary>
    public string Meter { get; }

    /// <summary>How it makes a quantity.</summary>
    public Aggregation Aggregation { get; }

    /// <summary>The names of its dimensions.</summary>
    public IReadOnlyList<string> DimensionNames { get; }

    /// <summary>Over all combinations.</summary>
    public Aggregate Total { get; private set; } = new();

    /// <summary>By combination, oldest first; empty for a meter without dimensions.</summary>
    public IReadOnlyList<(byte[] Key, Aggregate Usage)> Combinations => combinations;

    /// <summary>Whether a combination was counted before.</summary>
    public bool Has(ReadOnlySpan<byte> key) => Find(key) is not null;

    /// <summary>One usage a meter out of several segments, oldest first, each with its combinations.</summary>
    public static IReadOnlyList<MeterUsage> Merge(IReadOnlyList<PeriodSegment> segments)
    {
        if (segments.Count == 1)
            return segments[0].Meters;
        var merged = new List<MeterUsage>();
        foreach (MeterUsage part in segments.SelectMany(segment => segment.Meters))
        {
            MeterUsage? whole = merged.Find(usage => usage.Meter == part.Meter);
            if (whole is null)
                merged.Add(whole = new MeterUsage(part.Meter, part.Aggregation, part.DimensionNames));
            whole.Add(part);
        }

        return merged;
    }

    private void Add(MeterUsage later)
    {
        Total.Add(later.Total);
        foreach ((byte[] key, Aggregate part) in later.combinations)
        {
            Aggregate? usage = Find(key);
            if (usage is null)
                Insert(key, usage = new Aggregate());
            usage.Add(part);
        }
    }

    internal void Add(in CountedValue counted, Instant time)
    {
        Total.Add(Aggregation, counted.Value, counted.ValueHash, time);
        if (counted.Dimensions.IsEmpty)
            return;
        Aggregate? usage = Find(counted.Dimensions);
        if (usage is null)
        {
            byte[] key = counted.Dimensions.ToArray();
            usage = new Aggregate();
            Insert(key, usage);
        }

        usage.Add(Aggregation, counted.Value, counted.ValueHash, time);
    }

    internal void Write(ByteWriter writer)
    {
        writer.Text(Meter);
        writer.Byte((byte)Aggregation);
        writer.Unsigned((ulong)DimensionNames.Count);
        foreach (string name in DimensionNames)
            writer.Text(name);
        Total.Write(writer);
        writer.Unsigned((ulong)combinations.Count);
        foreach ((byte[] key, Aggregate usage) in combinations)
        {
            writer.Bytes(key);
            usage.Write(writer);
        }
    }

    internal static MeterUsage Read(ref ByteReader reader)
    {
        string meter = string.Intern(reader.Text());
        var aggregation = (Aggregation)reader.Byte(1, 6);
        var names = new string[reader.CountOf(1)];
        for (int i = 0; i < names.Length; i++)
            names[i] = string.Intern(reader.Text());
        var usage = new MeterUsage(meter, aggregation, names) { Total = Aggregate.Read(ref reader) };
        int count = reader.CountOf(1);
        for (int i = 0; i < count; i++)
        {
            byte[] key = reader.Bytes().ToArray();
            if (usage.Has(key))
                throw new CorruptDataException($"A combination of {meter} stands twice.");
            usage.Insert(key, Aggregate.Read(ref reader));
        }

        return usage;
    }

    private void Insert(byte[] key, Aggregate usage)
    {
        combinations.Add((key, usage));
        if (combinations.Count <= ScanMax)
            KeepHash(Hash(key));
        if (index is null && combinations.Count > ScanMax)
        {
            index = new Dictionary<byte[], Aggregate>(ByteKeyComparer.Instance);
            foreach ((byte[] each, Aggregate value) in combinations)
                index.Add(each, value);
        }
        else
        {
            index?.Add(key, usage);
        }
    }

    private Aggregate? Find(ReadOnlySpan<byte> key)
    {
        if (index is not null)
            return index.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(key, out Aggregate? found) ? found : null;
        uint hash = Hash(key);
        for (int i = 0; i < combinations.Count; i++)
        {
            if (hashes[i] == hash && key.SequenceEqual(combinations[i].Key))
                return combinations[i].Usage;
        }

        return null;
    }

    private void KeepHash(uint hash)
    {
        int at = combinations.Count - 1;
        if (at == hashes.Length)
            Array.Resize(ref hashes, at == 0 ? 2 : at * 2);
        hashes[at] = hash;
    }

    /// <summary>Tells keys apart most of the time; who finds equal ones compares the keys.</summary>
    private static uint Hash(ReadOnlySpan<byte> key)
    {
        uint hash = (uint)key.Length;
        while (key.Length >= sizeof(ulong))
        {
            hash = BitOperations.Crc32C(hash, BinaryPrimitives.ReadUInt64LittleEndian(key));
            key = key[sizeof(ulong)..];
        }

        foreach (byte each in key)
            hash = BitOperations.Crc32C(hash, each);
        return hash;
    }
}
