using Metering.Core.Time;
using Metering.Grid.Dedup;
using Metering.Grid.Directory;
using Metering.Grid.History;
using Metering.Grid.Storage;

namespace Metering.Grid.Partitions;

/// <summary>What all partitions of a process share.</summary>
internal sealed class GridContext
{
    private readonly Lock adding = new();
    private volatile IReadOnlyDictionary<string, Shard> shards;
    private IProjectionLag? lag;

    public GridContext(
        IDirectory directory, IReadOnlyDictionary<string, IShardStore> stores, GridOptions options, TimeProvider time, Guid owner)
    {
        options.Validate();
        Directory = directory;
        Options = options;
        Time = time;
        Owner = owner;
        Identity = new EventIdentity(directory.Cluster.IdentityKey);
        Clock = new GridClock(time, options.ClockSkewMax);
        Filters = new FilterCache(options.FilterBytesMax, options.FilterIdle);
        CheckpointSlots = new SemaphoreSlim(options.CheckpointsAtOnce);
        shards = stores.ToDictionary(pair => pair.Key, pair => new Shard(pair.Value, this), StringComparer.Ordinal);
        ListShards();
    }

    public IDirectory Directory { get; }

    public GridOptions Options { get; }

    public TimeProvider Time { get; }

    /// <summary>Names this process in the leases; new at every start.</summary>
    public Guid Owner { get; }

    public EngineStatus Status { get; } = new();

    public EventIdentity Identity { get; }

    /// <summary>Judges this machine's clock.</summary>
    public GridClock Clock { get; }

    /// <summary>Whether another process has taken any partition from this one: from then on it takes none over.</summary>
    public volatile bool WasFenced;

    public FilterCache Filters { get; }

    public SemaphoreSlim CheckpointSlots { get; }

    /// <summary>Merging holds a whole segment in memory: one at a time.</summary>
    public SemaphoreSlim MergeSlot { get; } = new(1);

    public IEnumerable<Shard> Shards => shards.Values;

    /// <summary>Receives what an operator should read.</summary>
    public Action<GridNotice>? OnNotice { get; set; }

    /// <summary>Called when another process has a partition that this one had.</summary>
    public Action<int, string>? OnFencedByAnother { get; set; }

    /// <summary>Whether an owner that a lease names may be alive, and give its partition up by itself; null where it is taken over at
    /// once.</summary>
    public Func<Guid, bool>? MayBeAlive { get; set; }

    /// <summary>Called after anything that may change whether the process is ready.</summary>
    public Action? OnOwnershipChanged { get; set; }

    /// <summary>Called when a partition was moved to a shard that this process does not know.</summary>
    public Action<string>? OnUnknownShard { get; set; }

    /// <summary>Called when there are more customers in memory than there should be.</summary>
    public Action? OnMemoryFull { get; set; }

    public Instant Now => Instant.FromDateTimeOffset(Time.GetUtcNow());

    public void SetLag(IProjectionLag value) => lag = value;

    /// <summary>Whether the projections of a shard are too far behind to take more events for it.</summary>
    public bool IsLagging(Shard shard) => lag is not null && lag.SecondsOf(shard.Store.Name) > Options.ProjectionLagMax.TotalSeconds;

    public Shard? FindShard(string name) => shards.GetValueOrDefault(name);

    /// <summary>Makes a shard known that was added to the cluster after this process began. One that is known stays as it is.</summary>
    public void AddShard(IShardStore store)
    {
        lock (adding)
        {
            if (shards.ContainsKey(store.Name))
                return;
            shards = new Dictionary<string, Shard>(shards, StringComparer.Ordinal) { [store.Name] = new Shard(store, this) };
            ListShards();
        }
    }

    private void ListShards() =>
        Status.Shards = [.. shards.Values.Select(shard => shard.Status).OrderBy(shard => shard.Name, StringComparer.Ordinal)];

    public void Notice(NoticeLevel level, int partition, string message, Exception? exception = null)
    {
        try
        {
            OnNotice?.Invoke(new GridNotice(level, partition, message, exception));
        }
        catch (Exception)
        {
            // A log that fails, say while the process ends, must not end a shard's writer with it.
        }
    }

    public void AddCustomers(Shard shard, int change)
    {
        if (change == 0)
            return;
        Interlocked.Add(ref shard.Status.Customers, change);
        if (Interlocked.Add(ref Status.CustomersInMemory, change) > Options.CustomersInMemoryMax && change > 0)
            OnMemoryFull?.Invoke();
    }
}

/// <summary>One shard as a process uses it.</summary>
internal sealed class Shard
{
    public Shard(IShardStore store, GridContext context)
    {
        Store = store;
        Status = new ShardStatus(store.Name);
        Writer = new ShardWriter(this, context);
        Loader = new BucketLoader(store);
    }

    public IShardStore Store { get; }

    public ShardStatus Status { get; }

    public ShardWriter Writer { get; }

    public BucketLoader Loader { get; }
}
