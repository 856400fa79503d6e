using System.Runtime.InteropServices;
using Metering.Core.Binary;
using Metering.Grid.Journal;
using Metering.Grid.Storage;

namespace Metering.Grid.Dedup;

/// <summary>An identity to look up, and the event of the request it belongs to.</summary>
internal readonly record struct WantedIdentity(int Index, UInt128 Identity);

/// <summary>
/// Looks identities up in dedup segments, before the partition's lock is taken: filters first, then all blocks that may hold one in one
/// query, then the first outcomes from the journal. What a block says is exact.
/// </summary>
internal sealed class DedupLookup(IShardStore store, int partition, FilterCache cache, EngineStatus status)
{
    private const int BlocksPerQuery = 1024;
    private const int GroupsPerQuery = 32;

    private readonly GroupReader reader = new();

    /// <summary>The first outcomes of those that were taken before, by index.</summary>
    /// <param name="set">The segments to look in.</param>
    /// <param name="wanted">The identities.</param>
    /// <param name="second">The time, in whole seconds.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>Null when a segment is gone from the database: the set has been replaced, or is about to be; look again in the new
    /// one.</returns>
    public async ValueTask<Dictionary<int, FirstOutcome>?> FindAsync(
        SegmentSet set, IReadOnlyList<WantedIdentity> wanted, long second, CancellationToken cancellation)
    {
        if (!await LoadFiltersAsync(set, second, cancellation))
            return null;
        Dictionary<SegmentBlockKey, List<WantedIdentity>> candidates = Candidates(set, wanted, second);
        if (candidates.Count == 0)
            return [];
        Interlocked.Add(ref status.DedupLookups, candidates.Values.Sum(items => items.Count));
        var positions = new Dictionary<int, ulong>();
        foreach (SegmentBlockKey[] keys in candidates.Keys.Chunk(BlocksPerQuery))
        {
            IReadOnlyList<SegmentBlock> blocks = await store.ReadSegmentBlocksAsync(partition, keys, cancellation);
            if (blocks.Count < keys.Length)
                return null;
            foreach (SegmentBlock block in blocks)
            {
                foreach (WantedIdentity item in candidates[new SegmentBlockKey(block.Segment, block.Block)])
                    Remember(positions, item.Index, SegmentBlocks.Find(block.Body, item.Identity));
            }
        }

        return await ReadOutcomesAsync(positions, cancellation);
    }

    private static void Remember(Dictionary<int, ulong> positions, int index, ulong packed)
    {
        if (packed == 0)
            return;
        // Taken again past the horizon, the newest copy is the one that counts.
        ref ulong known = ref CollectionsMarshal.GetValueRefOrAddDefault(positions, index, out _);
        known = Math.Max(known, packed);
    }

    private static Dictionary<SegmentBlockKey, List<WantedIdentity>> Candidates(
        SegmentSet set, IReadOnlyList<WantedIdentity> wanted, long second)
    {
        var candidates = new Dictionary<SegmentBlockKey, List<WantedIdentity>>();
        foreach (SegmentHandle segment in set.Segments)
        {
            byte[]? filter = segment.Filter;
            segment.Touch(second);
            foreach (WantedIdentity item in wanted)
            {
                if (filter is not null && !SegmentFilter.MayContain(filter, item.Identity))
                    continue;
                var key = new SegmentBlockKey(segment.Info.Id, SegmentBlocks.BlockOf(item.Identity, segment.Info.BlockBits));
                ref List<WantedIdentity>? items = ref CollectionsMarshal.GetValueRefOrAddDefault(candidates, key, out _);
                (items ??= []).Add(item);
            }
        }

        return candidates;
    }

    private async ValueTask<bool> LoadFiltersAsync(SegmentSet set, long second, CancellationToken cancellation)
    {
        foreach (SegmentHandle segment in set.Segments)
        {
            if (segment.Filter is not null || !cache.HasRoomFor(segment, second))
                continue;
            byte[]? filter = await store.ReadSegmentFilterAsync(partition, segment.Info.Id, cancellation);
            if (filter is null)
                return false;
            cache.Offer(segment, filter, second);
        }

        return true;
    }

    private async ValueTask<Dictionary<int, FirstOutcome>> ReadOutcomesAsync(
        Dictionary<int, ulong> positions, CancellationToken cancellation)
    {
        var outcomes = new Dictionary<int, FirstOutcome>(positions.Count);
        var bySequence = positions
            .Select(pair => (Index: pair.Key, Position: JournalPosition.Unpack(pair.Value)))
            .ToLookup(item => item.Position.Sequence);
        foreach (long[] sequences in bySequence.Select(group => group.Key).Order().Chunk(GroupsPerQuery))
        {
            IReadOnlyList<JournalRow> rows = await store.ReadGroupsAsync(partition, sequences, cancellation);
            if (rows.Count < sequences.Length)
                throw new CorruptDataException($"Partition {partition}: a dedup segment names a group that the journal does not have.");
            foreach (JournalRow row in rows)
                ReadOutcomes(row, bySequence[row.Sequence].ToLookup(item => item.Position.Ordinal, item => item.Index), outcomes);
        }

        return outcomes;
    }

    /// <summary>Goes through a group once, however many of its events are asked for.</summary>
    private void ReadOutcomes(JournalRow row, ILookup<int, int> indexes, Dictionary<int, FirstOutcome> outcomes)
    {
        int left = indexes.Count;
        reader.Open(row.Sequence, row.Body);
        while (left > 0 && reader.Read())
        {
            if (reader.Kind != EntryKind.Event || !indexes.Contains(reader.Ordinal))
                continue;
            left--;
            var position = new JournalPosition(row.Sequence, reader.Ordinal);
            foreach (int index in indexes[reader.Ordinal])
                outcomes[index] = new FirstOutcome(position, reader.Digest, reader.At, reader.Credits);
        }

        if (left > 0)
            throw new CorruptDataException($"Partition {partition}: group {row.Sequence} lacks an event that a dedup segment names.");
    }
}
