using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Text;
using Metering.Core.Catalog;
using Metering.Core.Ids;
using Metering.Core.Usage;
using Metering.Grid.Dedup;
using Metering.Grid.Ingest;

namespace Metering.Grid.Directory;

/// <summary>
/// The directory in memory over the control database. What is cached is found without a wait or an allocation; every miss, also of an id
/// that nobody has, is read once, and misses at the same time share one query. Changes made elsewhere are here within the poll interval.
/// </summary>
/// <remarks>
/// While the control database is away, cached customers and keys go on, however long that takes: a billing system that refuses its
/// customers because a lookup table is away does more harm than a revoked key that lives until the table is back. What is not cached is
/// <see cref="DirectoryUnavailableException"/>.
/// </remarks>
public sealed partial class CachedDirectory : IDirectory, IAsyncDisposable
{
    private readonly IDirectoryStore store;
    private readonly CachedDirectoryOptions options;
    private readonly TimeProvider time;
    private readonly EventIdentity identity;
    private readonly Lock guard = new();
    private readonly BoundedCache<ProjectEntry> projects;
    private readonly BoundedCache<KeyRecord> keys;
    private readonly Dictionary<string, CustomerSlot> customers = new(StringComparer.Ordinal);
    private readonly PendingReads<ProjectEntry> projectReads = new();
    private readonly PendingReads<KeyRecord> keyReads = new();
    private readonly CancellationTokenSource stopping = new();
    private Task polling = Task.CompletedTask;
    private long version;
    private volatile CatalogSnapshot catalog = CatalogSnapshot.Empty;
    private readonly ConcurrentDictionary<Meter, bool> usedMeters = new();
    private volatile ConditionalWeakTable<EventShape, object> marked = [];
    private uint preloaded;

    private CachedDirectory(IDirectoryStore store, ClusterRecord cluster, CachedDirectoryOptions options, TimeProvider time)
    {
        this.store = store;
        this.options = options;
        this.time = time;
        Cluster = cluster;
        identity = new EventIdentity(cluster.IdentityKey);
        projects = new BoundedCache<ProjectEntry>(options.ProjectsMax);
        keys = new BoundedCache<KeyRecord>(options.KeysMax);
    }

    /// <inheritdoc />
    public CatalogSnapshot Catalog => catalog;

    /// <inheritdoc />
    public ClusterRecord Cluster { get; }

    /// <summary>Raised when the shard map, or a shard's address, has changed; handlers return at once.</summary>
    public event Action? ShardMapChanged;

    /// <summary>Whether the control database was away at the last poll; for health.</summary>
    public bool LastPollFailed { get; private set; }

    /// <summary>How many projects are in memory.</summary>
    public int ProjectsInMemory
    {
        get
        {
            lock (guard)
                return projects.Count;
        }
    }

    /// <summary>Reads the cluster and the catalogue and begins to poll. Dispose ends that; the store stays its owner's.</summary>
    public static async Task<CachedDirectory> OpenAsync(
        IDirectoryStore store, CachedDirectoryOptions options, TimeProvider time, CancellationToken cancellation)
    {
        ClusterRecord cluster = await store.ReadClusterAsync(cancellation);
        var directory = new CachedDirectory(store, cluster, options, time);
        // The version first: what changes between the two reads is then read again by the first poll.
        directory.version = await store.ReadVersionAsync(cancellation);
        directory.catalog = new CatalogSnapshot(await store.ReadCatalogAsync(cancellation));
        directory.polling = directory.PollAsync();
        return directory;
    }

    /// <inheritdoc />
    public async ValueTask<CustomerEntry?> FindCustomerAsync(string id, CancellationToken cancellation)
    {
        // The default project has the customer's id, and no other project can.
        ProjectEntry? project = await FindProjectAsync(id, cancellation);
        return project is { IsDefault: true } ? project.Customer : null;
    }

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<CustomerEntry>> FindCustomersAsync(IReadOnlyList<string> ids, CancellationToken cancellation)
    {
        var found = new List<CustomerEntry>(ids.Count);
        List<byte[]>? missing = null;
        foreach (string id in ids)
        {
            byte[] utf8 = Encoding.UTF8.GetBytes(id);
            if (!projects.TryFind(utf8, out ProjectEntry? project))
                (missing ??= []).Add(utf8);
            else if (project.IsDefault)
                found.Add(project.Customer);
        }

        if (missing is not null)
        {
            Dictionary<byte[], ProjectEntry> read = await ReadProjectsAsync(missing, cancellation);
            found.AddRange(read.Values.Where(project => project.IsDefault).Select(project => project.Customer));
        }

        return found;
    }

    /// <inheritdoc />
    public ValueTask<ProjectEntry?> FindProjectAsync(string id, CancellationToken cancellation)
    {
        Span<byte> utf8 = stackalloc byte[IdRules.MaxBytes];
        if (!Encoding.UTF8.TryGetBytes(id, utf8, out int length))
            return ValueTask.FromResult<ProjectEntry?>(null);
        return projects.TryFind(utf8[..length], out ProjectEntry? project)
            ? ValueTask.FromResult<ProjectEntry?>(project)
            : ReadAsync(utf8[..length].ToArray(), cancellation);

        async ValueTask<ProjectEntry?> ReadAsync(byte[] wanted, CancellationToken waiting)
        {
            Dictionary<byte[], ProjectEntry> found = await ReadProjectsAsync([wanted], waiting);
            return found.GetValueOrDefault(wanted);
        }
    }

