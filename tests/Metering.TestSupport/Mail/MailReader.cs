using System.Text;
using System.Text.RegularExpressions;

namespace Metering.TestSupport.Mail;

/// <summary>A mail taken apart by the rules of MIME: headers unfolded and decoded, parts by their media types.</summary>
public sealed partial class MailReader
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

    /// <summary>What stands behind the headers.</summary>
    public string Body { get; }

    /// <summary>Its parts; none where it has but one.</summary>
    public IReadOnlyList<MailReader> Parts { get; }

    /// <summary>The body, decoded from base64.</summary>
    public byte[] Content => Convert.FromBase64String(Body);

    /// <summary>That as text.</summary>
    public string Text => Encoding.UTF8.GetString(Content);

    /// <summary>Takes a mail apart.</summary>
    public static MailReader Read(ReadOnlyMemory<byte> mail) => new(Encoding.UTF8.GetString(mail.Span));

    /// <summary>Takes a mail apart.</summary>
    public static MailReader Read(string mail) => new(mail);

    /// <summary>A header as it was sent; empty where there is none.</summary>
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
