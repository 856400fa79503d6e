using System.Runtime.CompilerServices;
using Metering.Core.Catalog;
using Metering.Core.Binary;
using Metering.Core.Time;

namespace Metering.Core.Usage;

/// <summary>What one meter has counted in one segment of a billing period: in total, and by combination of dimensions.</summary>
public sealed class MeterUsage
{
    /// <summary>Up to so many combinations a scan is faster than hashing and takes less memory.</summary>
    private const int ScanMax = 8;

    /// <summary>It never takes fewer bytes in a checkpoint.</summary>
    internal const int BytesMin = 10;

    // Everything stands in this object and one array beside it: with many customers none of it is in a cache, and each object is a wait.
    private Aggregate total;
    private ScannedHashes hashes;
    private Combination[] combinations = [];
    private int count;
    private Dictionary<byte[], int>? index;

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
    public ref readonly Aggregate Total => ref total;

    /// <summary>How many combinations there are; none for a meter without dimensions.</summary>
    public int CombinationCount => count;

    /// <summary>By combination, oldest first, as they are at this moment.</summary>
    public IReadOnlyList<(byte[] Key, Aggregate Usage)> Combinations =>
        Array.ConvertAll(combinations[..count], static each => (each.Key, each.Usage));

    /// <summary>Whether a combination of an event was counted before.</summary>
    public bool Has(in CountedValue counted) => Find(counted.Dimensions, counted.SharedDimensions) >= 0;

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

    internal int Preload(int step)
    {
        Combination[] read = combinations;
        if (step == 4)
            return (int)total.Count + (int)hashes[0] + (int)hashes[ScanMax - 1];
        return read.Length == 0 ? 0 : (int)read[0].Usage.Count;
    }

    private void Add(MeterUsage later)
    {
        total.Add(later.total);
        foreach (ref readonly Combination part in later.combinations.AsSpan(0, later.count))
        {
            int at = Find(part.Key, part.Key);
            if (at < 0)
                at = Insert(part.Key);
            combinations[at].Usage.Add(part.Usage);
        }
    }

    internal void Add(in CountedValue counted, Instant time)
    {
        total.Add(Aggregation, counted.Value, counted.ValueHash, time);
        if (counted.Dimensions.IsEmpty)
            return;
        int at = Find(counted.Dimensions, counted.SharedDimensions);
        if (at < 0)
            at = Insert(counted.SharedDimensions ?? counted.Dimensions.ToArray());
        combinations[at].Usage.Add(Aggregation, counted.Value, counted.ValueHash, time);
    }

    /// <summary>A copy in which what adds up is more, in total and by combination.</summary>
    internal MeterUsage Grown(Growth growth)
    {
        var grown = new MeterUsage(Meter, Aggregation, DimensionNames) { total = total.Grown(growth) };
        foreach (ref readonly Combination each in combinations.AsSpan(0, count))
        {
            int at = grown.Insert(each.Key);
            grown.combinations[at].Usage = each.Usage.Grown(growth);
        }

        return grown;
    }

    internal void Write(ByteWriter writer)
    {
        writer.Text(Meter);
        writer.Byte((byte)Aggregation);
        writer.Unsigned((ulong)DimensionNames.Count);
        foreach (string name in DimensionNames)
            writer.Text(name);
        total.Write(writer);
        writer.Unsigned((ulong)count);
        foreach (ref readonly Combination each in combinations.AsSpan(0, count))
        {
            writer.Bytes(each.Key);
            each.Usage.Write(writer);
        }
    }

    internal static MeterUsage Read(ref ByteReader reader, SharedKeys keys)
    {
        string meter = string.Intern(reader.Text());
        var aggregation = (Aggregation)reader.Byte(1, 6);
        var names = new string[reader.CountOf(1)];
        for (int i = 0; i < names.Length; i++)
            names[i] = string.Intern(reader.Text());
        var usage = new MeterUsage(meter, aggregation, keys.Share(names)) { total = Aggregate.Read(ref reader) };
        int count = reader.CountOf(Combination.BytesMin);
        usage.combinations = count == 0 ? [] : new Combination[count];
        for (int i = 0; i < count; i++)
        {
            byte[] key = keys.Share(reader.Bytes());
            if (usage.Find(key, key) >= 0)
                throw new CorruptDataException($"A combination of {meter} stands twice.");
            int at = usage.Insert(key);
            usage.combinations[at].Usage = Aggregate.Read(ref reader);
        }

        return usage;
    }

    private int Insert(byte[] key)
    {
        if (count == combinations.Length)
            Array.Resize(ref combinations, count < ScanMax ? count + 2 : count * 2);
        combinations[count].Key = key;
        if (count < ScanMax)
            hashes[count] = DimensionKey.Hash(key);
        count++;
        if (count > ScanMax)
            Index();
        return count - 1;
    }

    private void Index()
    {
        index ??= new Dictionary<byte[], int>(ByteKeyComparer.Instance);
        for (int i = index.Count; i < count; i++)
            index.Add(combinations[i].Key, i);
    }

    /// <summary>The place of a combination, or -1.</summary>
    private int Find(ReadOnlySpan<byte> key, byte[]? shared)
    {
        if (index is not null)
            return index.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(key, out int at) ? at : -1;
        uint hash = DimensionKey.Hash(key);
        for (int i = 0; i < count; i++)
        {
            if (hashes[i] != hash)
                continue;
            ref byte[] known = ref combinations[i].Key;
            if (ReferenceEquals(known, shared))
                return i;
            if (!key.SequenceEqual(known))
                continue;
            // As read from a checkpoint: from now on it is the one that all share.
            known = shared ?? known;
            return i;
        }

        return -1;
    }

    private struct Combination
    {
        /// <summary>It never takes fewer bytes in a checkpoint.</summary>
        public const int BytesMin = 7;

        public byte[] Key;
        public Aggregate Usage;
    }

    [InlineArray(ScanMax)]
    private struct ScannedHashes
    {
        private uint first;
    }
}
