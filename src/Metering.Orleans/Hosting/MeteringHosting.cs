using Metering.Orleans.Engine;
using Metering.Orleans.Grains;
using Metering.Orleans.Ownership;
using Metering.Orleans.Serialization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Metadata;
using Orleans.Runtime.GrainDirectory;
using Orleans.Runtime.Hosting;
using Orleans.Serialization;
using Orleans.Serialization.Cloning;
using Orleans.Serialization.Serializers;

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

    /// <summary>Hosts partitions: adds <see cref="SiloPartitions"/> and <see cref="OrleansEngine"/>.</summary>
    public static ISiloBuilder UseMeteringSilo(this ISiloBuilder silo, SiloInputs inputs)
    {
        inputs.Client.Calls.Validate();
        AddShared(silo.Services, inputs.Client);
        silo.Services.AddSingleton(inputs);
        silo.Services.AddSingleton<PartitionDirectory>();
        silo.Services.AddSingleton<IGrainDirectoryCache>(services => services.GetRequiredService<PartitionDirectory>());
        silo.Services.AddSingleton<SiloPartitions>();
        silo.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(
            services => services.GetRequiredService<SiloPartitions>());
        silo.Services.AddSingleton(services => new OrleansEngine(
            services.GetRequiredService<IGrainFactory>(), inputs.Client, services.GetRequiredService<SiloPartitions>(),
            services.GetRequiredService<ILogger<OrleansEngine>>()));
        // The trace of a request goes on in the silo that decides it.
        silo.AddActivityPropagation();
        // Longer than any call waits: a caller's own time-out says what the answer is.
        return silo.AddPlacementDirector<PartitionPlacement, PartitionPlacementDirector>()
            .AddGrainDirectory(PartitionDirectory.Name, (services, _) => services.GetRequiredService<PartitionDirectory>())
            .Configure<SiloMessagingOptions>(options => options.ResponseTimeout = inputs.Client.Calls.VerifyTimeout);
    }

    /// <summary>Reaches partitions and hosts none: adds <see cref="OrleansEngine"/>.</summary>
    public static IClientBuilder UseMeteringClient(this IClientBuilder client, ClientInputs inputs)
    {
        inputs.Calls.Validate();
        AddShared(client.Services, inputs);
        client.Services.AddSingleton(services => new OrleansEngine(
            services.GetRequiredService<IGrainFactory>(), inputs, null, services.GetRequiredService<ILogger<OrleansEngine>>()));
        client.Services.AddHostedService<ClusterWatch>();
        client.Services.AddHostedService<GatewayWatch>();
        return client.AddActivityPropagation()
            .Configure<ClientMessagingOptions>(options => options.ResponseTimeout = inputs.Calls.VerifyTimeout);
    }

    private static void AddShared(IServiceCollection services, ClientInputs inputs)
    {
        services.AddSingleton(inputs);
        services.TryAddSingleton(inputs.Directory);
        services.AddSingleton<PartitionMap>();
        services.AddSingleton<ContractCodec>();
        services.AddSingleton<IGeneralizedCodec>(provider => provider.GetRequiredService<ContractCodec>());
        services.AddSingleton<IGeneralizedCopier>(provider => provider.GetRequiredService<ContractCodec>());
        services.AddSingleton<ITypeFilter>(provider => provider.GetRequiredService<ContractCodec>());
        services.Configure<global::Orleans.Serialization.Configuration.TypeManifestOptions>(
            options => options.WellKnownTypeAliases[ContractCodec.Name] = typeof(ContractCodec));
        // Ours mean the same on either side.
        services.Configure<ExceptionSerializationOptions>(options => options.SupportedNamespacePrefixes.Add(nameof(Metering)));
    }
}
