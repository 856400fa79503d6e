using System.Diagnostics.CodeAnalysis;
using Orleans.GrainDirectory;
using Orleans.Runtime.GrainDirectory;

namespace Metering.Orleans.Ownership;

/// <summary>
/// Where every grain of a partition is, for Orleans: computed from the view of the cluster at the moment a call is addressed. There are no
/// entries, so none can be lost with a silo that dies, and none can lead to where a grain was before.
/// </summary>
/// <remarks>
/// Entries that silos keep for themselves were a fault: a call that came to the silo that a partition had left woke its grain there once
/// more, was refused, and the caller's silo went on to call it there, for minutes.
/// </remarks>
internal sealed class PartitionDirectory(IClusterMembershipService membership, PartitionMap map) : IGrainDirectory, IGrainDirectoryCache
{
    /// <summary>What the grains name it by.</summary>
    public const string Name = "metering.partitions";

    private volatile Seen seen = new(MembershipVersion.MinValue, new ClusterView([], map.Count));

    /// <inheritdoc />
    public IEnumerable<(GrainAddress ActivationAddress, int Version)> KeyValues => [];

    /// <inheritdoc />
    public Task<GrainAddress?> Lookup(GrainId grainId) => Task.FromResult(Find(grainId));

    /// <summary>A grain that is woken where its partition is not is sent on, with the call that woke it.</summary>
    public Task<GrainAddress?> Register(GrainAddress address)
    {
        GrainAddress? place = Find(address.GrainId);
        return Task.FromResult<GrainAddress?>(place is null || place.SiloAddress!.Equals(address.SiloAddress) ? address : place);
    }

    /// <inheritdoc />
    public Task Unregister(GrainAddress address) => Task.CompletedTask;

    /// <inheritdoc />
    public Task UnregisterSilos(List<SiloAddress> siloAddresses) => Task.CompletedTask;

    /// <inheritdoc />
    public bool LookUp(GrainId key, [NotNullWhen(true)] out GrainAddress? result, out int version)
    {
        version = 0;
        return (result = Find(key)) is not null;
    }

    /// <inheritdoc />
    public void AddOrUpdate(GrainAddress value, int version)
    {
        // Nothing is remembered.
    }

    /// <inheritdoc />
    public bool Remove(GrainId key) => false;

    /// <inheritdoc />
    public bool Remove(GrainAddress key) => false;

    /// <inheritdoc />
    public void Clear()
    {
        // Nothing is remembered.
    }

    /// <summary>Null while no silo is active: the placement decides then.</summary>
    private GrainAddress? Find(GrainId grain)
    {
        Seen now = Look();
        return now.View.OwnerOf(map.PartitionOf(grain)) is { } owner
            ? new GrainAddress { GrainId = grain, SiloAddress = owner, MembershipVersion = now.Version }
            : null;
    }

    private Seen Look()
    {
        ClusterMembershipSnapshot snapshot = membership.CurrentSnapshot;
        Seen last = seen;
        if (last.Version == snapshot.Version)
            return last;
        var next = new Seen(snapshot.Version, new ClusterView(snapshot.Members.Values, map.Count));
        seen = next;
        return next;
    }

    private sealed record Seen(MembershipVersion Version, ClusterView View);
}
