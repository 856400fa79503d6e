using Metering.Core.Time;
using Metering.Grid.Directory;
using Metering.Grid.History;
using Metering.Grid.Ingest;
using Metering.Grid.Partitions;
using Metering.Grid.Storage;

namespace Metering.Grid.Hosting;

/// <summary>
/// An engine that hosts the partitions it is told to, of those that several processes share. Start it, use it from any thread, stop it.
/// </summary>
/// <remarks>
/// Whoever tells it must not tell it of one partition from two threads at once. Being fenced ends only the hosting of that partition:
/// <see cref="Fenced"/> is raised, and it stays away until it was left and is taken again.
/// </remarks>
public sealed class AssignedEngine : PartitionEngine
{
    private const string Elsewhere = "it is not with this process";

    // Apart: one that takes waits for another process to leave, and that one may be waiting for this one.
    private readonly SemaphoreSlim taking;
    private readonly SemaphoreSlim leaving;

    /// <summary>Prepares an engine that hosts nothing.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="directoryStore">The control database behind it.</param>
    /// <param name="history">Queries of the projections.</param>
    /// <param name="invoiceHistory">Lists of invoices, of the projections.</param>
    /// <param name="shards">The shards by their names in the shard map.</param>
    /// <param name="assignments">The shard of every partition.</param>
    /// <param name="owner">Names this process in the leases; new at every start.</param>
    /// <param name="mayBeAlive">Whether an owner that a lease names may be alive, and give its partition up by itself.</param>
    /// <param name="options">Settings.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="ArgumentException">A setting is out of range, or the shard map does not name a known shard for every
    /// partition.</exception>
    public AssignedEngine(
        IDirectory directory, IDirectoryStore directoryStore, IUsageHistory history, IInvoiceHistory invoiceHistory,
        IReadOnlyDictionary<string, IShardStore> shards, IReadOnlyList<ShardAssignment> assignments, Guid owner,
        Func<Guid, bool> mayBeAlive, GridOptions options, TimeProvider time)
        : base(directory, directoryStore, history, invoiceHistory, shards, assignments, owner, options, time, Elsewhere)
    {
        Context.MayBeAlive = mayBeAlive;
        taking = new SemaphoreSlim(options.LoadsAtOnce);
        leaving = new SemaphoreSlim(options.LoadsAtOnce);
    }

    /// <summary>Raised when another process has a partition that this one hosted; possibly under a lock.</summary>
    public event Action<int, string>? Fenced;

    /// <summary>Whether a partition is hosted: from <see cref="TakeAsync"/> to the begin of <see cref="LeaveAsync"/>.</summary>
    public bool IsHosted(int partition) => !Hosts[partition].IsElsewhere;

    /// <summary>
    /// Hosts a partition from now on: waits for an owner that may be alive to give it up, within
    /// <see cref="GridOptions.HandOverPatience"/>, then takes it over. Where that fails it is tried again in the background until it is
    /// left.
    /// </summary>
    /// <returns>The epoch it is owned under.</returns>
    /// <exception cref="PartitionUnavailableException">The first try failed.</exception>
    public async Task<long> TakeAsync(int partition, CancellationToken cancellation)
    {
        PartitionHost host = Hosts[partition];
        if (host.IsElsewhere)
        {
            host = Renew(partition);
            host.StartUpkeep();
        }

        await taking.WaitAsync(cancellation);
        try
        {
            return (await host.EnsureOwnedAsync(Instant.MaxValue, cancellation)).Epoch;
        }
        finally
        {
            taking.Release();
        }
    }

    /// <summary>The epoch of a partition that is in memory; waits for one that is being taken.</summary>
    /// <exception cref="PartitionUnavailableException">It is not hosted, or could not be had in time.</exception>
    public async ValueTask<long> FindEpochAsync(int partition, CancellationToken cancellation) =>
        (await Hosts[partition].EnsureOwnedAsync(Context.Now + Context.Options.Patience, cancellation)).Epoch;

    /// <summary>
    /// Hosts a partition no more: nothing new is taken, what is decided is written, what has changed is saved, the lease is released. What
    /// the time does not suffice for is replayed by the next owner.
    /// </summary>
    public async Task LeaveAsync(int partition, CancellationToken cancellation)
    {
        if (!IsHosted(partition))
            return;
        PartitionHost host = Hosts[partition];
        await StopAsync(host, leaving, cancellation);
        // Out of time: what waits for it is answered now, and nothing of it may be left beside the next host.
        if (host.Current is { } left)
            host.Drop(left, "it was left", null);
    }

    /// <summary>Counts a request against a rate limit in a partition.</summary>
    public RateStatus CountRequest(int partition, in RateCheck rate) => Hosts[partition].CountRequest(rate);

    private protected override Task TakeFirstAsync(CancellationToken cancellation) => Task.CompletedTask;

    private protected override void OnFenced(int partition, string reason) => Fenced?.Invoke(partition, reason);

    // A process that has nothing, or only partitions whose shards are away, is as it should be.
    private protected override string? WhyNotReady(IReadOnlyList<PartitionHost> wanted, IReadOnlyList<PartitionHost> away) => null;
}
