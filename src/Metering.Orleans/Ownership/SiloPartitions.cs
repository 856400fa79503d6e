using Metering.Grid;
using Metering.Grid.Directory;
using Metering.Grid.History;
using Metering.Grid.Hosting;
using Metering.Grid.Partitions;
using Metering.Grid.Storage;
using Metering.Orleans.Hosting;
using Microsoft.Extensions.Logging;

namespace Metering.Orleans.Ownership;

/// <summary>
/// The partitions of this silo: hosts those that the cluster's membership makes its own, and gives the others up. Grains reach their
/// partition through it.
/// </summary>
/// <remarks>
/// The view only says who tries. Whether a try succeeds, and whether an answer may leave, is decided by the lease in the shard.
/// </remarks>
public sealed partial class SiloPartitions : IOwnedPartitions
{
    private readonly AssignedEngine engine;
    private readonly IClusterMembershipService membership;
    private readonly SiloAddress self;
    private readonly SiloInputs inputs;
    private readonly ILogger<SiloPartitions> log;
    private readonly Tenure[] tenures;
    private readonly DatabaseContact contact;
    private readonly CancellationTokenSource stopping = new();
    private volatile ClusterView view;
    private volatile bool draining;
    private Task watch = Task.CompletedTask;

    /// <summary>Prepares it; the silo's life starts and ends it.</summary>
    public SiloPartitions(
        SiloInputs inputs, IClusterMembershipService membership, ILocalSiloDetails local, ILogger<SiloPartitions> log)
    {
        (this.inputs, this.membership, this.log) = (inputs, membership, log);
        self = local.SiloAddress;
        ClientInputs client = inputs.Client;
        int partitions = client.Directory.Cluster.Partitions;
        tenures = [.. Enumerable.Range(0, partitions).Select(_ => new Tenure())];
        view = new ClusterView([], partitions);
        contact = new DatabaseContact(inputs.Shards.Values, client.Time);
        engine = new AssignedEngine(
            client.Directory, client.DirectoryStore, client.History, client.Invoices, inputs.Shards, inputs.Map,
            Rendezvous.OwnerName(self), owner => view.MayBeAlive(owner), inputs.Options, client.Time);
        engine.Noticed += notice => Noticed?.Invoke(notice);
        // Raised under a partition's lock.
        engine.Fenced += (partition, _) => ThreadPool.QueueUserWorkItem(_ => _ = AfterFenceAsync(partition));
    }

    /// <summary>Raised for what an operator should read; possibly under a partition's lock, so a handler must be quick and must not call
    /// back.</summary>
    public event Action<GridNotice>? Noticed;

    /// <summary>Raised when a partition was moved to a shard that was not named yet; possibly under a partition's lock.</summary>
    public event Action<string>? UnknownShard
    {
        add => engine.UnknownShard += value;
        remove => engine.UnknownShard -= value;
    }

    /// <summary>Raised when the partitions of this silo may have changed.</summary>
    public event Action? Changed;

    /// <summary>How many silos are active in the view of this one.</summary>
    public int ActiveSilos => view.Silos;

    /// <summary>Names a shard that was added to the cluster later.</summary>
    public void AddShard(IShardStore store)
    {
        engine.AddShard(store);
        contact.Add(store);
    }

    /// <summary>Whether any shard has answered this silo within the last seconds.</summary>
    public bool ReachesDatabases => contact.IsThere;

    /// <summary>Hears of a changed shard map.</summary>
    public void FollowMap(IReadOnlyList<ShardAssignment> map) => engine.FollowMap(map);

    /// <summary>The partitions that are hosted here.</summary>
    public IReadOnlyList<int> Hosted => [.. Enumerable.Range(0, tenures.Length).Where(engine.IsHosted)];

    /// <summary>The partitions that the view of this silo makes its own.</summary>
    public IReadOnlyList<int> Wanted => [.. Enumerable.Range(0, tenures.Length).Where(IsMine)];

    /// <summary>What hosts them.</summary>
    internal AssignedEngine Engine => engine;

    /// <summary>The address of this silo.</summary>
    internal SiloAddress Self => self;

    /// <inheritdoc />
    public IReadOnlyList<OwnedPartition> ListOwned(string shard) => engine.ListOwned(shard);

    /// <summary>Names the projectors whose lag bounds what is taken; before the silo starts.</summary>
    public void UseLag(IProjectionLag lag) => engine.UseLag(lag);

