using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Metering.Grid.Outbox;

/// <summary>
/// Ids of outbox rows: a prefix, the partition in 4 hexadecimal digits, and 14 bytes of the SHA-256 of what the row is about. The same
/// cause gives the same id, so a row that is written again is found to be there; and the id says which partition, so a row is found by it.
/// </summary>
public static class OutboxIds
{
    /// <summary>Prefix of events.</summary>
    public const string EventPrefix = "evt_";

    /// <summary>Prefix of deliveries of events.</summary>
    public const string DeliveryPrefix = "dlv_";

    private const int HashBytes = 14;
    private const int PartitionDigits = 4;

    /// <summary>The id of what an entry of the journal causes.</summary>
    /// <param name="partition">The partition.</param>
    /// <param name="sequence">The group.</param>
    /// <param name="ordinal">The rank of the entry within its group.</param>
    /// <param name="kind">The kind of row: one entry may cause several.</param>
    public static string Event(int partition, long sequence, int ordinal, string kind) => Of(
        EventPrefix, partition, sequence.ToString(CultureInfo.InvariantCulture), ordinal.ToString(CultureInfo.InvariantCulture), kind);

    /// <summary>The id of the delivery of an event to an endpoint.</summary>
    public static string Delivery(int partition, string eventId, string endpointId) => Of(DeliveryPrefix, partition, eventId, endpointId);

    /// <summary>An id that follows from a partition and some texts, in their order.</summary>
    /// <param name="prefix">Up to the underscore, such as <c>dun_</c>.</param>
    /// <param name="partition">0 to 65,535.</param>
    /// <param name="parts">What it is about.</param>
    public static string Of(string prefix, int partition, params ReadOnlySpan<string> parts)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(partition);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(partition, ushort.MaxValue);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> length = stackalloc byte[4];
        foreach (string part in parts)
        {
            // With its length before each, no two lists of texts run together into the same bytes.
            byte[] bytes = Encoding.UTF8.GetBytes(part);
            BinaryPrimitives.WriteInt32BigEndian(length, bytes.Length);
            hash.AppendData(length);
            hash.AppendData(bytes);
        }

        return $"{prefix}{partition:x4}{Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, HashBytes))}";
    }

    /// <summary>The partition that an id names, where it has the form of <see cref="Of"/>.</summary>
    public static bool TryReadPartition(string id, out int partition)
    {
        partition = 0;
        int start = id.IndexOf('_', StringComparison.Ordinal) + 1;
        return start > 0 && id.Length == start + PartitionDigits + 2 * HashBytes && id.AsSpan(start).IndexOfAnyExcept(hex) < 0
            && int.TryParse(id.AsSpan(start, PartitionDigits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out partition);
    }

    private static readonly System.Buffers.SearchValues<char> hex = System.Buffers.SearchValues.Create("0123456789abcdef");
}
