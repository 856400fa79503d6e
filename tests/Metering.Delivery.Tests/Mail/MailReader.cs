using System.Text;
using System.Text.RegularExpressions;

namespace Metering.Delivery.Tests.Mail;

/// <summary>A mail taken apart by the rules of MIME: headers unfolded and decoded, parts by their media types.</summary>
internal sealed partial class MailReader
{
    private MailReader(string text)
    {
        int end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        Lines = [.. text[..end].Replace("\r\n ", " ", StringComparison.Ordinal).Split("\r\n")];
        Body = text[(end + 4)..];
        Match boundary = Boundary().Match(Header("Content-Type"));
        Parts = boundary.Success
            ? [.. Body.Split($"--{boundary.Groups[1].Value}")[1..^1].Select(part => new MailReader(part[2..]))]
            : [];
    }

    /// <summary>The headers, unfolded.</summary>
    public IReadOnlyList<string> Lines { get; }

    public string Body { get; }

    public IReadOnlyList<MailReader> Parts { get; }

    public byte[] Content => Convert.FromBase64String(Body);

    public string Text => Encoding.UTF8.GetString(Content);

    public static MailReader Read(ReadOnlyMemory<byte> mail) => new(Encoding.UTF8.GetString(mail.Span));

    public static MailReader Read(string mail) => new(mail);

    public string Header(string name) =>
        Lines.SingleOrDefault(line => line.StartsWith(name + ": ", StringComparison.Ordinal))?[(name.Length + 2)..] ?? "";

    /// <summary>A header with its encoded words decoded (RFC 2047).</summary>
    public string Decoded(string name) => Word().Replace(
        Between().Replace(Header(name), "?==?"), match => Encoding.UTF8.GetString(Convert.FromBase64String(match.Groups[1].Value)));

    [GeneratedRegex("boundary=\"([^\"]+)\"")]
    private static partial Regex Boundary();

    [GeneratedRegex(@"=\?utf-8\?B\?([^?]*)\?=")]
    private static partial Regex Word();

    [GeneratedRegex(@"\?= =\?")]
    private static partial Regex Between();
}
