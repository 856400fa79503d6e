using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace Metering.Delivery.Pdf.Writing;

/// <summary>
/// A PDF file as ISO 32000-1 lays it out: numbered objects, a table of where they stand, a trailer. Holds no time and no chance of its own:
/// the same objects give the same bytes, and the file's identifier is a digest of them.
/// </summary>
internal sealed class PdfFile
{
    private readonly List<byte[]?> objects = [];

    /// <summary>Takes a number for an object that is set later.</summary>
    public int Reserve()
    {
        objects.Add(null);
        return objects.Count;
    }

    /// <summary>Sets an object from its text in PDF's syntax.</summary>
    public void Set(int number, string content) => objects[number - 1] = Encoding.Latin1.GetBytes(content);

    public int Add(string content)
    {
        int number = Reserve();
        Set(number, content);
        return number;
    }

    /// <summary>Adds a stream, compressed here.</summary>
    /// <param name="entries">What its dictionary says besides length and filter.</param>
    /// <param name="data">Its bytes.</param>
    public int AddStream(string entries, ReadOnlySpan<byte> data)
    {
        using var packed = new MemoryStream();
        using (var deflate = new ZLibStream(packed, CompressionLevel.Optimal, leaveOpen: true))
            deflate.Write(data);
        return AddPacked($"{entries} /Filter /FlateDecode", packed.ToArray());
    }

    /// <summary>Adds a stream whose bytes are as its dictionary says.</summary>
    public int AddPacked(string entries, byte[] data)
    {
        byte[] head = Encoding.Latin1.GetBytes(Invariant($"<< {entries} /Length {data.Length} >>\nstream\n"));
        objects.Add([.. head, .. data, .. "\nendstream"u8]);
        return objects.Count;
    }

    /// <summary>The whole file.</summary>
    /// <param name="root">The object of the catalogue.</param>
    /// <param name="information">The object of title, author and dates.</param>
    public byte[] Write(int root, int information)
    {
        using var file = new MemoryStream();
        // The bytes above 127 tell programs that move files that this is no text.
        file.Write([.. "%PDF-1.7\n%"u8, 0xE2, 0xE3, 0xCF, 0xD3, (byte)'\n']);
        long[] offsets = new long[objects.Count];
        for (int i = 0; i < objects.Count; i++)
        {
            offsets[i] = file.Length;
            Ascii(file, Invariant($"{i + 1} 0 obj\n"));
            file.Write(objects[i] ?? throw new InvalidOperationException($"Object {i + 1} was never set."));
            Ascii(file, "\nendobj\n");
        }

        string identifier = Convert.ToHexString(SHA256.HashData(file.ToArray()).AsSpan(0, 16));
        long table = file.Length;
        Ascii(file, Invariant($"xref\n0 {objects.Count + 1}\n0000000000 65535 f \n"));
        foreach (long offset in offsets)
            Ascii(file, Invariant($"{offset:D10} 00000 n \n"));
        Ascii(file, Invariant($"trailer\n<< /Size {objects.Count + 1} /Root {root} 0 R /Info {information} 0 R "));
        Ascii(file, Invariant($"/ID [<{identifier}> <{identifier}>] >>\nstartxref\n{table}\n%%EOF\n"));
        return file.ToArray();
    }

    /// <summary>A text of a dictionary, such as a title: UTF-16 with its mark, in hexadecimal.</summary>
    public static string Text(string text) => $"<FEFF{Convert.ToHexString(Encoding.BigEndianUnicode.GetBytes(text))}>";

    /// <summary>Formats without regard to any culture.</summary>
    public static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static void Ascii(MemoryStream file, string text) => file.Write(Encoding.ASCII.GetBytes(text));
}
