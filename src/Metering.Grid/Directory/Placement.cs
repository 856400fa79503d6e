using System.Numerics;
using System.Runtime.InteropServices;

namespace Metering.Grid.Directory;

/// <summary>
/// Where a customer lives: the partition is CRC-32C (Castagnoli, RFC 3720) of the id's UTF-8 modulo the number of partitions, the bucket
/// is taken from the bits of a second round, so that the two are independent. Fixed for ever: a change would lose every customer.
/// </summary>
public static class Placement
{
    /// <summary>Buckets of every partition.</summary>
    public const int Buckets = 1024;

    /// <summary>The partition of a customer.</summary>
    public static int PartitionOf(ReadOnlySpan<byte> customerIdUtf8, int partitions) => (int)(Crc32C(customerIdUtf8) % (uint)partitions);

    /// <summary>The bucket of a customer within its partition.</summary>
    public static int BucketOf(ReadOnlySpan<byte> customerIdUtf8)
    {
        uint mixed = Crc32C(customerIdUtf8) * 0x9E3779B1u;
        return (int)(BitOperations.Crc32C(mixed, (uint)customerIdUtf8.Length) >> 22);
    }

    /// <summary>CRC-32C as RFC 3720 defines it: "123456789" gives 0xE3069283.</summary>
    public static uint Crc32C(ReadOnlySpan<byte> data)
    {
        uint crc = uint.MaxValue;
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(data);
        foreach (ulong word in words)
            crc = BitOperations.Crc32C(crc, word);
        foreach (byte rest in data[(words.Length * 8)..])
            crc = BitOperations.Crc32C(crc, rest);
        return ~crc;
    }
}
