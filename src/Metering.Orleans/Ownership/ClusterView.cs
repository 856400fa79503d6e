using System.Collections.Frozen;

namespace Metering.Orleans.Ownership;

/// <summary>Who owns which partition, by what one silo knows of the cluster at a moment. Immutable.</summary>
internal sealed class ClusterView
{
    private readonly SiloAddress?[] owners;
    private readonly FrozenSet<Guid> alive;

    public ClusterView(IEnumerable<ClusterMember> members, int partitions)
    {
        List<ClusterMember> all = [.. members];
        SiloAddress[] active = [.. all.Where(member => member.Status == SiloStatus.Active).Select(member => member.SiloAddress)];
        owners = [.. Enumerable.Range(0, partitions).Select(partition => Rendezvous.OwnerOf(partition, active))];
        alive = all
            .Where(member => member.Status is SiloStatus.Joining or SiloStatus.Active or SiloStatus.ShuttingDown or SiloStatus.Stopping)
            .Select(member => Rendezvous.OwnerName(member.SiloAddress)).ToFrozenSet();
        Silos = active.Length;
    }

    /// <summary>How many silos are active.</summary>
    public int Silos { get; }

    /// <summary>The owner of a partition; null while no silo is active.</summary>
    public SiloAddress? OwnerOf(int partition) => owners[partition];

    /// <summary>Whether the silo that holds leases under a name is not known to be dead.</summary>
    public bool MayBeAlive(Guid owner) => alive.Contains(owner);
}
