using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Metering.TestSupport.Mail;

/// <summary>A mail server on a free port, which does what a test tells it.</summary>
public sealed class SmtpStandIn : IAsyncDisposable
{
    /// <summary>Instead of an answer: the connection is cut. At a content's end: before it is taken.</summary>
    public const string Cut = "cut";

    /// <summary>At a content's end: it is taken, and then the connection is cut.</summary>
    public const string CutAfterTaking = "cut after taking";

    /// <summary>Instead of an answer: nothing comes.</summary>
    public const string Silence = "silence";

    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stop = new();
    private readonly List<Task> connections = [];
    private readonly Dictionary<string, Queue<string>> answers = new(StringComparer.OrdinalIgnoreCase);
    private readonly Task accepting;

    /// <summary>Listens from now on.</summary>
    public SmtpStandIn()
    {
        listener.Start();
        Port = ((IPEndPoint)listener.LocalEndpoint).Port;
        accepting = AcceptAsync();
    }

    /// <summary>Where it listens, on 127.0.0.1.</summary>
    public int Port { get; }

    /// <summary>What the answer to EHLO offers.</summary>
    public List<string> Extensions { get; } = ["SIZE 10000000"];

    /// <summary>TLS from the first byte.</summary>
    public bool IsImplicitTls { get; init; }

    /// <summary>All lines that clients sent, but those of contents.</summary>
    public List<string> Commands { get; } = [];

    /// <summary>The contents that were taken, with their doubled dots.</summary>
    public List<string> Mails { get; } = [];

    private X509Certificate2 Certificate { get; } = MakeCertificate();

    /// <summary>Answers a command so the next times: lines, or one of the constants. The end of a content is <c>.</c>.</summary>
    public SmtpStandIn Answer(string command, params string[] replies)
    {
        answers[command] = new Queue<string>(replies);
        return this;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        listener.Stop();
        await accepting;
        Task[] open;
        lock (connections)
            open = [.. connections];
        await Task.WhenAll(open);
        Certificate.Dispose();
        stop.Dispose();
    }

    private static X509Certificate2 MakeCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        using X509Certificate2 made = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null);
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                TcpClient client = await listener.AcceptTcpClientAsync(stop.Token);
                lock (connections)
                    connections.Add(ServeAsync(client));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Stopped.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using TcpClient owned = client;
        try
        {
            Stream stream = client.GetStream();
            if (IsImplicitTls)
                stream = await SecureAsync(stream);
            string? reply = await SayAsync(stream, "greeting", "220 stand-in");
            while (reply is not null && await ReadLineAsync(stream) is { } line)
            {
                lock (Commands)
                    Commands.Add(line);
                string verb = line.Split(' ', 2)[0].ToUpperInvariant();
                reply = await SayAsync(stream, line.Contains(' ', StringComparison.Ordinal) ? verb : line, Usual(verb));
                if (verb == "STARTTLS")
                    stream = await SecureAsync(stream);
                if (verb == "DATA" && reply?[0] == '3')
                    reply = await TakeAsync(stream);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or SocketException or AuthenticationException)
        {
            // The client went, or the test is over.
        }
    }

    private async Task<string?> TakeAsync(Stream stream)
    {
        var content = new StringBuilder();
        while (await ReadLineAsync(stream) is { } line && line != ".")
            content.Append(line).Append("\r\n");
        string reply = Next(".", "250 taken");
        if (reply[0] == '2' || reply == CutAfterTaking)
        {
            lock (Mails)
                Mails.Add(content.ToString());
        }

        return await SayAsync(stream, reply);
    }

    private string Usual(string verb) => verb switch
    {
        "EHLO" => string.Join(
            "\r\n", ["250-stand-in", .. Extensions.SkipLast(1).Select(each => $"250-{each}"), $"250 {Extensions[^1]}"]),
        "DATA" => "354 go on",
        "AUTH" => "235 welcome",
        "QUIT" => "221 farewell",
        "STARTTLS" => "220 go on",
        _ => "250 ok",
    };

    private string Next(string command, string usual) =>
        answers.TryGetValue(command, out Queue<string>? queue) && queue.TryDequeue(out string? scripted) ? scripted : usual;

    private Task<string?> SayAsync(Stream stream, string command, string usual) => SayAsync(stream, Next(command, usual));

    // Null where the connection is over.
    private async Task<string?> SayAsync(Stream stream, string reply)
    {
        if (reply is Cut or CutAfterTaking)
            return null;
        if (reply == Silence)
            await Task.Delay(Timeout.Infinite, stop.Token);
        await stream.WriteAsync(Encoding.UTF8.GetBytes(reply + "\r\n"), stop.Token);
        return reply;
    }

    private async Task<Stream> SecureAsync(Stream stream)
    {
        var secure = new SslStream(stream);
        await secure.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = Certificate }, stop.Token);
        return secure;
    }

    private async Task<string?> ReadLineAsync(Stream stream)
    {
        var bytes = new List<byte>();
        byte[] one = new byte[1];
        while (await stream.ReadAsync(one, stop.Token) == 1)
        {
            if (one[0] == '\n')
                return Encoding.UTF8.GetString([.. bytes]).TrimEnd('\r');
            bytes.Add(one[0]);
        }

        return null;
    }
}
