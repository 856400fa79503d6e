using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Metering.Orleans.Tests.Cluster;

/// <summary>
/// A way to a server that can be shut: every connection on it breaks, and further ones are refused. Or it goes silent, as a network
/// does: connections stay, new ones are made, and nothing comes through.
/// </summary>
internal sealed class TcpProxy : IDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly IPEndPoint target;
    private readonly CancellationTokenSource closing = new();
    private readonly ConcurrentBag<Socket> sockets = [];
    private volatile bool isSilent;

    public TcpProxy(IPEndPoint target)
    {
        this.target = target;
        listener.Start();
        _ = AcceptAsync();
    }

    /// <summary>The port to connect to.</summary>
    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    /// <summary>Shuts it.</summary>
    public void Cut()
    {
        closing.Cancel();
        listener.Stop();
        foreach (Socket socket in sockets)
            socket.Dispose();
    }

    /// <summary>From now on what arrives is swallowed, and nobody is told.</summary>
    public void Silence() => isSilent = true;

    public void Dispose() => Cut();

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                Socket client = await listener.AcceptSocketAsync();
                sockets.Add(client);
                var server = new Socket(target.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                client.NoDelay = true;
                sockets.Add(server);
                await server.ConnectAsync(target);
                _ = PumpAsync(client, server);
                _ = PumpAsync(server, client);
            }
        }
        catch (Exception ended) when (ended is SocketException or ObjectDisposedException)
        {
            // Disposed, or the server is gone.
        }
    }

    private async Task PumpAsync(Socket from, Socket to)
    {
        byte[] buffer = new byte[64 * 1024];
        try
        {
            while (true)
            {
                int count = await from.ReceiveAsync(buffer, SocketFlags.None, closing.Token);
                if (count == 0)
                    break;
                if (isSilent)
                    continue;
                await to.SendAsync(buffer.AsMemory(0, count), SocketFlags.None, closing.Token);
            }

            if (!isSilent)
                to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception ended) when (ended is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // Shut, or one side is gone.
            to.Dispose();
        }
    }
}
