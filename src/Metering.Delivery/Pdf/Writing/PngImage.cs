using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Metering.Delivery.Pdf.Writing;

/// <summary>
/// A PNG picture (ISO/IEC 15948) as a document carries it. Of a picture without transparency the compressed data goes over as it is;
/// transparency is taken apart into a mask.
/// </summary>
internal sealed class PngImage
{
    /// <summary>The largest file read.</summary>
    public const int MaxBytes = 4 * 1024 * 1024;

    private const int MaxPixels = 4096 * 4096;
    private const int Gray = 0;
    private const int Color = 2;
    private const int Palette = 3;
    private const int GrayAlpha = 4;

    private readonly byte[] data;
    private readonly byte[] palette = [];
    private readonly byte[] transparency = [];
    private readonly int depth;
    private readonly int kind;

    private PngImage(ReadOnlySpan<byte> file)
    {
        if (file.Length > MaxBytes)
            throw new InvalidDataException("The picture is larger than 4 MiB.");
        if (!file.StartsWith(new byte[] { 0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A }))
            throw new InvalidDataException("The picture is no PNG file.");
        using var packed = new MemoryStream();
        for (int position = 8; position + 12 <= file.Length;)
        {
            int length = checked((int)BinaryPrimitives.ReadUInt32BigEndian(file[position..]));
            string type = Encoding.ASCII.GetString(file.Slice(position + 4, 4));
            ReadOnlySpan<byte> content = file.Slice(position + 8, length);
            position += 12 + length;
            switch (type)
            {
                case "IHDR":
                    (Width, Height, depth, kind) = Header(content);
                    break;
                case "PLTE":
                    palette = content.ToArray();
                    break;
                case "tRNS":
                    transparency = content.ToArray();
                    break;
                case "IDAT":
                    packed.Write(content);
                    break;
            }
        }

        data = packed.ToArray();
        if (Width == 0 || data.Length == 0 || (kind == Palette && palette.Length == 0))
            throw new InvalidDataException("The picture is not whole.");
        // Also where the data could go over as it is: a picture that cannot be read is refused at once, not on each reader's screen.
        Unpacked();
    }

    public int Width { get; }

    public int Height { get; }

    private int Channels => kind switch { Gray or Palette => 1, Color => 3, GrayAlpha => 2, _ => 4 };

    private int RowBytes => (Width * Channels * depth + 7) / 8;

    /// <exception cref="InvalidDataException">No PNG, damaged, too large, or interlaced.</exception>
    public static PngImage Read(ReadOnlySpan<byte> file)
    {
        try
        {
            return new PngImage(file);
        }
        catch (Exception wrong) when (wrong is ArgumentOutOfRangeException or OverflowException or EndOfStreamException)
        {
            throw new InvalidDataException("The picture is not whole.", wrong);
        }
    }

    /// <summary>Writes the picture's objects.</summary>
    /// <returns>The number of the picture's object.</returns>
    public int Write(PdfFile file)
    {
        string size = PdfFile.Invariant($"/Type /XObject /Subtype /Image /Width {Width} /Height {Height}");
        if (kind is not (GrayAlpha or 6) && !(kind == Palette && transparency.Length > 0))
        {
            string parameters = PdfFile.Invariant($"<< /Predictor 15 /Colors {Channels} /BitsPerComponent {depth} /Columns {Width} >>");
            return file.AddPacked(
                PdfFile.Invariant($"{size} /ColorSpace {Space()} /BitsPerComponent {depth}{ColorKey()} /Filter /FlateDecode ")
                + $"/DecodeParms {parameters}",
                data);
        }

        (byte[] colors, byte[] mask) = Apart();
        int bits = kind == Palette ? 8 : depth;
        int masked = file.AddStream(PdfFile.Invariant($"{size} /ColorSpace /DeviceGray /BitsPerComponent {bits}"), mask);
        return file.AddStream(PdfFile.Invariant($"{size} /ColorSpace {Space()} /BitsPerComponent {bits} /SMask {masked} 0 R"), colors);
    }

