using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Metering.Delivery.Tests.Webhooks;

/// <summary>What a receiver was sent.</summary>
internal sealed record ReceivedEvent(IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    public string Text => Encoding.UTF8.GetString(Body);
}

/// <summary>How a receiver behaves: what it writes, and whether it then closes, or leaves the sender waiting.</summary>
internal sealed record Behaviour(string Answer, bool Hangs = false)
{
    public static Behaviour Status(int status, string headers = "", string body = "ok") =>
        new($"HTTP/1.1 {status} Any\r\nContent-Length: {body.Length}\r\n{headers}\r\n{body}");

    public static Behaviour Hang { get; } = new("", Hangs: true);

    public static Behaviour Cut { get; } = new("");
}

/// <summary>An HTTP server on a free port of this machine that can misbehave.</summary>
internal sealed class TestReceiver : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource end = new();
    private readonly Func<ReceivedEvent, Behaviour> behave;
    private readonly Task accepting;

    public TestReceiver(Func<ReceivedEvent, Behaviour> behave)
    {
        this.behave = behave;
        listener.Start();
        accepting = AcceptAsync();
    }

    public ConcurrentQueue<ReceivedEvent> Received { get; } = new();

    public string Url => $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture)}/hook";

    public async ValueTask DisposeAsync()
    {
        await end.CancelAsync();
        listener.Stop();
        await accepting;
        end.Dispose();
    }

    private async Task AcceptAsync()
    {
        var serving = new List<Task>();
        try
        {
            while (true)
                serving.Add(ServeAsync(await listener.AcceptTcpClientAsync(end.Token)));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(serving);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                NetworkStream stream = client.GetStream();
                while (await ReadAsync(stream) is { } received)
                {
                    Received.Enqueue(received);
                    Behaviour behaviour = behave(received);
                    await stream.WriteAsync(Encoding.ASCII.GetBytes(behaviour.Answer), end.Token);
                    if (behaviour.Hangs)
                        await Task.Delay(Timeout.Infinite, end.Token);
                    if (behaviour.Answer.Length == 0)
                        return;
                }
            }
            catch (Exception e) when (e is IOException or OperationCanceledException or SocketException)
            {
                // The sender has gone, or the test has ended.
            }
        }
    }

    private async Task<ReceivedEvent?> ReadAsync(NetworkStream stream)
    {
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (await stream.ReadAsync(one, end.Token) == 0)
                return null;
            head.Append((char)one[0]);
        }

        Dictionary<string, string> headers = head.ToString().Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Skip(1)
            .Select(line => line.Split(": ", 2)).ToDictionary(pair => pair[0], pair => pair[1], StringComparer.OrdinalIgnoreCase);
        var body = new byte[int.Parse(headers["Content-Length"], CultureInfo.InvariantCulture)];
        await stream.ReadExactlyAsync(body, end.Token);
        return new ReceivedEvent(headers, body);
    }
}
