using System.Net;
using System.Net.Sockets;

namespace Metering.Silo.Cluster;

/// <summary>TCP ports of this machine that nobody listens on.</summary>
internal static class FreePort
{
    // Below the range that systems take for outgoing connections: one of those could take it between two starts.
    private const int First = 12_000;
    private const int Count = 8_000;

    private static readonly HashSet<int> taken = [];

    /// <summary>A port that is free, and that this process has not named before.</summary>
    public static int Take()
    {
        lock (taken)
        {
            for (int attempt = 0; attempt < 1_000; attempt++)
            {
                int port = First + Random.Shared.Next(Count);
                if (!taken.Contains(port) && IsFree(port))
                {
                    taken.Add(port);
                    return port;
                }
            }
        }

        throw new InvalidOperationException($"No free port between {First} and {First + Count}.");
    }

    private static bool IsFree(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
