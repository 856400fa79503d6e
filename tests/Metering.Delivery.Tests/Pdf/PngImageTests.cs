using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;
using Metering.Delivery.Pdf.Writing;

namespace Metering.Delivery.Tests.Pdf;

public sealed class PngImageTests
{
    [Theory]
    [InlineData(0, false)]
    [InlineData(2, false)]
    [InlineData(4, true)]
    [InlineData(6, true)]
    public void Transparency_becomes_a_mask(byte kind, bool masked)
    {
        string written = Written(TestPng.Make(5, 3, kind));
        Assert.Equal(masked, written.Contains("/SMask", StringComparison.Ordinal));
        Assert.Equal(!masked, written.Contains("/Predictor 15", StringComparison.Ordinal));
    }

    // Each filter predicts from the left, above or both: of deltas of 1 the value of the pixel in the third column and second row follows.
    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 3)]
    [InlineData(2, 2)]
    [InlineData(3, 2)]
    [InlineData(4, 4)]
    public void Filters_of_rows_are_undone(byte filter, byte expected)
    {
        var file = new PdfFile();
        PngImage.Read(TestPng.Make(3, 2, 4, filter)).Write(file);
        byte[] mask = Streams(file)[0];
        Assert.Equal(6, mask.Length);
        Assert.Equal(expected, mask[5]);
    }

    [Fact]
    public void Palette_with_transparency_is_taken_apart()
    {
        var file = new PdfFile();
        PngImage.Read(TestPng.Make(4, 1, 3, palette: ([1, 2, 3, 4, 5, 6], [7]))).Write(file);
        List<byte[]> streams = Streams(file);
        Assert.Equal([7, 255, 7, 255], streams[0]);
        Assert.Equal([0, 1, 0, 1], streams[1]);
    }

    [Fact]
    public void What_cannot_be_shown_is_refused()
    {
        byte[] whole = TestPng.Make(5, 3, 2);
        Assert.Throws<InvalidDataException>(() => PngImage.Read(TestPng.Make(5, 3, 2, interlaced: true)));
        Assert.Throws<InvalidDataException>(() => PngImage.Read(TestPng.Make(5, 3, 7)));
        Assert.Throws<InvalidDataException>(() => PngImage.Read(TestPng.Make(5, 3, 2, filter: 9)));
        Assert.Throws<InvalidDataException>(() => PngImage.Read("GIF89a"u8));
        Assert.All(Enumerable.Range(0, whole.Length - 16),
            length => Assert.Throws<InvalidDataException>(() => PngImage.Read(whole.AsSpan(0, length))));
    }

    private static string Written(byte[] png)
    {
        var file = new PdfFile();
        PngImage.Read(png).Write(file);
        return Encoding.Latin1.GetString(file.Write(1, 1));
    }

    private static List<byte[]> Streams(PdfFile file)
    {
        byte[] bytes = file.Write(1, 1);
        string text = Encoding.Latin1.GetString(bytes);
        var streams = new List<byte[]>();
        foreach (Match match in Regex.Matches(text, @"/Length (\d+) >>\nstream\n"))
        {
            using var inflate = new ZLibStream(
                new MemoryStream(bytes, match.Index + match.Length, int.Parse(match.Groups[1].Value)), CompressionMode.Decompress);
            using var data = new MemoryStream();
            inflate.CopyTo(data);
            streams.Add(data.ToArray());
        }

        return streams;
    }
}
