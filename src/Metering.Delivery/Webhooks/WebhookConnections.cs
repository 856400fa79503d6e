using System.Net;
using System.Net.Sockets;
using Metering.Grid.Webhooks;

namespace Metering.Delivery.Webhooks;

/// <summary>An endpoint leads to an address that may not be called.</summary>
internal sealed class ForbiddenAddressException(string message) : Exception(message);

/// <summary>
/// Makes the client that endpoints are called with. An address is judged when a connection is made to it: what a name resolved to before,
/// or resolves to for others, proves nothing. Nothing is followed, kept or unpacked, and no proxy stands between.
/// </summary>
internal static class WebhookConnections
{
    public static HttpClient Create(WebhookOptions options)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            AutomaticDecompression = DecompressionMethods.None,
            ActivityHeadersPropagator = null,
            PooledConnectionLifetime = TimeSpan.FromMinutes(2),
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
            MaxConnectionsPerServer = 32,
            MaxResponseHeadersLength = 16,
            ConnectTimeout = options.Timeout,
            ConnectCallback = (context, cancellation) => ConnectAsync(context.DnsEndPoint, options.AllowPrivate, cancellation),
        };
        // The time of an attempt is bounded as a whole, with reading, by the sender.
        return new HttpClient(handler) { Timeout = System.Threading.Timeout.InfiniteTimeSpan };
    }

    private static async ValueTask<Stream> ConnectAsync(DnsEndPoint endpoint, bool allowPrivate, CancellationToken cancellation)
    {
        IPAddress[] found = IPAddress.TryParse(endpoint.Host, out IPAddress? literal)
            ? [literal]
            : await Dns.GetHostAddressesAsync(endpoint.Host, cancellation);
        IPAddress[] addresses = allowPrivate ? found : [.. found.Where(PublicAddress.Is)];
        if (addresses.Length == 0)
            throw new ForbiddenAddressException($"{endpoint.Host} leads to no public address.");
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, endpoint.Port, cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
