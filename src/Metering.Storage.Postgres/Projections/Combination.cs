using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Metering.Core.Usage;

namespace Metering.Storage.Postgres.Projections;

/// <summary>A meter with a combination of dimensions, in the forms that the tables hold. Made once and kept.</summary>
internal sealed class Combination(string meter, byte[] dimensions, int number)
{
    private byte[]? digest;
    private string? text;

    /// <summary>Where it stands among those that are kept beside it.</summary>
    public int Number => number;

    public string Meter => meter;

    /// <summary>The combination as a JSON object, in UTF-8.</summary>
    public byte[] Dimensions => dimensions;

    public string DimensionsText => text ??= Encoding.UTF8.GetString(dimensions);

    /// <summary>SHA-256 of the JSON object.</summary>
    public byte[] Digest => digest ??= SHA256.HashData(dimensions);

    /// <summary>The JSON object of a combination.</summary>
    public static byte[] Json(IReadOnlyList<string> names, ReadOnlySpan<byte> dimensions)
    {
        if (names.Count == 0)
            return "{}"u8.ToArray();
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, EventData.Options))
        {
            writer.WriteStartObject();
            foreach (var (name, value) in DimensionKey.Read(names, dimensions))
                writer.WriteString(name, value);
            writer.WriteEndObject();
        }

        return stream.ToArray();
    }
}
