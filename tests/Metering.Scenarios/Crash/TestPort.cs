using System.Net;
using System.Net.Sockets;

namespace Metering.Scenarios.Crash;

/// <summary>A port for a server that is started again and again on it.</summary>
internal static class TestPort
{
    // Below the range that the system takes for outgoing connections (32,768 and more on Linux): one of those could take it between two
    // starts.
    private const int First = 20_000;
    private const int Count = 12_000;

    public static int Free()
    {
        for (int attempt = 0; attempt < 100; attempt++)
        {
            int port = First + Random.Shared.Next(Count);
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
                return port;
            }
            catch (SocketException)
            {
                // Someone has it.
            }
        }

        throw new InvalidOperationException($"No free port between {First} and {First + Count}.");
    }
}
