namespace Metering.Grid.Dedup;

/// <summary>Packs sorted entries into the blocks and the filter of a dedup segment.</summary>
public sealed class SegmentBuilder
{
    private readonly List<byte[]> blocks = [];
    private byte[] open = new byte[512 * SegmentBlocks.EntryBytes];
    private int used;
    private UInt128 newest;

    /// <summary>Begins a segment of about so many identities.</summary>
    public SegmentBuilder(long identities)
    {
        BlockBits = SegmentBlocks.BitsFor(identities);
        Filter = SegmentFilter.Create(identities);
    }

    /// <summary>How many leading bits name a block.</summary>
    public int BlockBits { get; }

    /// <summary>The filter so far.</summary>
    public byte[] Filter { get; }

    /// <summary>Entries so far.</summary>
    public long Count { get; private set; }

    /// <summary>Adds an entry; they come in order.</summary>
    public void Add(in SegmentEntry entry)
    {
        if (entry.Identity < newest)
            throw new InvalidOperationException("Entries of a dedup segment come in order.");
        newest = entry.Identity;
        int block = SegmentBlocks.BlockOf(entry.Identity, BlockBits);
        while (blocks.Count < block)
            CloseBlock();
        if (used + SegmentBlocks.EntryBytes > open.Length)
            Array.Resize(ref open, open.Length * 2);
        SegmentBlocks.Write(open.AsSpan(used), entry);
        used += SegmentBlocks.EntryBytes;
        SegmentFilter.Add(Filter, entry.Identity);
        Count++;
    }

    /// <summary>Ends the segment.</summary>
    /// <returns>All blocks, also the empty ones, in order.</returns>
    public IReadOnlyList<byte[]> Finish()
    {
        while (blocks.Count < 1 << BlockBits)
            CloseBlock();
        return blocks;
    }

    private void CloseBlock()
    {
        blocks.Add(open.AsSpan(0, used).ToArray());
        used = 0;
    }
}
