using System.Net;

namespace Metering.Delivery.Mail.Smtp;

/// <summary>How the connection to the mail server is kept private.</summary>
public enum SmtpSecurity
{
    /// <summary>Begins in clear and must go over to TLS (RFC 3207); a server that does not offer it gets no mail.</summary>
    StartTls,

    /// <summary>TLS from the first byte (RFC 8314).</summary>
    Tls,

    /// <summary>In clear: for a relay on the same machine or network. No password is sent beyond the machine itself.</summary>
    None,
}

/// <summary>The mail server (RFC 5321) that mails are handed to.</summary>
public sealed class SmtpOptions
{
    /// <summary>Its name or address.</summary>
    public required string Host { get; init; }

    /// <summary>Its port. Default: 587.</summary>
    public int Port { get; init; } = 587;

    /// <summary>Default: <see cref="SmtpSecurity.StartTls"/>.</summary>
    public SmtpSecurity Security { get; init; } = SmtpSecurity.StartTls;

    /// <summary>Signs in with this name; null for not at all. Default: none.</summary>
    public string? User { get; init; }

    public string? Password { get; init; }

    /// <summary>The name this program gives itself; null for the machine's. Default: the machine's.</summary>
    public string? HelloName { get; init; }

    /// <summary>The longest that one mail may take from the connection to the last answer; below the worker's bound of an attempt. Default:
    /// 25 s.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(25);

    /// <summary>What is wrong; empty for nothing.</summary>
    internal IEnumerable<string> Faults()
    {
        if (Host.Length == 0 || Host.Any(char.IsWhiteSpace))
            yield return "The mail server's host is no name.";
        if (Port is < 1 or > 65_535)
            yield return "The mail server's port must be 1 to 65535.";
        if (User is null != Password is null)
            yield return "User and password of the mail server go together.";
        if (User is not null && Security == SmtpSecurity.None && !IsThisMachine())
            yield return "A password is not sent in clear to another machine: use TLS.";
        if (Timeout < TimeSpan.FromSeconds(1) || Timeout > TimeSpan.FromSeconds(50))
            yield return "The timeout of a mail must be 1 to 50 seconds.";
    }

    private bool IsThisMachine() =>
        Host == "localhost" || (IPAddress.TryParse(Host, out IPAddress? address) && IPAddress.IsLoopback(address));
}
