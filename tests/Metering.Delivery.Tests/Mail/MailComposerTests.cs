using System.Text;
using Metering.Delivery.Mail;
using Metering.TestSupport.Mail;

namespace Metering.Delivery.Tests.Mail;

public sealed class MailComposerTests
{
    private const string Evil = "Acme\r\nBcc: everyone@example.com\r\n\r\n<script>\0\u0085\u2028x";

    [Fact]
    public void Mail_has_text_html_and_the_file()
    {
        byte[] file = [.. Enumerable.Range(0, 1000).Select(i => (byte)i)];
        MailReader mail = Written(Draft() with { Attachment = new MailAttachment("P17-000123.pdf", "application/pdf", file) });

        Assert.StartsWith("multipart/mixed", mail.Header("Content-Type"), StringComparison.Ordinal);
        Assert.Equal(["multipart/alternative", "application/pdf"], mail.Parts.Select(part => part.Header("Content-Type").Split(';')[0]));
        Assert.Equal(
            ["text/plain; charset=utf-8", "text/html; charset=utf-8"], mail.Parts[0].Parts.Select(part => part.Header("Content-Type")));
        Assert.Equal("Grüße\r\n.dot", mail.Parts[0].Parts[0].Text);
        Assert.Equal("<p>Grüße</p>", mail.Parts[0].Parts[1].Text);
        Assert.Equal(file, mail.Parts[1].Content);
        Assert.Equal("attachment; filename=\"P17-000123.pdf\"", mail.Parts[1].Header("Content-Disposition"));
    }

    [Fact]
    public void Headers_say_who_when_and_that_a_machine_wrote()
    {
        MailReader mail = Written(Draft());
        Assert.Equal("\"Meridian Compute GmbH\" <billing@meridian.example>", mail.Header("From"));
        Assert.Equal("\"Acme \\\"A\\\\B\\\" Corp\" <ap@acme.example>", mail.Header("To"));
        Assert.Equal("Sat, 01 Feb 2025 01:00:07 +0000", mail.Header("Date"));
        Assert.Equal("<evt_0011ab@meridian.example>", mail.Header("Message-ID"));
        Assert.Equal("auto-generated", mail.Header("Auto-Submitted"));
        Assert.Equal("Invoice P17-000123", mail.Header("Subject"));
    }

    [Fact]
    public void The_same_row_gives_the_same_bytes() =>
        Assert.Equal(MailComposer.Write(Draft()).Content.ToArray(), MailComposer.Write(Draft()).Content.ToArray());

    [Theory]
    [InlineData("Rechnung für Παγκόσμια Τεχνολογία, ООО «Международная телекоммуникационная компания» und 株式会社サンプル 🎉")]
    [InlineData("=?utf-8?B?ZXZpbA==?= written as text")]
    [InlineData("A subject of plain letters that is much longer than a line of a mail may be, and so goes on and on")]
    public void Subject_comes_back_as_it_was(string subject)
    {
        MailReader mail = Written(Draft() with { Subject = subject, RecipientName = subject });
        Assert.Equal(subject, mail.Decoded("Subject"));
        Assert.Equal($"{subject} <ap@acme.example>", mail.Decoded("To"));
    }

    [Theory]
    [InlineData(Evil)]
    [InlineData("ü" + Evil)]
    public void Names_and_subjects_cannot_add_headers(string evil)
    {
        MailReader mail = Written(Draft() with { Subject = evil, SenderName = evil, RecipientName = evil, Id = "evt_1\r\nBcc: x" });
        Assert.Equal(
            ["Date", "From", "To", "Subject", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type"],
            mail.Lines.Select(line => line.Split(':')[0]));
        Assert.Equal("<evt_1Bccx@meridian.example>", mail.Header("Message-ID"));
    }

    [Fact]
    public void Lines_are_ascii_and_short_enough_for_any_server()
    {
        MailMessage message = MailComposer.Write(Draft() with
        {
            Subject = string.Concat(Enumerable.Repeat("Ünïcödé 🎉 ", 100)),
            Text = new string('x', 5000),
            Attachment = new MailAttachment("a.pdf", "application/pdf", new byte[5000]),
        });
        string text = Encoding.UTF8.GetString(message.Content.Span);
        Assert.True(Ascii.IsValid(text));
        Assert.All(text.Split("\r\n"), line => Assert.InRange(line.Length, 0, 78));
        Assert.Equal(text.Count(letter => letter == '\n'), text.Split("\r\n").Length - 1);
    }

    private static MailReader Written(MailDraft draft) => MailReader.Read(MailComposer.Write(draft).Content);

    private static MailAddress Address(string text) =>
        MailAddress.TryParse(text, out MailAddress? address) ? address : throw new FormatException(text);

    private static MailDraft Draft() => new()
    {
        Id = "evt_0011ab",
        Sender = Address("billing@meridian.example"),
        SenderName = "Meridian Compute GmbH",
        Recipient = Address("ap@acme.example"),
        RecipientName = "Acme \"A\\B\" Corp",
        Date = new DateTimeOffset(2025, 2, 1, 1, 0, 7, TimeSpan.Zero),
        Subject = "Invoice P17-000123",
        Text = "Grüße\n.dot",
        Html = "<p>Grüße</p>",
    };
}
