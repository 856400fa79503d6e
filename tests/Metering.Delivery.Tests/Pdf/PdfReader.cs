using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;

namespace Metering.Delivery.Tests.Pdf;

/// <summary>
/// A PDF file read back by its own table of objects: checks that each stands where the table says, unpacks the streams, and turns the
/// glyphs of
/// the pages into text by the fonts' maps.
/// </summary>
internal sealed partial class PdfReader
{
    private readonly Dictionary<int, string> objects = [];
    private readonly Dictionary<int, byte[]> streams = [];

    public PdfReader(byte[] file)
    {
        string text = Encoding.Latin1.GetString(file);
        Assert.StartsWith("%PDF-1.7", text, StringComparison.Ordinal);
        Assert.EndsWith("%%EOF\n", text, StringComparison.Ordinal);
        int table = int.Parse(Start().Match(text).Groups[1].Value, CultureInfo.InvariantCulture);
        Assert.Equal("xref", text[table..(table + 4)]);
        string[] rows = text[table..].Split('\n');
        int count = int.Parse(rows[1].Split(' ')[1], CultureInfo.InvariantCulture);
        Trailer = text[text.IndexOf("trailer", table, StringComparison.Ordinal)..];
        for (int number = 1; number < count; number++)
        {
            Assert.Equal(19, rows[number + 2].Length);
            ReadObject(file, text, number, int.Parse(rows[number + 2][..10], CultureInfo.InvariantCulture));
        }

        Pages = [.. References("Kids", objects[Reference("Pages", objects[Reference("Root", Trailer)])]).Select(page => objects[page])];
        Texts = [.. Pages.Select(TextOf)];
    }

    public string Trailer { get; }

    /// <summary>The pages' dictionaries.</summary>
    public IReadOnlyList<string> Pages { get; }

    /// <summary>Each page's texts in the order in which they are drawn, one a line.</summary>
    public IReadOnlyList<string> Texts { get; }

    public string Text => string.Join('\n', Texts);

    public string Information => objects[Reference("Info", Trailer)];

    public string Catalog => objects[Reference("Root", Trailer)];

    public int Images => objects.Values.Count(each => each.Contains("/Subtype /Image", StringComparison.Ordinal));

    /// <summary>The content of a page as operators.</summary>
    public string Operators(int page) => Encoding.ASCII.GetString(streams[Reference("Contents", Pages[page])]);

    /// <summary>The text of a member of the file's properties.</summary>
    public string Property(string name) => Encoding.BigEndianUnicode.GetString(
        Convert.FromHexString(Regex.Match(Information, $"/{name} <FEFF([0-9A-F]*)>").Groups[1].Value));

    private static int Reference(string name, string dictionary) =>
        int.Parse(Regex.Match(dictionary, $@"/{name} (\d+) 0 R").Groups[1].Value, CultureInfo.InvariantCulture);

    private static IEnumerable<int> References(string name, string dictionary) =>
        AReference().Matches(Regex.Match(dictionary, $@"/{name} \[([^\]]*)\]").Groups[1].Value)
            .Select(match => int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture));

    private void ReadObject(byte[] file, string text, int number, int offset)
    {
        string head = $"{number} 0 obj\n";
        Assert.Equal(head, text.Substring(offset, head.Length));
        int start = offset + head.Length;
        int stream = text.IndexOf("stream\n", start, StringComparison.Ordinal);
        int end = text.IndexOf("\nendobj", start, StringComparison.Ordinal);
        Match length = Length().Match(text[start..Math.Min(text.Length, start + 4000)]);
        if (stream < 0 || stream > end)
        {
            objects[number] = text[start..end];
            return;
        }

        objects[number] = text[start..stream];
        int bytes = int.Parse(length.Groups[1].Value, CultureInfo.InvariantCulture);
        Assert.Equal("\nendstream", text.Substring(stream + 7 + bytes, 10));
        using var inflate = new ZLibStream(new MemoryStream(file, stream + 7, bytes), CompressionMode.Decompress);
        using var data = new MemoryStream();
        inflate.CopyTo(data);
        streams[number] = data.ToArray();
    }

    private string TextOf(string page)
    {
        string resources = objects[Reference("Resources", page)];
        Dictionary<string, Dictionary<string, string>> fonts = AFont().Matches(resources).ToDictionary(
            match => match.Groups[1].Value,
            match => CharactersOf(objects[int.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture)]));
        var text = new StringBuilder();
        foreach (string line in Encoding.ASCII.GetString(streams[Reference("Contents", page)]).Split('\n'))
        {
            foreach (Match shown in Shown().Matches(line))
            {
                foreach (char[] glyph in shown.Groups[2].Value.Chunk(4))
                    text.Append(fonts[shown.Groups[1].Value][new string(glyph)]);
            }

            if (line.StartsWith("BT", StringComparison.Ordinal))
                text.Append('\n');
        }

        return text.ToString();
    }

    private Dictionary<string, string> CharactersOf(string font) =>
        AMapping().Matches(Encoding.ASCII.GetString(streams[Reference("ToUnicode", font)])).ToDictionary(
            match => match.Groups[1].Value, match => Encoding.BigEndianUnicode.GetString(Convert.FromHexString(match.Groups[2].Value)));

    [GeneratedRegex(@"startxref\n(\d+)")]
    private static partial Regex Start();

    [GeneratedRegex(@"/Length (\d+) >>\nstream")]
    private static partial Regex Length();

    [GeneratedRegex(@"(\d+) 0 R")]
    private static partial Regex AReference();

    [GeneratedRegex(@"/(F\d+) (\d+) 0 R")]
    private static partial Regex AFont();

    [GeneratedRegex(@"/(F\d+) [\d.]+ Tf <([0-9A-F]+)> Tj")]
    private static partial Regex Shown();

    [GeneratedRegex("^<([0-9A-F]{4})> <([0-9A-F]+)>$", RegexOptions.Multiline)]
    private static partial Regex AMapping();
}
