using Metering.Core.Time;
using Metering.Grid.Storage;

namespace Metering.TestSupport.Memory;

/// <summary>
/// What a shard's database holds, in memory. Processes reach it through a <see cref="MemoryShardStore"/> each, so that faults hit one of
/// them alone.
/// </summary>
public sealed class MemoryShard(string name)
{
    private readonly Dictionary<int, Partition> partitions = [];

    /// <summary>The shard's name.</summary>
    public string Name { get; } = name;

    internal Lock Gate { get; } = new();

    /// <summary>Another process takes a partition: the old owner's epoch is no longer current from now on.</summary>
    /// <returns>The new epoch.</returns>
    public long TakeOver(int partition, Guid owner)
    {
        lock (Gate)
        {
            Partition taken = Of(partition);
            taken.Owner = owner;
            return ++taken.Epoch;
        }
    }

    /// <summary>The partition lives on another shard from now on.</summary>
    public void MarkMoved(int partition, string to)
    {
        lock (Gate)
            Of(partition).MovedTo = to;
    }

    /// <summary>Damages the data: removes a group from the journal.</summary>
    public void RemoveGroup(int partition, long sequence)
    {
        lock (Gate)
            Of(partition).Journal.Remove(sequence);
    }

    /// <summary>Damages the data: flips a bit of a group's body.</summary>
    public void FlipBit(int partition, long sequence)
    {
        lock (Gate)
            Of(partition).Journal[sequence].Body[^1] ^= 1;
    }

    /// <summary>The journal of a partition, in order.</summary>
    public IReadOnlyList<JournalRow> Journal(int partition)
    {
        lock (Gate)
            return [.. Of(partition).Journal.Values];
    }

    /// <summary>Who holds the lease, or null.</summary>
    public Guid? OwnerOf(int partition)
    {
        lock (Gate)
            return Of(partition).Owner;
    }

    /// <summary>From where a recovery replays.</summary>
    public long ReplayAfter(int partition)
    {
        lock (Gate)
            return Of(partition).ReplayAfter;
    }

    /// <summary>The dedup segments of a partition.</summary>
    public IReadOnlyList<SegmentInfo> Segments(int partition)
    {
        lock (Gate)
            return [.. Of(partition).Segments.Values.Select(segment => segment.Info)];
    }

    /// <summary>How many buckets of a partition are saved.</summary>
    public int SavedBuckets(int partition)
    {
        lock (Gate)
            return Of(partition).Buckets.Count;
    }

    internal Partition Of(int partition)
    {
        if (!partitions.TryGetValue(partition, out Partition? found))
            partitions.Add(partition, found = new Partition());
        return found;
    }

    internal sealed class Partition
    {
        public Guid? Owner { get; set; }

        public long Epoch { get; set; }

        public string? MovedTo { get; set; }

        public SortedDictionary<long, JournalRow> Journal { get; } = [];

        public Dictionary<int, BucketRow> Buckets { get; } = [];

        public long ReplayAfter { get; set; }

        public byte[] Record { get; set; } = [];

        public SortedDictionary<long, SegmentWithBlocks> Segments { get; } = [];

        public bool IsCurrent(long epoch) => MovedTo is null && Epoch == epoch;
    }

    internal sealed record SegmentWithBlocks(SegmentInfo Info, byte[] Filter, byte[][] Blocks);
}
