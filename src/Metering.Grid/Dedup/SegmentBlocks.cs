using System.Buffers.Binary;
using System.Numerics;
using Metering.Core.Binary;

namespace Metering.Grid.Dedup;

/// <summary>
/// The blocks of a dedup segment: entries of 24 bytes, big-endian (16 bytes identity, 8 bytes packed position), sorted by identity, then
/// position. The leading bits of an identity are the number of its block.
/// A segment of n identities has so many blocks that one holds about 256.
/// </summary>
public static class SegmentBlocks
{
    /// <summary>Bytes of an entry.</summary>
    public const int EntryBytes = 24;

    private const int EntriesPerBlock = 256;

    /// <summary>How many leading bits name a block in a segment of so many identities.</summary>
    public static int BitsFor(long identities) =>
        identities <= EntriesPerBlock ? 0 : BitOperations.Log2((ulong)(identities - 1) / EntriesPerBlock) + 1;

    /// <summary>The block of an identity.</summary>
    public static int BlockOf(UInt128 identity, int blockBits) => blockBits == 0 ? 0 : (int)(identity >> (128 - blockBits));

    /// <summary>Writes an entry.</summary>
    public static void Write(Span<byte> into, in SegmentEntry entry)
    {
        BinaryPrimitives.WriteUInt128BigEndian(into, entry.Identity);
        BinaryPrimitives.WriteUInt64BigEndian(into[16..], entry.Packed);
    }

    /// <summary>Reads the entry at a place.</summary>
    public static SegmentEntry Read(ReadOnlySpan<byte> block, int place) => new(
        BinaryPrimitives.ReadUInt128BigEndian(block[(place * EntryBytes)..]),
        BinaryPrimitives.ReadUInt64BigEndian(block[(place * EntryBytes + 16)..]));

    /// <summary>The newest position of an identity in its block, packed; 0 when it is not there.</summary>
    /// <exception cref="CorruptDataException">The block is not a whole number of entries.</exception>
    public static ulong Find(ReadOnlySpan<byte> block, UInt128 identity)
    {
        if (block.Length % EntryBytes != 0)
            throw new CorruptDataException($"A dedup block has {block.Length} bytes, not a multiple of {EntryBytes}.");
        // The first place past the identity: the entry before it is the newest copy, if there is one.
        int low = 0;
        int high = block.Length / EntryBytes;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (BinaryPrimitives.ReadUInt128BigEndian(block[(middle * EntryBytes)..]) <= identity)
                low = middle + 1;
            else
                high = middle;
        }

        if (low == 0)
            return 0;
        SegmentEntry found = Read(block, low - 1);
        return found.Identity == identity ? found.Packed : 0;
    }
}