    private static (int Width, int Height, int Depth, int Kind) Header(ReadOnlySpan<byte> content)
    {
        uint width = BinaryPrimitives.ReadUInt32BigEndian(content);
        uint height = BinaryPrimitives.ReadUInt32BigEndian(content[4..]);
        (int depth, int kind, int interlaced) = (content[8], content[9], content[12]);
        if (width == 0 || height == 0 || (ulong)width * height > MaxPixels)
            throw new InvalidDataException("The picture has no pixels, or more than 16 million.");
        if (interlaced != 0)
            throw new InvalidDataException("The picture is interlaced; save it without.");
        bool known = kind switch
        {
            Gray => depth is 1 or 2 or 4 or 8 or 16,
            Palette => depth is 1 or 2 or 4 or 8,
            Color or GrayAlpha or 6 => depth is 8 or 16,
            _ => false,
        };
        return known
            ? ((int)width, (int)height, depth, kind)
            : throw new InvalidDataException("The picture has an unknown kind of colour.");
    }

    private string Space() => kind switch
    {
        Gray or GrayAlpha => "/DeviceGray",
        Palette => PdfFile.Invariant($"[/Indexed /DeviceRGB {palette.Length / 3 - 1} <{Convert.ToHexString(palette)}>]"),
        _ => "/DeviceRGB",
    };

    // One colour that counts as transparent: a range of one value for each channel.
    private string ColorKey()
    {
        if (transparency.Length < Channels * 2 || kind == Palette)
            return "";
        IEnumerable<int> values = Enumerable.Range(0, Channels)
            .Select(i => (int)BinaryPrimitives.ReadUInt16BigEndian(transparency.AsSpan(i * 2)));
        return $" /Mask [{string.Join(' ', values.Select(value => PdfFile.Invariant($"{value} {value}")))}]";
    }

    private (byte[] Colors, byte[] Mask) Apart()
    {
        byte[] rows = Unpacked();
        int pixels = Width * Height;
        if (kind == Palette)
        {
            byte[] indices = new byte[pixels];
            for (int i = 0; i < pixels; i++)
            {
                int bit = i % Width * depth;
                indices[i] = (byte)((rows[i / Width * RowBytes + bit / 8] >> (8 - depth - bit % 8)) & ((1 << depth) - 1));
            }

            return (indices, [.. indices.Select(index => index < transparency.Length ? transparency[index] : byte.MaxValue)]);
        }

        int sample = depth / 8;
        int color = (Channels - 1) * sample;
        byte[] colors = new byte[pixels * color];
        byte[] mask = new byte[pixels * sample];
        for (int i = 0; i < pixels; i++)
        {
            ReadOnlySpan<byte> pixel = rows.AsSpan(i * (color + sample), color + sample);
            pixel[..color].CopyTo(colors.AsSpan(i * color));
            pixel[color..].CopyTo(mask.AsSpan(i * sample));
        }

        return (colors, mask);
    }

    // Undoes the filter of each row (ISO/IEC 15948, 9.2).
    private byte[] Unpacked()
    {
        byte[] rows = new byte[Height * RowBytes];
        int step = Math.Max(1, Channels * depth / 8);
        using var inflate = new ZLibStream(new MemoryStream(data), CompressionMode.Decompress);
        for (int row = 0; row < Height; row++)
        {
            int filter = inflate.ReadByte();
            Span<byte> line = rows.AsSpan(row * RowBytes, RowBytes);
            inflate.ReadExactly(line);
            ReadOnlySpan<byte> above = row == 0 ? new byte[RowBytes] : rows.AsSpan((row - 1) * RowBytes, RowBytes);
            for (int i = 0; i < line.Length; i++)
            {
                int left = i >= step ? line[i - step] : 0;
                int corner = i >= step ? above[i - step] : 0;
                line[i] += filter switch
                {
                    0 => 0,
                    1 => (byte)left,
                    2 => above[i],
                    3 => (byte)((left + above[i]) / 2),
                    4 => (byte)Nearest(left, above[i], corner),
                    _ => throw new InvalidDataException("The picture has an unknown filter."),
                };
            }
        }

        return rows;
    }

    private static int Nearest(int left, int above, int corner)
    {
        int estimate = left + above - corner;
        int toLeft = Math.Abs(estimate - left);
        int toAbove = Math.Abs(estimate - above);
        int toCorner = Math.Abs(estimate - corner);
        return toLeft <= toAbove && toLeft <= toCorner ? left : toAbove <= toCorner ? above : corner;
    }
}
