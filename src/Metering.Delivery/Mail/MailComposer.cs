using System.Globalization;
using System.Text;

namespace Metering.Delivery.Mail;

/// <summary>A mail before it is written for the wire.</summary>
internal sealed record MailDraft
{
    /// <summary>What the <c>Message-ID</c> is made of: letters, digits, hyphens, underscores. The same for each attempt.</summary>
    public required string Id { get; init; }

    public required MailAddress Sender { get; init; }

    public string SenderName { get; init; } = "";

    public required MailAddress Recipient { get; init; }

    public string RecipientName { get; init; } = "";

    public MailAddress? ReplyTo { get; init; }

    public required DateTimeOffset Date { get; init; }

    public required string Subject { get; init; }

    public required string Text { get; init; }

    public required string Html { get; init; }

    public MailAttachment? Attachment { get; init; }
}

/// <param name="FileName">ASCII letters, digits, hyphens, underscores, dots.</param>
/// <param name="MediaType">Such as <c>application/pdf</c>.</param>
/// <param name="Bytes">The file.</param>
internal sealed record MailAttachment(string FileName, string MediaType, byte[] Bytes);

/// <summary>
/// Writes a mail as RFC 5322 and MIME have it: text and HTML as alternatives, a file beside them; words beyond ASCII encoded (RFC 2047).
/// Nothing that comes from a name or a subject can end a header: line breaks and controls become spaces.
/// </summary>
internal static class MailComposer
{
    // Bytes of text in an encoded word, which may be 75 characters long with all around it (RFC 2047, 2).
    private const int EncodedWordBytes = 42;
    private const int PlainMax = 66;
    private const int SubjectMax = 250;
    private const int Base64Line = 76;

    public static MailMessage Write(MailDraft draft)
    {
        var mail = new StringBuilder();
        string id = string.Concat(draft.Id.Where(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_'));
        Header(mail, "Date", draft.Date.ToString("ddd, dd MMM yyyy HH':'mm':'ss '+0000'", CultureInfo.InvariantCulture));
        Header(mail, "From", Mailbox(draft.SenderName, draft.Sender));
        Header(mail, "To", Mailbox(draft.RecipientName, draft.Recipient));
        if (draft.ReplyTo is { } replies)
            Header(mail, "Reply-To", replies.Address);
        Header(mail, "Subject", Words(draft.Subject));
        Header(mail, "Message-ID", $"<{id}@{draft.Sender.Domain}>");
        Header(mail, "Auto-Submitted", "auto-generated");
        Header(mail, "MIME-Version", "1.0");
        if (draft.Attachment is not { } file)
        {
            Alternatives(mail, draft, id);
        }
        else
        {
            string boundary = $"=_mixed_{id}";
            Header(mail, "Content-Type", $"multipart/mixed;\r\n boundary=\"{boundary}\"");
            mail.Append($"\r\n--{boundary}\r\n");
            Alternatives(mail, draft, id);
            mail.Append($"\r\n--{boundary}\r\n");
            Header(mail, "Content-Type", $"{file.MediaType};\r\n name=\"{file.FileName}\"");
            Header(mail, "Content-Transfer-Encoding", "base64");
            Header(mail, "Content-Disposition", $"attachment;\r\n filename=\"{file.FileName}\"");
            mail.Append("\r\n");
            Base64(mail, file.Bytes);
            mail.Append($"--{boundary}--\r\n");
        }

        return new MailMessage(draft.Sender, draft.Recipient, Encoding.UTF8.GetBytes(mail.ToString()));
    }

    private static void Alternatives(StringBuilder mail, MailDraft draft, string id)
    {
        string boundary = $"=_alternative_{id}";
        Header(mail, "Content-Type", $"multipart/alternative;\r\n boundary=\"{boundary}\"");
        Part(mail, boundary, "text/plain", draft.Text);
        Part(mail, boundary, "text/html", draft.Html);
        mail.Append($"\r\n--{boundary}--\r\n");
    }

    private static void Part(StringBuilder mail, string boundary, string mediaType, string text)
    {
        mail.Append($"\r\n--{boundary}\r\n");
        Header(mail, "Content-Type", $"{mediaType}; charset=utf-8");
        Header(mail, "Content-Transfer-Encoding", "base64");
        mail.Append("\r\n");
        Base64(mail, Encoding.UTF8.GetBytes(text.ReplaceLineEndings("\r\n")));
    }

    private static void Header(StringBuilder mail, string name, string value) =>
        mail.Append(name).Append(": ").Append(value).Append("\r\n");

    private static void Base64(StringBuilder mail, byte[] bytes)
    {
        string text = Convert.ToBase64String(bytes);
        for (int i = 0; i < text.Length; i += Base64Line)
            mail.Append(text, i, Math.Min(Base64Line, text.Length - i)).Append("\r\n");
    }

    private static string Mailbox(string name, MailAddress address)
    {
        string clean = Clean(name);
        if (clean.Length == 0)
            return address.Address;
        bool plain = clean.Length <= PlainMax && IsPlain(clean);
        string quoted = clean.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);
        string shown = plain ? $"\"{quoted}\"" : Encoded(clean);
        return $"{shown}\r\n <{address.Address}>";
    }

    private static string Words(string text)
    {
        string clean = Clean(text);
        return clean.Length <= PlainMax && IsPlain(clean) ? clean : Encoded(clean);
    }

    private static bool IsPlain(string text) => Ascii.IsValid(text) && !text.Contains("=?", StringComparison.Ordinal);

    private static string Clean(string text)
    {
        string spaced = new([.. text.Select(letter => char.IsControl(letter) || letter is '\u2028' or '\u2029' ? ' ' : letter)]);
        string single = string.Join(' ', spaced.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        if (single.Length <= SubjectMax)
            return single;
        // Not through the middle of a surrogate pair.
        int end = char.IsHighSurrogate(single[SubjectMax - 2]) ? SubjectMax - 2 : SubjectMax - 1;
        return single[..end] + "…";
    }

    // Each word holds whole characters, as it must (RFC 2047, 5); between words stands a fold, which readers take away.
    private static string Encoded(string text)
    {
        var words = new List<string>();
        var bytes = new List<byte>();
        foreach (Rune rune in text.EnumerateRunes())
        {
            byte[] one = Encoding.UTF8.GetBytes(rune.ToString());
            if (bytes.Count + one.Length > EncodedWordBytes)
                End();
            bytes.AddRange(one);
        }

        End();
        return string.Join("\r\n ", words);

        void End()
        {
            words.Add($"=?utf-8?B?{Convert.ToBase64String([.. bytes])}?=");
            bytes.Clear();
        }
    }
}