    /// <summary>Remembers a grain of a partition, to be deactivated with it.</summary>
    internal void Enter(int partition, IGrainContext grain) => tenures[partition].Grains[grain.GrainId] = grain;

    /// <summary>Forgets it.</summary>
    internal void Exit(int partition, IGrainContext grain) =>
        tenures[partition].Grains.TryRemove(new KeyValuePair<GrainId, IGrainContext>(grain.GrainId, grain));

    /// <summary>Whether calls for a partition are served here without asking anybody.</summary>
    internal bool IsServing(int partition) => engine.IsHosted(partition) && !draining;

    /// <summary>Makes sure that a partition is hosted here, where the view makes it this silo's. It may still be on its way.</summary>
    /// <exception cref="PartitionElsewhereException">It is not this silo's.</exception>
    internal async ValueTask EnsureHostedAsync(int partition, CancellationToken cancellation)
    {
        if (engine.IsHosted(partition))
            return;
        if (IsMine(partition))
            await SettleAsync(partition).WaitAsync(inputs.Options.Patience, inputs.Client.Time, cancellation);
        if (engine.IsHosted(partition))
            return;
        if (IsMine(partition))
            throw new PartitionUnavailableException($"Partition {partition} was taken by another silo a moment ago.");
        throw new PartitionElsewhereException($"Partition {partition} is not with silo {self}.");
    }

    private bool IsMine(int partition) => !draining && self.Equals(view.OwnerOf(partition));

    /// <summary>Takes or leaves a partition until that is how the view has it.</summary>
    private async Task SettleAsync(int partition)
    {
        Tenure tenure = tenures[partition];
        await tenure.Turn.WaitAsync();
        try
        {
            while (true)
            {
                bool mine = IsMine(partition);
                if (mine == engine.IsHosted(partition))
                    return;
                if (!mine)
                    await LeaveAsync(partition);
                else if (inputs.Client.Time.GetTimestamp() < tenure.NotBefore)
                    return;
                else
                    _ = TakeAsync(partition);
            }
        }
        finally
        {
            tenure.Turn.Release();
        }
    }

    // Hosted from the call on; the claim goes on beside, and callers wait for it.
    private async Task TakeAsync(int partition)
    {
        try
        {
            long epoch = await engine.TakeAsync(partition, stopping.Token);
            LogTaken(partition, epoch);
        }
        catch (Exception exception) when (exception is PartitionUnavailableException or OperationCanceledException)
        {
            // Said already; tried again in the background until it is left.
        }

        Changed?.Invoke();
    }

    private async Task LeaveAsync(int partition)
    {
        using var limit = new CancellationTokenSource(inputs.Options.StopWithin, inputs.Client.Time);
        long began = inputs.Client.Time.GetTimestamp();
        await engine.LeaveAsync(partition, limit.Token);
        // From here callers are sent on: the grains' next activations are with the new owner.
        var reason = new DeactivationReason(DeactivationReasonCode.ApplicationRequested, "Its partition is another silo's now.");
        foreach (IGrainContext grain in tenures[partition].Grains.Values)
            grain.Deactivate(reason, limit.Token);
        LogLeft(partition, (long)inputs.Client.Time.GetElapsedTime(began).TotalMilliseconds);
        Changed?.Invoke();
    }

    private async Task AfterFenceAsync(int partition)
    {
        Tenure tenure = tenures[partition];
        TimeSpan wait;
        await tenure.Turn.WaitAsync();
        try
        {
            wait = tenure.Fenced(inputs.Client.Time);
            LogFenced(partition, IsMine(partition), (long)wait.TotalMilliseconds);
            await LeaveAsync(partition);
        }
        finally
        {
            tenure.Turn.Release();
        }

        await Task.Delay(wait, inputs.Client.Time);
        await SettleAsync(partition);
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "partition {Partition} is served here, epoch {Epoch}")]
    private partial void LogTaken(int partition, long epoch);

    [LoggerMessage(Level = LogLevel.Debug, Message = "partition {Partition} was left, in {Milliseconds} ms")]
    private partial void LogLeft(int partition, long milliseconds);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "partition {Partition} was taken by another silo; it is this one's by its own view: {Mine}; not tried for {Wait} ms")]
    private partial void LogFenced(int partition, bool mine, long wait);
}
