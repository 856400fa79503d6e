using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Metering.Delivery.Tests.Pdf;

/// <summary>Writes small PNG files; checksums are left at zero, as nothing here looks at them.</summary>
internal static class TestPng
{
    /// <param name="width">In pixels.</param>
    /// <param name="height">In pixels.</param>
    /// <param name="kind">0 grey, 2 colour, 3 palette, 4 grey with transparency, 6 colour with transparency; 8 bits a sample.</param>
    /// <param name="filter">The filter of all rows, 0 to 4.</param>
    /// <param name="interlaced">Whether it says that it is interlaced.</param>
    /// <param name="palette">Palette and its transparency, where the kind has one.</param>
    public static byte[] Make(
        int width, int height, byte kind, byte filter = 0, bool interlaced = false, (byte[] Colors, byte[] Alpha)? palette = null)
    {
        int channels = kind switch { 0 or 3 => 1, 2 => 3, 4 => 2, _ => 4 };
        using var packed = new MemoryStream();
        using (var deflate = new ZLibStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            for (int y = 0; y < height; y++)
            {
                deflate.WriteByte(filter);
                for (int x = 0; x < width * channels; x++)
                    deflate.WriteByte((byte)(kind == 3 ? x % 2 : 1));
            }
        }

        using var file = new MemoryStream();
        file.Write([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]);
        byte[] header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9], header[12]) = (8, kind, (byte)(interlaced ? 1 : 0));
        Chunk(file, "IHDR", header);
        if (palette is { } colors)
        {
            Chunk(file, "PLTE", colors.Colors);
            Chunk(file, "tRNS", colors.Alpha);
        }

        Chunk(file, "IDAT", packed.ToArray());
        Chunk(file, "IEND", []);
        return file.ToArray();
    }

    private static void Chunk(MemoryStream file, string type, byte[] data)
    {
        byte[] length = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, data.Length);
        file.Write([.. length, .. Encoding.ASCII.GetBytes(type), .. data, 0, 0, 0, 0]);
    }
}
