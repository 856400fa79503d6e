using System.Buffers.Binary;
using System.Text.Json;

namespace Metering.Api.Events;

/// <summary>
/// The 8-byte digest of an event without its identity: the wrapping sum of one hash a member, so the order of members does not matter,
/// and whitespace is never hashed. It only tells a duplicate that says the same from one that <c>differs</c>; it proves nothing, and is not
/// keyed. Journals keep it: never change it.
/// </summary>
/// <remarks>
/// The hash folds 16 bytes a step with a 64 by 64 bit multiplication, the construction of wyhash (Wang Yi). The constants are the first
/// four of xxHash64's primes (Yann Collet).
/// </remarks>
internal static class EventDigest
{
    private const ulong Prime1 = 0x9E3779B185EBCA87;
    private const ulong Prime2 = 0xC2B2AE3D27D4EB4F;
    private const ulong Prime3 = 0x165667B19E3779F9;
    private const ulong Prime4 = 0x85EBCA77C2B2AE63;

    /// <summary>The hash of a member's name, the seed of its value's.</summary>
    public static ulong Name(ReadOnlySpan<byte> name) => Hash(name, Prime4);

    /// <summary>A string's share: its content without escapes.</summary>
    public static ulong Text(ulong name, ReadOnlySpan<byte> content) => Hash(content, name + Prime1);

    /// <summary>The share of a number, as it is written.</summary>
    public static ulong Number(ulong name, ReadOnlySpan<byte> token) => Hash(token, name + Prime2);

    /// <summary>The share of <c>true</c>, <c>false</c> or <c>null</c>.</summary>
    public static ulong Literal(ulong name, JsonTokenType token) => Fold(name ^ Prime3, (ulong)token + Prime2);

    /// <summary>The share of an object: the sum of its members' shares.</summary>
    public static ulong Object(ulong name, ulong members) => Fold(name ^ Prime1, members + Prime3);

    /// <summary>The share of an array so far, and one more element.</summary>
    public static ulong Element(ulong soFar, ulong element) => Fold(soFar + Prime1, element ^ Prime4);

    private static ulong Hash(ReadOnlySpan<byte> bytes, ulong seed)
    {
        ulong hash = seed ^ ((ulong)bytes.Length * Prime3);
        while (bytes.Length > 16)
        {
            hash = Fold(
                BinaryPrimitives.ReadUInt64LittleEndian(bytes) ^ Prime1, BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]) ^ hash);
            bytes = bytes[16..];
        }

        ulong low;
        ulong high;
        if (bytes.Length >= 8)
        {
            low = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
            high = BinaryPrimitives.ReadUInt64LittleEndian(bytes[^8..]);
        }
        else if (bytes.Length >= 4)
        {
            low = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
            high = BinaryPrimitives.ReadUInt32LittleEndian(bytes[^4..]);
        }
        else
        {
            low = bytes.IsEmpty ? 0 : ((ulong)bytes[0] << 16) | ((ulong)bytes[bytes.Length / 2] << 8) | bytes[^1];
            high = 0;
        }

        return Fold(Fold(low ^ Prime1, high ^ hash), hash ^ Prime2);
    }

    private static ulong Fold(ulong left, ulong right)
    {
        ulong high = Math.BigMul(left, right, out ulong low);
        return high ^ low;
    }
}
