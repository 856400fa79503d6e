using Microsoft.Extensions.Configuration;
using Orleans.Configuration;

namespace Metering.Orleans.Hosting;

/// <summary>What a program calls to be a member or a client of the cluster.</summary>
public static class MeteringHosting
{
    /// <summary>The ADO.NET name of the driver that membership uses.</summary>
    private const string Invariant = "Npgsql";

    /// <summary>Membership in PostgreSQL, of a silo.</summary>
    public static ISiloBuilder UseMeteringMembership(this ISiloBuilder silo, ClusterMembership cluster) => silo
        .Configure<ClusterOptions>(options => (options.ClusterId, options.ServiceId) = (cluster.ClusterId, cluster.ServiceId))
        .UseAdoNetClustering(options => (options.Invariant, options.ConnectionString) = (Invariant, cluster.ConnectionString));

    /// <summary>Membership in PostgreSQL, for a client to find the silos.</summary>
    public static IClientBuilder UseMeteringMembership(this IClientBuilder client, ClusterMembership cluster) => client
        .Configure<ClusterOptions>(options => (options.ClusterId, options.ServiceId) = (cluster.ClusterId, cluster.ServiceId))
        .UseAdoNetClustering(options => (options.Invariant, options.ConnectionString) = (Invariant, cluster.ConnectionString));
}
