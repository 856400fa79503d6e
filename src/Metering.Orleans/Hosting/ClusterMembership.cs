namespace Metering.Orleans.Hosting;

/// <summary>Where the members of a cluster find each other.</summary>
/// <param name="ConnectionString">The control database.</param>
/// <param name="ClusterId">Names the cluster: silos and clients of one meet, others do not.</param>
/// <param name="ServiceId">Names the service; the same in every deployment of it.</param>
public sealed record ClusterMembership(string ConnectionString, string ClusterId = "metering", string ServiceId = "metering");
