using System.Net;
using Metering.Server.Settings;

namespace Metering.Silo.Settings;

/// <summary>
/// What a process of a cluster has besides <see cref="ServerSettings"/>. Names and places are the same: <c>role</c> in
/// <c>silo-config/silo.json</c> or <c>frontend.json</c>, <c>METERING_ROLE</c> in the environment, <c>--role</c>.
/// </summary>
internal sealed record SiloSettings
{
    /// <summary>Everything a server has, too.</summary>
    public ServerSettings Server { get; init; } = new();

    /// <summary>What this process does. Default: both.</summary>
    public SiloRole Role { get; init; } = SiloRole.Both;

    /// <summary>Its name in logs, metrics and traces: <c>silo_name</c>. Default: the machine's.</summary>
    public string Name { get; init; } = Environment.MachineName;

    /// <summary>Names the cluster; the same in all its processes: <c>cluster_id</c>. Default: metering.</summary>
    public string ClusterId { get; init; } = "metering";

    /// <summary>Where the others reach this silo: <c>advertised_address</c>. Default: the address it listens on, or where that is any, the
    /// machine's first one.</summary>
    public IPAddress? AdvertisedAddress { get; init; }

    /// <summary>The TCP port for other silos: <c>silo_port</c>. Default: 11111.</summary>
    public int SiloPort { get; init; } = 11_111;

    /// <summary>The TCP port for front ends and internal services: <c>gateway_port</c>. Default: 30000.</summary>
    public int GatewayPort { get; init; } = 30_000;

    /// <summary>How long a silo has to answer another one's probe, in milliseconds: <c>probe_timeout_milliseconds</c>; also the pause
    /// between probes. Default: 1,000.</summary>
    public int ProbeTimeoutMilliseconds { get; init; } = 1_000;

    /// <summary>After so many probes without an answer a silo is suspected: <c>probes_missed_max</c>. Default: 3.</summary>
    public int ProbesMissedMax { get; init; } = 3;

    /// <summary>So many silos that suspect it declare it dead, or half of the living where those are fewer: <c>death_votes</c>. Default:
    /// 2.</summary>
    public int DeathVotes { get; init; } = 2;

    /// <summary>How often a silo writes that it lives, in seconds: <c>alive_seconds</c>. One that has not written for three times as long
    /// does not keep others from joining. Default: 5.</summary>
    public int AliveSeconds { get; init; } = 5;

    /// <summary>How often silos read who is there, besides telling each other, and front ends where to connect, in seconds:
    /// <c>membership_refresh_seconds</c>. Default: 1.</summary>
    public int MembershipRefreshSeconds { get; init; } = 1;

    /// <summary>How long a call to a silo may take, in milliseconds; past it the answer is <c>unavailable</c>:
    /// <c>call_timeout_milliseconds</c>. A call that was with a silo when it was lost is ended sooner. Default: 5,000.</summary>
    public int CallTimeoutMilliseconds { get; init; } = 5_000;

    /// <summary>How long a silo may have none of its partitions while other silos answer for theirs, in seconds; past it, it is taken to be
    /// cut off from the databases and ends, so that the others take over: <c>cut_off_seconds</c>. Default: 5.</summary>
    public int CutOffSeconds { get; init; } = 5;

    /// <summary>Networks whose word about a client's address is taken (<c>X-Forwarded-For</c>), as CIDR: <c>trusted_proxies</c>. Default:
    /// none.</summary>
    public IReadOnlyList<IPNetwork> TrustedProxies { get; init; } = [];
}
