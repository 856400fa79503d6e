using System.Net;
using System.Net.Sockets;
using Metering.Silo.Settings;
using Orleans.Configuration;
using Orleans.Runtime;
using RuntimeOptions = Orleans.Configuration.SiloOptions;

namespace Metering.Silo.Hosting;

/// <summary>Addresses, ports and failure detection: what of Orleans' own options the settings decide.</summary>
internal static class SiloEndpoints
{
    /// <summary>A silo.</summary>
    public static ISiloBuilder Configure(ISiloBuilder silo, SiloSettings settings, IFatalErrorHandler fatal)
    {
        IPAddress address = Advertised(settings);
        silo.ConfigureEndpoints(
            address, settings.SiloPort, settings.GatewayPort, listenOnAnyHostAddress: settings.Server.Address.Equals(IPAddress.Any));
        silo.Configure<RuntimeOptions>(options => options.SiloName = settings.Name);
        silo.Configure<ClusterMembershipOptions>(options => Detect(options, settings));
        silo.Configure<GatewayOptions>(options => Find(options, settings));
        silo.Services.AddSingleton(fatal);
        return silo;
    }

    /// <summary>A front end.</summary>
    public static IClientBuilder Configure(IClientBuilder client, SiloSettings settings)
    {
        client.Configure<GatewayOptions>(options => Find(options, settings));
        // A front end that starts before the first silo waits for it.
        client.UseConnectionRetryFilter(static async (_, cancellation) =>
        {
            await Task.Delay(TimeSpan.FromMilliseconds(500), cancellation);
            return true;
        });
        return client;
    }

    // How soon the others notice that a silo is gone: some probe_timeout times probes_missed_max.
    private static void Detect(ClusterMembershipOptions options, SiloSettings settings)
    {
        options.ProbeTimeout = TimeSpan.FromMilliseconds(settings.ProbeTimeoutMilliseconds);
        options.NumMissedProbesLimit = settings.ProbesMissedMax;
        options.NumVotesForDeathDeclaration = settings.DeathVotes;
        options.TableRefreshTimeout = TimeSpan.FromSeconds(settings.MembershipRefreshSeconds);
        options.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(settings.AliveSeconds);
    }

    private static void Find(GatewayOptions options, SiloSettings settings) =>
        options.GatewayListRefreshPeriod = TimeSpan.FromSeconds(settings.MembershipRefreshSeconds);

    private static IPAddress Advertised(SiloSettings settings)
    {
        if (settings.AdvertisedAddress is { } given)
            return given;
        IPAddress listens = settings.Server.Address;
        if (!listens.Equals(IPAddress.Any) && !listens.Equals(IPAddress.IPv6Any))
            return listens;
        return Dns.GetHostAddresses(Dns.GetHostName())
            .FirstOrDefault(address => address.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(address))
            ?? throw new Metering.Server.CommandLine.CommandFailedException(
                "This machine's name leads to no address that others could reach: set advertised_address.");
    }
}
