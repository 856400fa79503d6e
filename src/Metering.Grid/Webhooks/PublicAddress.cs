using System.Net;
using System.Net.Sockets;

namespace Metering.Grid.Webhooks;

/// <summary>
/// Tells addresses of the public internet from all others, so that nobody has this process call what only it can reach. By the registries
/// of special-purpose addresses (RFC 6890, as IANA keeps them).
/// </summary>
public static class PublicAddress
{
    private static readonly IPNetwork[] closedV4 =
    [
        IPNetwork.Parse("0.0.0.0/8"), IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("100.64.0.0/10"), IPNetwork.Parse("127.0.0.0/8"),
        IPNetwork.Parse("169.254.0.0/16"), IPNetwork.Parse("172.16.0.0/12"), IPNetwork.Parse("192.0.0.0/24"),
        IPNetwork.Parse("192.0.2.0/24"), IPNetwork.Parse("192.88.99.0/24"), IPNetwork.Parse("192.168.0.0/16"),
        IPNetwork.Parse("198.18.0.0/15"), IPNetwork.Parse("198.51.100.0/24"), IPNetwork.Parse("203.0.113.0/24"),
        IPNetwork.Parse("224.0.0.0/4"), IPNetwork.Parse("240.0.0.0/4"),
    ];

    // Within 2000::/3 only: protocol assignments with Teredo, benchmarking and ORCHID; documentation; 6to4, which carries any IPv4 address.
    private static readonly IPNetwork openV6 = IPNetwork.Parse("2000::/3");
    private static readonly IPNetwork[] closedV6 =
    [
        IPNetwork.Parse("2001::/23"), IPNetwork.Parse("2001:db8::/32"), IPNetwork.Parse("2002::/16"), IPNetwork.Parse("3fff::/20"),
    ];

    /// <summary>Whether an address is one of the public internet.</summary>
    public static bool Is(IPAddress address)
    {
        IPAddress plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return plain.AddressFamily switch
        {
            AddressFamily.InterNetwork => !Array.Exists(closedV4, network => network.Contains(plain)),
            AddressFamily.InterNetworkV6 => openV6.Contains(plain) && !Array.Exists(closedV6, network => network.Contains(plain)),
            _ => false,
        };
    }
}
