using System.Security.Cryptography;
using System.Text;

namespace Metering.Orleans.Ownership;

/// <summary>
/// Rendezvous hashing (Thaler and Ravishankar, "Using name-based mappings to increase hit rates", 1998): every silo has a weight for every
/// partition, and the heaviest owns it. So all agree without talking, and only what a silo owned moves when it goes.
/// </summary>
public static class Rendezvous
{
    /// <summary>
    /// The owner of a partition among silos; null where there are none. A silo that starts again at its address and port owns what it
    /// owned before; of two at one address and port the newer counts.
    /// </summary>
    public static SiloAddress? OwnerOf(int partition, IEnumerable<SiloAddress> silos)
    {
        SiloAddress? owner = null;
        ulong heaviest = 0;
        foreach (SiloAddress silo in silos)
        {
            ulong weight = Weigh(partition, silo);
            if (owner is null || weight > heaviest || (weight == heaviest && silo.CompareTo(owner) > 0))
                (owner, heaviest) = (silo, weight);
        }

        return owner;
    }

    /// <summary>The name under which a silo holds leases: of its address, port and generation, so that it is another after every start,
    /// and everybody can tell whose it is.</summary>
    public static Guid OwnerName(SiloAddress silo) =>
        new(SHA256.HashData(Encoding.UTF8.GetBytes(silo.ToParsableString())).AsSpan(0, 16));

    private static ulong Weigh(int partition, SiloAddress silo)
    {
        // FNV-1a of the endpoint, then the finaliser of SplitMix64 over both: neighbours in port or number get unrelated weights.
        ulong hash = 14695981039346656037;
        foreach (byte one in silo.Endpoint.Address.GetAddressBytes())
            hash = (hash ^ one) * 1099511628211;
        hash = Mix(hash ^ (ulong)silo.Endpoint.Port);
        return Mix(hash ^ ((ulong)partition * 0x9E3779B97F4A7C15));
    }

    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
