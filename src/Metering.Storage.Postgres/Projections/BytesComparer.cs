using Metering.Grid.Directory;

namespace Metering.Storage.Postgres.Projections;

/// <summary>Compares keys of bytes by content, and lets a table be asked by a span, so that a look-up makes no object.</summary>
internal sealed class BytesComparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
{
    public static readonly BytesComparer Instance = new();

    public bool Equals(byte[]? left, byte[]? right) => left.AsSpan().SequenceEqual(right);

    public int GetHashCode(byte[] key) => GetHashCode(key.AsSpan());

    public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

    public int GetHashCode(ReadOnlySpan<byte> alternate) => (int)(Placement.Crc32C(alternate) * 0x9E3779B1u);

    public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
}
