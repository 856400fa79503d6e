using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;

namespace Metering.Delivery.Mail.Smtp;

/// <summary>Hands mails to one server, a connection each: EHLO, TLS, sign-in, envelope, content (RFC 5321, 3207, 4954, 6531).</summary>
public sealed class SmtpMailSender : IMailSender
{
    private readonly SmtpOptions options;
    private readonly RemoteCertificateValidationCallback? validate;

    /// <param name="options">The server.</param>
    /// <param name="validate">Judges the server's certificate; null for the platform's rules.</param>
    /// <exception cref="ArgumentException">Options are out of range; all faults are named at once.</exception>
    public SmtpMailSender(SmtpOptions options, RemoteCertificateValidationCallback? validate = null)
    {
        string faults = string.Join(' ', options.Faults());
        if (faults.Length > 0)
            throw new ArgumentException(faults);
        (this.options, this.validate) = (options, validate);
    }

    /// <inheritdoc/>
    public async Task<MailOutcome> SendAsync(MailMessage message, CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(options.Timeout);
        try
        {
            await using SmtpConnection connection = await SmtpConnection.OpenAsync(options.Host, options.Port, patience.Token);
            SmtpReply hello = await GreetAsync(connection, patience.Token);
            await SignInAsync(connection, hello, patience.Token);
            SmtpReply accepted = await TransferAsync(connection, hello, message, patience.Token);
            await QuitAsync(connection, patience.Token);
            return MailOutcome.Accepted(accepted.ToString());
        }
        catch (SmtpException refusal)
        {
            return refusal.IsPermanent
                ? MailOutcome.Refused(refusal.Code, refusal.Message)
                : MailOutcome.Failed(refusal.Code, refusal.Message);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return MailOutcome.Failed(null, $"The mail server did not answer within {options.Timeout.TotalSeconds:0} s.");
        }
        catch (Exception e) when (e is IOException or SocketException or AuthenticationException)
        {
            return MailOutcome.Failed(null, $"The mail server cannot be reached: {e.Message}");
        }
    }

    private async Task<SmtpReply> GreetAsync(SmtpConnection connection, CancellationToken cancellation)
    {
        if (options.Security == SmtpSecurity.Tls)
            await connection.SecureAsync(validate, cancellation);
        Done("the connection", await connection.ReadAsync(cancellation));
        SmtpReply hello = await HelloAsync(connection, cancellation);
        if (options.Security != SmtpSecurity.StartTls)
            return hello;
        if (!hello.Offers("STARTTLS"))
            throw SmtpException.Passing("The mail server does not offer STARTTLS, which the settings demand.");
        Done("STARTTLS", await connection.CommandAsync("STARTTLS", cancellation));
        await connection.SecureAsync(validate, cancellation);
        // What the server said before may have been changed on the way.
        return await HelloAsync(connection, cancellation);
    }

    private async Task<SmtpReply> HelloAsync(SmtpConnection connection, CancellationToken cancellation)
    {
        string name = options.HelloName ?? System.Net.NetworkInformation.IPGlobalProperties.GetIPGlobalProperties().HostName;
        string own = new([.. name.Where(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '.')]);
        SmtpReply hello = await connection.CommandAsync($"EHLO {(own.Length == 0 ? "localhost" : own)}", cancellation);
        Done("EHLO", hello);
        return hello;
    }

    private async Task SignInAsync(SmtpConnection connection, SmtpReply hello, CancellationToken cancellation)
    {
        if (options.User is null || options.Password is null)
            return;
        IReadOnlyList<string> ways = hello.Parameters("AUTH");
        if (ways.Contains("PLAIN"))
        {
            string secret = Base64($"\0{options.User}\0{options.Password}");
            Done("the sign-in", await connection.CommandAsync($"AUTH PLAIN {secret}", cancellation));
            return;
        }

        if (!ways.Contains("LOGIN"))
            throw SmtpException.Passing("The mail server offers no way of signing in that is spoken here (PLAIN, LOGIN).");
        GoOn("the sign-in", await connection.CommandAsync("AUTH LOGIN", cancellation));
        GoOn("the sign-in", await connection.CommandAsync(Base64(options.User), cancellation));
        Done("the sign-in", await connection.CommandAsync(Base64(options.Password), cancellation));
    }

    private static async Task<SmtpReply> TransferAsync(
        SmtpConnection connection, SmtpReply hello, MailMessage message, CancellationToken cancellation)
    {
        bool wide = !message.Recipient.IsAscii || !message.Sender.IsAscii;
        if (wide && !hello.Offers("SMTPUTF8"))
            throw SmtpException.Permanent("The mail server takes no addresses beyond ASCII (SMTPUTF8).");
        SmtpReply from = await connection.CommandAsync($"MAIL FROM:<{message.Sender.Address}>{(wide ? " SMTPUTF8" : "")}", cancellation);
        if (!from.IsDone)
            throw SmtpException.Refused("the sender", from, isOfTheMail: false);
        SmtpReply to = await connection.CommandAsync($"RCPT TO:<{message.Recipient.Address}>", cancellation);
        if (!to.IsDone)
            throw SmtpException.Refused("the recipient", to, isOfTheMail: true);
        SmtpReply data = await connection.CommandAsync("DATA", cancellation);
        if (!data.IsGoOn)
            throw SmtpException.Refused("the mail", data, isOfTheMail: true);
        SmtpReply end = await connection.DataAsync(message.Content, cancellation);
        return end.IsDone ? end : throw SmtpException.Refused("the mail", end, isOfTheMail: true);
    }

    // The mail is the server's already: what happens now changes nothing.
    private static async Task QuitAsync(SmtpConnection connection, CancellationToken cancellation)
    {
        using var brief = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        brief.CancelAfter(TimeSpan.FromSeconds(2));
        try
        {
            await connection.CommandAsync("QUIT", brief.Token);
        }
        catch (Exception e) when (e is SmtpException or IOException or SocketException or OperationCanceledException)
        {
            // Closed without a farewell.
        }
    }

    private static void Done(string step, SmtpReply reply)
    {
        if (!reply.IsDone)
            throw SmtpException.Refused(step, reply, isOfTheMail: false);
    }

    private static void GoOn(string step, SmtpReply reply)
    {
        if (!reply.IsGoOn)
            throw SmtpException.Refused(step, reply, isOfTheMail: false);
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
