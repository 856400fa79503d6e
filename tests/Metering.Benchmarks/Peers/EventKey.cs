using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;

namespace Metering.Benchmarks.Peers;

/// <summary>
/// The identity of an event in 16 bytes, so that the unique index is as small as it can be. An <c>id</c> that is a UUID keeps its first
/// half, so that ids which grow with time stay neighbours in the index (version 7); the source is mixed into the second half. Any other id
/// becomes 128 bits of SHA-256 over source and id.
/// </summary>
internal static class EventKey
{
    private const int UuidLength = 36;

    /// <summary>The mix of a source, once a source.</summary>
    public static ulong OfSource(ReadOnlySpan<byte> source)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(source, hash);
        return BinaryPrimitives.ReadUInt64BigEndian(hash);
    }

    public static Guid Of(ulong source, ReadOnlySpan<byte> id)
    {
        Span<byte> key = stackalloc byte[16];
        if (id.Length == UuidLength && Utf8Parser.TryParse(id, out Guid uuid, out int read) && read == UuidLength)
        {
            uuid.TryWriteBytes(key, bigEndian: true, out _);
            Span<byte> second = key[8..];
            BinaryPrimitives.WriteUInt64BigEndian(second, BinaryPrimitives.ReadUInt64BigEndian(second) ^ source);
            return new Guid(key, bigEndian: true);
        }

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        BinaryPrimitives.WriteUInt64BigEndian(key, source);
        hash.AppendData(key[..8]);
        hash.AppendData(id);
        Span<byte> whole = stackalloc byte[SHA256.HashSizeInBytes];
        hash.GetHashAndReset(whole);
        return new Guid(whole[..16], bigEndian: true);
    }
}