    /// <inheritdoc />
    public ValueTask ResolveAsync(EventBatch batch, CancellationToken cancellation)
    {
        Guess(batch);
        HashSet<byte[]>? missing = null;
        ProjectEntry? last = null;
        for (int i = 0; i < batch.Count; i++)
        {
            ref ParsedEvent item = ref batch[i];
            ReadOnlySpan<byte> subject = batch.Slice(item.Subject);
            ProjectEntry? project = item.Project;
            item.Project = null;
            // Senders put the events of one customer together.
            if (last is not null && subject.SequenceEqual(last.IdUtf8))
                Assign(batch, ref item, last);
            else if ((project is not null && subject.SequenceEqual(project.IdUtf8)) || projects.TryFind(subject, out project))
                Assign(batch, ref item, last = project);
            else
                (missing ??= new HashSet<byte[]>(ByteKeyComparer.Instance)).Add(subject.ToArray());
        }

        return missing is null ? ValueTask.CompletedTask : ResolveMissingAsync(batch, [.. missing], cancellation);
    }

    /// <summary>
    /// Puts into each event the project that its subject probably is, step by step for all of them: so the memory that a look-up of many
    /// customers waits for is waited for together.
    /// </summary>
    private void Guess(EventBatch batch)
    {
        if (batch.Count == 1)
        {
            batch[0].Project = null;
            return;
        }

        // The identity is computed at the end: until then its place holds the subject's hash.
        uint read = 0;
        for (int i = 0; i < batch.Count; i++)
        {
            uint hash = BoundedCache<ProjectEntry>.HashOf(batch.Slice(batch[i].Subject));
            batch[i].Identity = hash;
            read += projects.Preload(hash);
        }

        for (int i = 0; i < batch.Count; i++)
        {
            uint hash = (uint)batch[i].Identity;
            batch[i].Identity = default;
            batch[i].Project = projects.Guess(hash);
        }

        for (int i = 0; i < batch.Count; i++)
            read += batch[i].Project is { } project ? (uint)(project.IdUtf8.Length + project.Customer.Partition) : 0;
        for (int i = 0; i < batch.Count; i++)
            read += batch[i].Project is { } project ? project.IdUtf8[0] + (uint)project.Customer.IdUtf8.Length : 0;
        Volatile.Write(ref preloaded, read);
    }

    /// <inheritdoc />
    public bool TryFindCachedKey(ReadOnlySpan<byte> sha256, [NotNullWhen(true)] out KeyRecord? key) => keys.TryFind(sha256, out key);

    /// <inheritdoc />
    public async ValueTask<KeyRecord?> FindKeyAsync(ReadOnlyMemory<byte> sha256, CancellationToken cancellation)
    {
        if (keys.TryFind(sha256.Span, out KeyRecord? key))
            return key;
        byte[] wanted = sha256.ToArray();
        PendingReads<KeyRecord>.Read read;
        lock (guard)
        {
            // It may have come since the look-up without the lock.
            if (keys.TryFind(wanted, out key))
                return key;
            var fresh = new PendingReads<KeyRecord>.Read();
            read = keyReads.Join(wanted, fresh);
            if (ReferenceEquals(read, fresh))
                read.Done = FetchKeyAsync(wanted, read);
        }

        await read.Done.WaitAsync(cancellation);
        return read.Found.GetValueOrDefault(wanted);
    }

    /// <inheritdoc />
    public ValueTask MarkUsedAsync(EventShape shape, CancellationToken cancellation) =>
        marked.TryGetValue(shape, out _) ? ValueTask.CompletedTask : MarkAsync(shape, cancellation);

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await polling;
        await refreshing.WaitAsync(CancellationToken.None);
        stopping.Dispose();
        refreshing.Dispose();
    }

    private void Assign(EventBatch batch, ref ParsedEvent item, ProjectEntry project)
    {
        item.Project = project;
        item.Identity = identity.Of(project.Customer.IdUtf8, batch.Slice(item.Source), batch.Slice(item.Id));
    }

    private async ValueTask ResolveMissingAsync(EventBatch batch, List<byte[]> missing, CancellationToken cancellation)
    {
        Dictionary<byte[], ProjectEntry> found = await ReadProjectsAsync(missing, cancellation);
        var bySpan = found.GetAlternateLookup<ReadOnlySpan<byte>>();
        for (int i = 0; i < batch.Count; i++)
        {
            ref ParsedEvent item = ref batch[i];
            if (item.Project is null && bySpan.TryGetValue(batch.Slice(item.Subject), out ProjectEntry? project))
                Assign(batch, ref item, project);
        }
    }

    private async ValueTask MarkAsync(EventShape shape, CancellationToken cancellation)
    {
        ConditionalWeakTable<EventShape, object> table = marked;
        // A changed catalogue makes new shapes of meters that are the same as before.
        if (Array.TrueForAll(shape.Meters, meter => usedMeters.ContainsKey(meter.Meter)))
        {
            table.TryAdd(shape, table);
            return;
        }

        try
        {
            await store.MarkMetersUsedAsync([.. shape.Meters.Select(meter => meter.Meter.Id.Value)], cancellation);
            // A meter may have changed just before it was marked: from the next event on its new form counts.
            await RefreshAsync(cancellation);
        }
        catch (Exception exception) when (!cancellation.IsCancellationRequested)
        {
            throw new DirectoryUnavailableException("The meters cannot be marked as used.", exception);
        }

        foreach (ShapeMeter meter in shape.Meters)
            usedMeters[meter.Meter] = true;
        table.TryAdd(shape, table);
    }

    private sealed class CustomerSlot(CustomerEntry entry)
    {
        public CustomerEntry Entry { get; } = entry;

        public int Projects { get; set; }
    }
}
