namespace Metering.Delivery.Mail;

/// <summary>Hands a mail to whoever carries it on.</summary>
public interface IMailSender
{
    /// <summary>Tries once. Throws only when cancelled.</summary>
    Task<MailOutcome> SendAsync(MailMessage message, CancellationToken cancellation);
}

/// <summary>What became of one attempt.</summary>
public enum MailVerdict
{
    /// <summary>The server has taken the mail and answers for it from here on.</summary>
    Accepted,

    /// <summary>It may pass: a 4yz answer, no answer, no connection, or a refusal that is not about this mail, such as of the
    /// sign-in.</summary>
    Failed,

    /// <summary>It will not pass: a 5yz answer to the recipient or to the content.</summary>
    Refused,
}

/// <summary>What became of one attempt, in words.</summary>
/// <param name="Verdict">What is to become of the mail.</param>
/// <param name="Code">The server's code of three digits; null where it did not answer.</param>
/// <param name="Text">What it said, or what went wrong.</param>
public sealed record MailOutcome(MailVerdict Verdict, int? Code, string Text)
{
    public static MailOutcome Accepted(string text) => new(MailVerdict.Accepted, 250, text);

    public static MailOutcome Failed(int? code, string text) => new(MailVerdict.Failed, code, text);

    public static MailOutcome Refused(int? code, string text) => new(MailVerdict.Refused, code, text);
}

/// <summary>A mail as it goes over the wire.</summary>
/// <param name="Sender">The envelope's sender: where failures are reported to.</param>
/// <param name="Recipient">The one recipient.</param>
/// <param name="Content">Headers and body, with CR LF, as RFC 5322 has it.</param>
public sealed record MailMessage(MailAddress Sender, MailAddress Recipient, ReadOnlyMemory<byte> Content);
