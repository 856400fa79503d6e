using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace Metering.Delivery.Mail.Smtp;

/// <summary>
/// A connection to a mail server: sends command lines, reads answers, goes over to TLS. What it reads is bounded: 2,000 bytes a line, 100
/// lines
/// an answer.
/// </summary>
internal sealed class SmtpConnection : IAsyncDisposable
{
    private const int LineMax = 2_000;
    private const int LinesMax = 100;

    private readonly string host;
    private readonly TcpClient client;
    private readonly byte[] buffer = new byte[LineMax];
    private Stream stream;
    private int filled;

    private SmtpConnection(string host, TcpClient client)
    {
        this.host = host;
        this.client = client;
        stream = client.GetStream();
    }

    public static async Task<SmtpConnection> OpenAsync(string host, int port, CancellationToken cancellation)
    {
        var client = new TcpClient { NoDelay = true };
        try
        {
            await client.ConnectAsync(host, port, cancellation);
            return new SmtpConnection(host, client);
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    /// <summary>Goes over to TLS; the server's certificate must be valid for its name.</summary>
    public async Task SecureAsync(RemoteCertificateValidationCallback? validate, CancellationToken cancellation)
    {
        // What came in clear behind the answer to STARTTLS could be somebody else's words.
        if (filled > 0)
            throw SmtpException.Passing("The mail server spoke before TLS was agreed on.");
        var secure = new SslStream(stream, leaveInnerStreamOpen: false, validate);
        stream = secure;
        await secure.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = host }, cancellation);
    }

    public async Task<SmtpReply> CommandAsync(string line, CancellationToken cancellation)
    {
        // A line break within a command would be a second command.
        if (line.AsSpan().IndexOfAny('\r', '\n', '\0') >= 0)
            throw SmtpException.Permanent("A command to the mail server would have held a line break.");
        await stream.WriteAsync(Encoding.UTF8.GetBytes(line + "\r\n"), cancellation);
        return await ReadAsync(cancellation);
    }

    /// <summary>Sends a mail's bytes and the dot that ends them. A line that begins with a dot gets a second one.</summary>
    public async Task<SmtpReply> DataAsync(ReadOnlyMemory<byte> message, CancellationToken cancellation)
    {
        byte[] stuffed = Stuff(message.Span);
        await stream.WriteAsync(stuffed, cancellation);
        return await ReadAsync(cancellation);
    }

    public async Task<SmtpReply> ReadAsync(CancellationToken cancellation)
    {
        var lines = new List<string>();
        while (lines.Count < LinesMax)
        {
            string line = await ReadLineAsync(cancellation);
            if (line.Length < 3 || !int.TryParse(line.AsSpan(0, 3), NumberStyles.None, CultureInfo.InvariantCulture, out int code)
                || code < 200)
                throw SmtpException.Passing($"The mail server's answer is none: {line[..Math.Min(line.Length, 100)]}");
            lines.Add(line.Length > 4 ? line[4..] : "");
            if (line.Length == 3 || line[3] != '-')
                return new SmtpReply(code, lines);
        }

        throw SmtpException.Passing("The mail server's answer has no end.");
    }

    public async ValueTask DisposeAsync()
    {
        await stream.DisposeAsync();
        client.Dispose();
    }

    private static byte[] Stuff(ReadOnlySpan<byte> message)
    {
        using var stuffed = new MemoryStream(message.Length + 1024);
        bool atStart = true;
        foreach (byte value in message)
        {
            if (atStart && value == '.')
                stuffed.WriteByte((byte)'.');
            stuffed.WriteByte(value);
            atStart = value == '\n';
        }

        stuffed.Write(atStart ? ".\r\n"u8 : "\r\n.\r\n"u8);
        return stuffed.ToArray();
    }

    private async Task<string> ReadLineAsync(CancellationToken cancellation)
    {
        while (true)
        {
            int end = buffer.AsSpan(0, filled).IndexOf((byte)'\n');
            if (end >= 0)
            {
                string line = Encoding.UTF8.GetString(buffer.AsSpan(0, end)).TrimEnd('\r');
                buffer.AsSpan(end + 1, filled - end - 1).CopyTo(buffer);
                filled -= end + 1;
                return new string([.. line.Select(letter => char.IsControl(letter) ? ' ' : letter)]);
            }

            if (filled == buffer.Length)
                throw SmtpException.Passing("The mail server's answer has a line past 2,000 bytes.");
            int read = await stream.ReadAsync(buffer.AsMemory(filled), cancellation);
            if (read == 0)
                throw SmtpException.Passing("The mail server has cut the connection.");
            filled += read;
        }
    }
}
