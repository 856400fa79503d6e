using Metering.Grid.Directory;
using Metering.Grid.History;
using Metering.Grid.Partitions;
using Metering.Grid.Storage;

namespace Metering.Orleans.Hosting;

/// <summary>What a front end stands on.</summary>
/// <param name="Directory">The directory, cached in this process.</param>
/// <param name="DirectoryStore">The control database behind it.</param>
/// <param name="History">Queries of the projections.</param>
/// <param name="Invoices">Lists of invoices.</param>
/// <param name="Time">The clock.</param>
public sealed record ClientInputs(
    IDirectory Directory, IDirectoryStore DirectoryStore, IUsageHistory History, IInvoiceHistory Invoices, TimeProvider Time)
{
    /// <summary>Bounds of the calls.</summary>
    public CallOptions Calls { get; init; } = new();
}

/// <summary>What a silo stands on besides.</summary>
/// <param name="Client">What a front end stands on, too.</param>
/// <param name="Shards">The shards by their names in the shard map.</param>
/// <param name="Map">The shard of every partition.</param>
/// <param name="Options">Settings of the grid.</param>
public sealed record SiloInputs(
    ClientInputs Client, IReadOnlyDictionary<string, IShardStore> Shards, IReadOnlyList<ShardAssignment> Map, GridOptions Options);
