using Metering.Grid;
using Metering.Grid.Directory;
using Metering.Grid.History;
using Metering.Grid.Partitions;
using Metering.Grid.Storage;

namespace Metering.Server.Hosting;

/// <summary>What an engine stands on: all of it is open before the engine is made.</summary>
/// <param name="Directory">The directory, cached.</param>
/// <param name="DirectoryStore">The control database behind it.</param>
/// <param name="History">Queries of the projections.</param>
/// <param name="Invoices">Lists of invoices.</param>
/// <param name="Shards">The shards by name.</param>
/// <param name="Map">The shard of every partition.</param>
/// <param name="Options">Settings of the grid.</param>
/// <param name="Logs">The log.</param>
/// <param name="Time">The clock.</param>
internal sealed record EngineInputs(
    IDirectory Directory, IDirectoryStore DirectoryStore, IUsageHistory History, IInvoiceHistory Invoices,
    IReadOnlyDictionary<string, IShardStore> Shards, IReadOnlyList<ShardAssignment> Map, GridOptions Options, ILoggerFactory Logs,
    TimeProvider Time);

/// <summary>An engine from its start to its end, whichever it is: what <see cref="ServerHost"/> needs of it.</summary>
internal interface IEngineRunner
{
    /// <summary>The grid as callers see it; callable once started.</summary>
    IMeteringEngine Engine { get; }

    /// <summary>The partitions of this process, which it projects; null where it never owns any.</summary>
    IOwnedPartitions? Owned { get; }

    /// <summary>Raised for what an operator should read; possibly under a lock.</summary>
    event Action<GridNotice>? Noticed;

    /// <summary>Raised where another process has taken over and this one is to end; possibly under a lock.</summary>
    event Action<string>? FencedByAnother;

    /// <summary>Raised when a partition was moved to a shard that was not named yet; possibly under a lock.</summary>
    event Action<string>? UnknownShard;

    /// <summary>Names a shard that was added to the cluster later.</summary>
    void AddShard(IShardStore store);

    /// <summary>Hears of a changed shard map.</summary>
    void FollowMap(IReadOnlyList<ShardAssignment> map);

    /// <summary>Names the projectors whose lag bounds what is taken; before the start.</summary>
    void UseLag(IProjectionLag lag);

    /// <summary>Begins to serve.</summary>
    /// <exception cref="InvalidOperationException">It must not serve here; the message says why.</exception>
    Task StartAsync(CancellationToken cancellation);

    /// <summary>Ends in good order: nothing new, what is decided is written, what is owned is released.</summary>
    Task StopAsync();
}
