namespace Metering.Grid.Dedup;

/// <summary>
/// A Bloom filter of 16 bits an identity, in blocks of 64 bytes, so that a look costs one cache line: the identity's lower half picks the
/// block, its product with an odd constant gives seven bits of it. Identities are keyed hashes, so their bits need no further mixing. About
/// one look in a thousand is a false hit.
/// </summary>
public static class SegmentFilter
{
    private const int BlockBytes = 64;
    private const int BitsPerBlock = BlockBytes * 8;
    private const int BitsPerIdentity = 16;
    private const int Probes = 7;
    private const ulong Multiplier = 0x9E3779B97F4A7C15UL;

    /// <summary>An empty filter for so many identities.</summary>
    public static byte[] Create(long identities)
    {
        long blocks = Math.Max(1, (identities * BitsPerIdentity + BitsPerBlock - 1) / BitsPerBlock);
        return new byte[checked((int)(blocks * BlockBytes))];
    }

    /// <summary>Adds an identity.</summary>
    public static void Add(Span<byte> filter, UInt128 identity)
    {
        Span<byte> block = filter.Slice(BlockOf(filter.Length, (ulong)identity), BlockBytes);
        ulong bits = (ulong)identity * Multiplier;
        for (int probe = 0; probe < Probes; probe++, bits >>= 9)
            block[(int)(bits >> 3) & (BlockBytes - 1)] |= (byte)(1 << (int)(bits & 7));
    }

    /// <summary>False when the identity was surely not added.</summary>
    public static bool MayContain(ReadOnlySpan<byte> filter, UInt128 identity)
    {
        ReadOnlySpan<byte> block = filter.Slice(BlockOf(filter.Length, (ulong)identity), BlockBytes);
        ulong bits = (ulong)identity * Multiplier;
        for (int probe = 0; probe < Probes; probe++, bits >>= 9)
        {
            if ((block[(int)(bits >> 3) & (BlockBytes - 1)] & (1 << (int)(bits & 7))) == 0)
                return false;
        }

        return true;
    }

    private static int BlockOf(int filterBytes, ulong low) => (int)Math.BigMul(low, (ulong)(filterBytes / BlockBytes), out _) * BlockBytes;
}
