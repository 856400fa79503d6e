using System.Net;
using System.Net.Sockets;

namespace Metering.Storage.Postgres.Private;

/// <summary>A TCP port of 127.0.0.1 that nobody listened on a moment ago.</summary>
internal static class LoopbackPort
{
    public static int Free()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
