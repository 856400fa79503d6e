using System.Text;
using Metering.Core.Time;
using Metering.Grid.Dedup;
using Metering.Grid.Directory;
using Metering.Grid.Ingest;

namespace Metering.Simulation.Load;

/// <summary>The directory that all processes of a simulation share; its catalogue is replaced while they run.</summary>
internal sealed class SimDirectory : IDirectory
{
    public const int Partitions = 4;

    private readonly Dictionary<string, ProjectEntry> projects = new(StringComparer.Ordinal);
    private readonly EventIdentity identity;

    public SimDirectory()
    {
        Cluster = new ClusterRecord(Partitions, "sixteen byte key"u8.ToArray());
        identity = new EventIdentity(Cluster.IdentityKey);
        Recompile();
    }

    public CatalogSnapshot Catalog { get; private set; } = CatalogSnapshot.Empty;

    public ClusterRecord Cluster { get; }

    public List<CustomerEntry> Customers { get; } = [];

    public IReadOnlyDictionary<string, ProjectEntry> Projects => projects;

    /// <summary>The same catalogue as a new object: what a change of the directory looks like to the engine.</summary>
    public void Recompile() => Catalog = new CatalogSnapshot(new CatalogRecord(PlanSpecs.Meters, [.. PlanSpecs.All
        .Select(plan => plan.ToPlan())]));

    public CustomerEntry Add(string id, PlanSpec plan, string timeZone)
    {
        var record = new CustomerRecord(id, id, id, plan.Id, plan.Version, "USD", timeZone, null, CustomerStatus.Active,
            Instant.UnixEpoch, 1);
        byte[] utf8 = Encoding.UTF8.GetBytes(id);
        var customer = new CustomerEntry(record, Placement.PartitionOf(utf8, Partitions), Placement.BucketOf(utf8));
        Customers.Add(customer);
        AddProject(id, customer, plan);
        return customer;
    }

    public void AddProject(string id, CustomerEntry customer, PlanSpec plan) =>
        projects.Add(id, new ProjectEntry(new ProjectRecord(id, customer.Id, id, plan.Id, plan.Version, Instant.UnixEpoch, 1), customer));

    public void Resolve(EventBatch batch)
    {
        for (int index = 0; index < batch.Count; index++)
        {
            ref ParsedEvent item = ref batch[index];
            if (!projects.TryGetValue(Encoding.UTF8.GetString(batch.Slice(item.Subject)), out ProjectEntry? project))
                continue;
            item.Project = project;
            item.Identity = identity.Of(project.Customer.IdUtf8, batch.Slice(item.Source), batch.Slice(item.Id));
        }
    }

    public ValueTask<CustomerEntry?> FindCustomerAsync(string id, CancellationToken cancellation) => new(Customers.Find(each =>
        each.Id == id));

    public ValueTask<IReadOnlyList<CustomerEntry>> FindCustomersAsync(IReadOnlyList<string> ids, CancellationToken cancellation) =>
        new([.. Customers.Where(each => ids.Contains(each.Id))]);

    public ValueTask<ProjectEntry?> FindProjectAsync(string id, CancellationToken cancellation) => new(projects.GetValueOrDefault(id));

    public ValueTask ResolveAsync(EventBatch batch, CancellationToken cancellation)
    {
        Resolve(batch);
        return ValueTask.CompletedTask;
    }

    public ValueTask<KeyRecord?> FindKeyAsync(ReadOnlyMemory<byte> sha256, CancellationToken cancellation) => new((KeyRecord?)null);

    public ValueTask RefreshAsync(CancellationToken cancellation) => ValueTask.CompletedTask;

    public ValueTask MarkUsedAsync(EventShape shape, CancellationToken cancellation) => ValueTask.CompletedTask;
}
