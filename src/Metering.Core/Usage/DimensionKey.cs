using System.Buffers.Binary;
using System.Numerics;
using Metering.Core.Binary;

namespace Metering.Core.Usage;

/// <summary>
/// A combination of dimension values as bytes: for each dimension 0 where the event has none, else its length plus one, then its UTF-8.
/// </summary>
public static class DimensionKey
{
    /// <summary>The value that stands for every combination past the bound, in a key of one value.</summary>
    public static ReadOnlySpan<byte> OtherValue => "(other)"u8;

    /// <summary>The key of the combination <c>(other)</c> of a meter with so many dimensions: each value is <c>(other)</c>.</summary>
    public static byte[] Other(int dimensions)
    {
        var writer = new ByteWriter(16 * dimensions);
        for (int i = 0; i < dimensions; i++)
            Append(writer, OtherValue);
        return writer.Span.ToArray();
    }

    /// <summary>Appends a value.</summary>
    public static void Append(ByteWriter writer, ReadOnlySpan<byte> value)
    {
        writer.Unsigned((ulong)value.Length + 1);
        writer.Raw(value);
    }

    /// <summary>Appends a value that the event does not have.</summary>
    public static void AppendMissing(ByteWriter writer) => writer.Byte(0);

    /// <summary>Names and values; a value that is missing is left out.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> Read(IReadOnlyList<string> names, ReadOnlySpan<byte> key)
    {
        var pairs = new List<KeyValuePair<string, string>>(names.Count);
        var reader = new ByteReader(key);
        for (int i = 0; i < names.Count && !reader.IsAtEnd; i++)
        {
            int length = reader.Count();
            if (length > 0)
                pairs.Add(new(names[i], System.Text.Encoding.UTF8.GetString(reader.Raw(length - 1))));
        }

        return pairs;
    }

    /// <summary>Tells keys apart most of the time; who finds equal ones compares the keys. Not kept anywhere.</summary>
    internal static uint Hash(ReadOnlySpan<byte> key)
    {
        uint hash = (uint)key.Length;
        while (key.Length >= sizeof(ulong))
        {
            hash = BitOperations.Crc32C(hash, BinaryPrimitives.ReadUInt64LittleEndian(key));
            key = key[sizeof(ulong)..];
        }

        foreach (byte each in key)
            hash = BitOperations.Crc32C(hash, each);
        return hash;
    }
}
