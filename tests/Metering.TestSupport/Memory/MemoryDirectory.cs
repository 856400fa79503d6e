using System.Text;
using Metering.Core.Time;
using Metering.Grid.Dedup;
using Metering.Grid.Directory;
using Metering.Grid.Ingest;

namespace Metering.TestSupport.Memory;

/// <summary>A directory without a database: whatever was added is cached.</summary>
public sealed class MemoryDirectory : IDirectory
{
    private readonly Dictionary<string, ProjectEntry> projects = new(StringComparer.Ordinal);
    private readonly Dictionary<string, CustomerEntry> customers = new(StringComparer.Ordinal);
    private readonly EventIdentity identity;

    /// <summary>A directory of a cluster with so many partitions.</summary>
    public MemoryDirectory(int partitions, CatalogRecord catalog)
    {
        Cluster = new ClusterRecord(partitions, Encoding.ASCII.GetBytes("0123456789abcdef"));
        Catalog = new CatalogSnapshot(catalog);
        identity = new EventIdentity(Cluster.IdentityKey);
    }

    /// <inheritdoc />
    public CatalogSnapshot Catalog { get; set; }

    /// <summary>What another process has made of the catalogue: the next refresh finds it; null for nothing.</summary>
    public CatalogSnapshot? MadeElsewhere { get; set; }

    /// <inheritdoc />
    public ClusterRecord Cluster { get; }

    /// <summary>Event types that were marked as used.</summary>
    public HashSet<string> Used { get; } = new(StringComparer.Ordinal);

    /// <summary>Adds a customer on a plan, with its default project.</summary>
    public CustomerEntry Add(
        string id, string plan, int planVersion = 1, string zone = "UTC", int anchor = 1, string? name = null)
    {
        var record = new CustomerRecord(
            id, name ?? id, $"{id}@example.com", plan, planVersion, "USD", zone, null, CustomerStatus.Active, Instant.UnixEpoch, 1)
        {
            BillingAnchorDay = anchor,
        };
        byte[] utf8 = Encoding.UTF8.GetBytes(id);
        var customer = new CustomerEntry(record, Placement.PartitionOf(utf8, Cluster.Partitions), Placement.BucketOf(utf8));
        customers.Add(id, customer);
        projects.Add(id, new ProjectEntry(new ProjectRecord(id, id, id, plan, planVersion, Instant.UnixEpoch, 1), customer));
        return customer;
    }

    /// <summary>A customer that was added.</summary>
    public CustomerEntry Customer(string id) => customers[id];

    /// <summary>A project that was added.</summary>
    public ProjectEntry Project(string id) => projects[id];

    /// <inheritdoc />
    public ValueTask<CustomerEntry?> FindCustomerAsync(string id, CancellationToken cancellation) => new(customers.GetValueOrDefault(id));

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<CustomerEntry>> FindCustomersAsync(IReadOnlyList<string> ids, CancellationToken cancellation) =>
        new([.. ids.Where(customers.ContainsKey).Select(id => customers[id])]);

    /// <inheritdoc />
    public ValueTask<ProjectEntry?> FindProjectAsync(string id, CancellationToken cancellation) => new(projects.GetValueOrDefault(id));

    /// <inheritdoc />
    public ValueTask ResolveAsync(EventBatch batch, CancellationToken cancellation)
    {
        for (int index = 0; index < batch.Count; index++)
        {
            ref ParsedEvent item = ref batch[index];
            if (!projects.TryGetValue(Encoding.UTF8.GetString(batch.Slice(item.Subject)), out ProjectEntry? project))
                continue;
            item.Project = project;
            item.Identity = identity.Of(project.Customer.IdUtf8, batch.Slice(item.Source), batch.Slice(item.Id));
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc />
    public ValueTask<KeyRecord?> FindKeyAsync(ReadOnlyMemory<byte> sha256, CancellationToken cancellation) => new((KeyRecord?)null);

    /// <inheritdoc />
    public ValueTask RefreshAsync(CancellationToken cancellation)
    {
        Catalog = MadeElsewhere ?? Catalog;
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc />
    public ValueTask MarkUsedAsync(EventShape shape, CancellationToken cancellation)
    {
        lock (Used)
            Used.Add(shape.Type);
        return ValueTask.CompletedTask;
    }
}
