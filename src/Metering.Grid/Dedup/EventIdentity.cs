using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;

namespace Metering.Grid.Dedup;

/// <summary>
/// Names an event by 128 bits: SipHash-2-4 with 128 bits of output (Aumasson and Bernstein, "SipHash: a fast short-input PRF"; the
/// reference implementation's <c>siphash(…, outlen 16)</c>), keyed by the cluster's secret, over customer id, a zero byte, <c>source</c>, a
/// zero byte, <c>id</c>. The key keeps a sender from making two events that collide. Fixed for ever: dedup segments hold these numbers.
/// </summary>
/// <remarks>Immutable; used from any thread. Computing allocates nothing.</remarks>
public sealed class EventIdentity
{
    /// <summary>Bytes of the key.</summary>
    public const int KeyBytes = 16;

    private const int StackBytes = 1024;

    private readonly ulong key0;
    private readonly ulong key1;

    /// <summary>Takes the cluster's key.</summary>
    /// <exception cref="ArgumentException">The key does not have 16 bytes.</exception>
    public EventIdentity(ReadOnlySpan<byte> key)
    {
        if (key.Length != KeyBytes)
            throw new ArgumentException($"The identity key has {key.Length} bytes instead of {KeyBytes}.", nameof(key));
        key0 = BinaryPrimitives.ReadUInt64LittleEndian(key);
        key1 = BinaryPrimitives.ReadUInt64LittleEndian(key[8..]);
    }

    /// <summary>The identity of an event; all three in UTF-8 without a zero byte.</summary>
    public UInt128 Of(ReadOnlySpan<byte> customerId, ReadOnlySpan<byte> source, ReadOnlySpan<byte> id)
    {
        int length = customerId.Length + source.Length + id.Length + 2;
        if (length <= StackBytes)
        {
            Span<byte> text = stackalloc byte[StackBytes];
            return Hash(Join(text, customerId, source, id));
        }

        byte[] rented = ArrayPool<byte>.Shared.Rent(length);
        UInt128 identity = Hash(Join(rented, customerId, source, id));
        ArrayPool<byte>.Shared.Return(rented);
        return identity;
    }

    /// <summary>SipHash-2-4-128 of a message. The first eight bytes of the reference's output, little-endian, are the upper half.</summary>
    public UInt128 Hash(ReadOnlySpan<byte> message)
    {
        ulong v0 = key0 ^ 0x736f6d6570736575UL;
        ulong v1 = key1 ^ 0x646f72616e646f6dUL ^ 0xee;
        ulong v2 = key0 ^ 0x6c7967656e657261UL;
        ulong v3 = key1 ^ 0x7465646279746573UL;
        ulong last = (ulong)message.Length << 56;
        while (message.Length >= 8)
        {
            Compress(BinaryPrimitives.ReadUInt64LittleEndian(message), ref v0, ref v1, ref v2, ref v3);
            message = message[8..];
        }

        for (int index = 0; index < message.Length; index++)
            last |= (ulong)message[index] << (8 * index);
        Compress(last, ref v0, ref v1, ref v2, ref v3);
        v2 ^= 0xee;
        Finish(ref v0, ref v1, ref v2, ref v3);
        ulong first = v0 ^ v1 ^ v2 ^ v3;
        v1 ^= 0xdd;
        Finish(ref v0, ref v1, ref v2, ref v3);
        return new UInt128(first, v0 ^ v1 ^ v2 ^ v3);
    }

    private static ReadOnlySpan<byte> Join(Span<byte> into, ReadOnlySpan<byte> customerId, ReadOnlySpan<byte> source, ReadOnlySpan<byte> id)
    {
        customerId.CopyTo(into);
        int at = customerId.Length;
        into[at++] = 0;
        source.CopyTo(into[at..]);
        at += source.Length;
        into[at++] = 0;
        id.CopyTo(into[at..]);
        return into[..(at + id.Length)];
    }

    private static void Compress(ulong word, ref ulong v0, ref ulong v1, ref ulong v2, ref ulong v3)
    {
        v3 ^= word;
        Round(ref v0, ref v1, ref v2, ref v3);
        Round(ref v0, ref v1, ref v2, ref v3);
        v0 ^= word;
    }

    private static void Finish(ref ulong v0, ref ulong v1, ref ulong v2, ref ulong v3)
    {
        Round(ref v0, ref v1, ref v2, ref v3);
        Round(ref v0, ref v1, ref v2, ref v3);
        Round(ref v0, ref v1, ref v2, ref v3);
        Round(ref v0, ref v1, ref v2, ref v3);
    }

    private static void Round(ref ulong v0, ref ulong v1, ref ulong v2, ref ulong v3)
    {
        v0 += v1;
        v1 = BitOperations.RotateLeft(v1, 13) ^ v0;
        v0 = BitOperations.RotateLeft(v0, 32);
        v2 += v3;
        v3 = BitOperations.RotateLeft(v3, 16) ^ v2;
        v0 += v3;
        v3 = BitOperations.RotateLeft(v3, 21) ^ v0;
        v2 += v1;
        v1 = BitOperations.RotateLeft(v1, 17) ^ v2;
        v2 = BitOperations.RotateLeft(v2, 32);
    }
}
