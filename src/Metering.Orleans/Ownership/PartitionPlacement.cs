using System.Text;
using Metering.Grid.Directory;
using Orleans.Metadata;
using Orleans.Placement;
using Orleans.Runtime.Placement;

namespace Metering.Orleans.Ownership;

/// <summary>Places a grain in the silo that owns its partition.</summary>
[Serializable, GenerateSerializer, Immutable]
public sealed class PartitionPlacement : PlacementStrategy;

/// <summary>Has grains of a class live in the silo that owns their partition.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class PartitionPlacementAttribute() : PlacementAttribute(new PartitionPlacement());

/// <summary>The partition that a grain's key belongs to.</summary>
public sealed class PartitionMap(IDirectory directory)
{
    private static readonly GrainType PartitionType = GrainType.Create(Grains.PartitionGrain.TypeName);

    /// <summary>How many partitions the cluster has.</summary>
    public int Count { get; } = directory.Cluster.Partitions;

    /// <summary>The partition of a grain: its key where that is a number, else that of the customer that the key begins with.</summary>
    public int PartitionOf(GrainId grain)
    {
        if (grain.Type.Equals(PartitionType) && grain.TryGetIntegerKey(out long number, out _))
        {
            return number >= 0 && number < Count
                ? (int)number
                : throw new ArgumentOutOfRangeException(nameof(grain), number, "There is no such partition.");
        }

        ReadOnlySpan<byte> key = grain.Key.AsSpan();
        int slash = key.IndexOf((byte)'/');
        return Placement.PartitionOf(slash < 0 ? key : key[..slash], Count);
    }

    /// <summary>The partition of a customer.</summary>
    public int PartitionOf(string customerId) => Placement.PartitionOf(Encoding.UTF8.GetBytes(customerId), Count);
}

/// <summary>Asked by whichever silo has to place a grain; all silos with the same view give the same answer.</summary>
internal sealed class PartitionPlacementDirector(PartitionMap map) : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context) =>
        Task.FromResult(Rendezvous.OwnerOf(map.PartitionOf(target.GrainIdentity), context.GetCompatibleSilos(target))
            ?? throw new OrleansException("No silo is there to own a partition."));
}
