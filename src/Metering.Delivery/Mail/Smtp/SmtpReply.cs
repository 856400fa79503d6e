namespace Metering.Delivery.Mail.Smtp;

/// <summary>A server's answer (RFC 5321, 4.2).</summary>
/// <param name="Code">Three digits: 2yz done, 3yz go on, 4yz failed for this time, 5yz failed for good.</param>
/// <param name="Lines">Its texts.</param>
internal sealed record SmtpReply(int Code, IReadOnlyList<string> Lines)
{
    public bool IsDone => Code / 100 == 2;

    public bool IsGoOn => Code / 100 == 3;

    /// <summary>Whether the extension is among those that the answer to EHLO lists.</summary>
    public bool Offers(string extension) => Lines.Skip(1).Any(line => Word(line).Equals(extension, StringComparison.OrdinalIgnoreCase));

    /// <summary>What follows an extension's name.</summary>
    public IReadOnlyList<string> Parameters(string extension) =>
        [.. Lines.Skip(1).Where(line => Word(line).Equals(extension, StringComparison.OrdinalIgnoreCase))
            .SelectMany(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1)).Select(word => word.ToUpperInvariant())];

    public override string ToString() => $"{Code} {string.Join(' ', Lines)}";

    private static string Word(string line) => line.Split(' ', 2)[0];
}

/// <summary>The server has refused, or does not speak as it must.</summary>
internal sealed class SmtpException : Exception
{
    private SmtpException(string message, int? code, bool isPermanent, Exception? inner = null)
        : base(message, inner) => (Code, IsPermanent) = (code, isPermanent);

    /// <summary>The server's code, where it answered.</summary>
    public int? Code { get; }

    /// <summary>Whether the same mail would be refused again.</summary>
    public bool IsPermanent { get; }

    /// <param name="step">What was asked of it.</param>
    /// <param name="reply">What it answered.</param>
    /// <param name="isOfTheMail">Whether a 5yz is about this mail; one about the connection or the sign-in may be mended by an operator,
    /// and the
    /// mail is then as good as before.</param>
    public static SmtpException Refused(string step, SmtpReply reply, bool isOfTheMail) =>
        new($"The mail server refused {step}: {reply}", reply.Code, isOfTheMail && reply.Code / 100 == 5);

    /// <summary>A failure that may pass.</summary>
    public static SmtpException Passing(string message, Exception? inner = null) => new(message, null, isPermanent: false, inner);

    /// <summary>A failure that comes again with the same mail.</summary>
    public static SmtpException Permanent(string message) => new(message, null, isPermanent: true);
}
