using Metering.Core.Catalog;
using Metering.Core.Ids;
using Metering.Core.Invoicing;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Grid.Directory;

namespace Metering.TestSupport.Memory;

/// <summary>
/// The control database in memory, by the contract of <see cref="IDirectoryStore"/>. It counts its queries, and can be made to be away
/// or to keep a query waiting. Lists are not paged by anything but the limit.
/// </summary>
public sealed class MemoryDirectoryStore : IDirectoryStore
{
    private readonly Lock guard = new();
    private readonly Dictionary<string, CustomerRecord> customers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ProjectRecord> projects = new(StringComparer.Ordinal);
    private readonly List<KeyRecord> keys = [];
    private readonly Dictionary<string, Meter> meters = new(StringComparer.Ordinal);
    private readonly HashSet<string> used = new(StringComparer.Ordinal);
    private readonly List<Plan> plans = [];
    private readonly MemoryFacts facts = new();
    private long version = 1;
    private long catalogVersion = 1;

    /// <summary>A store of a cluster with so many partitions.</summary>
    public MemoryDirectoryStore(int partitions = 4) => Cluster = new ClusterRecord(partitions, "0123456789abcdef"u8.ToArray());

    /// <summary>What <see cref="ReadClusterAsync"/> answers.</summary>
    public ClusterRecord Cluster { get; }

    /// <summary>While set, every query fails as on a broken connection.</summary>
    public bool Away { get; set; }

    /// <summary>While set, the catalogue cannot be read; everything else can.</summary>
    public bool BrokenCatalog { get; set; }

    /// <summary>While set, look-ups of projects and keys, having read, wait for it before they answer.</summary>
    public TaskCompletionSource? Gate { get; set; }

    /// <summary>While set, the number of the newest change is told only once it is completed.</summary>
    public TaskCompletionSource? VersionGate { get; set; }

    /// <summary>How often the number of the newest change was asked for.</summary>
    public int VersionQueries { get; private set; }

    /// <summary>How often projects were looked up.</summary>
    public int ProjectQueries { get; private set; }

    /// <summary>How often a key was looked up.</summary>
    public int KeyQueries { get; private set; }

    /// <summary>Meters that were marked as used.</summary>
    public IReadOnlyCollection<string> UsedMeters => used;

    /// <inheritdoc />
    public ValueTask<ClusterRecord> ReadClusterAsync(CancellationToken cancellation) => Answer(() => Cluster);

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<ShardAssignment>> ReadShardMapAsync(CancellationToken cancellation) => Answer(() =>
        (IReadOnlyList<ShardAssignment>)[.. Enumerable.Range(0, Cluster.Partitions)
            .Select(partition => new ShardAssignment(partition, "s0"))]);

    /// <inheritdoc />
    public async ValueTask<long> ReadVersionAsync(CancellationToken cancellation)
    {
        VersionQueries++;
        if (VersionGate is { } gate)
            await gate.Task.WaitAsync(cancellation);
        return await Answer(() => version);
    }

    /// <inheritdoc />
    public ValueTask<DirectoryChanges> ReadChangesAsync(long afterVersion, CancellationToken cancellation) =>
        Answer(() => new DirectoryChanges(
        version, catalogVersion > afterVersion, false,
        [.. customers.Values.Where(record => record.Version > afterVersion)],
        [.. projects.Values.Where(record => record.Version > afterVersion)],
        [.. keys.Where(record => record.Version > afterVersion)]));

    /// <inheritdoc />
    public ValueTask<CatalogRecord> ReadCatalogAsync(CancellationToken cancellation) => BrokenCatalog
        ? ValueTask.FromException<CatalogRecord>(new InvalidDataException("The catalogue cannot be read."))
        : Answer(() => facts.Fill([.. meters.Values], [.. plans]));

    /// <inheritdoc />
    public ValueTask<CustomerRecord?> FindCustomerAsync(string id, CancellationToken cancellation) =>
        Answer(() => customers.GetValueOrDefault(id));

    /// <inheritdoc />
    public ValueTask<ProjectRecord?> FindProjectAsync(string id, CancellationToken cancellation) =>
        Answer(() => projects.GetValueOrDefault(id));

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<(ProjectRecord Project, CustomerRecord Customer)>> FindProjectsAsync(
        IReadOnlyList<string> ids, CancellationToken cancellation)
    {
        (ProjectRecord, CustomerRecord)[] found = await Answer(() =>
        {
            ProjectQueries++;
            return ids.Where(projects.ContainsKey).Select(id => (projects[id], customers[projects[id].CustomerId])).ToArray();
        });
        await WaitAsync(cancellation);
        return found;
    }

    /// <inheritdoc />
    public async ValueTask<KeyRecord?> FindKeyAsync(ReadOnlyMemory<byte> sha256, CancellationToken cancellation)
    {
        KeyRecord? found = await Answer(() =>
        {
            KeyQueries++;
            return keys.Find(key => key.Sha256.AsSpan().SequenceEqual(sha256.Span));
        });
        await WaitAsync(cancellation);
        return found;
    }

    /// <inheritdoc />
    public ValueTask<KeyRecord?> FindKeyByIdAsync(string id, CancellationToken cancellation) =>
        Answer(() => keys.Find(key => key.Id == id));

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<KeyRecord>> ListKeysAsync(string? customerId, CancellationToken cancellation) => Answer(() =>
        (IReadOnlyList<KeyRecord>)[.. keys.Where(key => key.CustomerId == customerId).Reverse()]);

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<ProjectRecord>> ListProjectsAsync(string customerId, CancellationToken cancellation) => Answer(() =>
        (IReadOnlyList<ProjectRecord>)[.. projects.Values.Where(project => project.CustomerId == customerId)]);

    /// <inheritdoc />
    public ValueTask<CustomerPage> ListCustomersAsync(CustomerQuery query, CancellationToken cancellation) => Answer(() =>
    {
        CustomerRecord[] all = [.. customers.Values
            .Where(record => query.Plan is null || record.Plan == query.Plan)
            .Where(record => query.Status is null || record.Status == query.Status)
            .Where(record => query.Search is null || record.Id.Contains(query.Search, StringComparison.OrdinalIgnoreCase)
                || record.Name.Contains(query.Search, StringComparison.OrdinalIgnoreCase)
                || record.Email.Contains(query.Search, StringComparison.OrdinalIgnoreCase))
            .OrderBy(record => record.Id, StringComparer.Ordinal)];
        if (query.Descending)
            Array.Reverse(all);
        return new CustomerPage([.. all.Skip(query.Offset).Take(query.Limit)], all.Length);
    });

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<PlanUsers>> CountCustomersAsync(CancellationToken cancellation) => Answer(
        IReadOnlyList<PlanUsers> () => [.. projects.Values
            .GroupBy(project => (project.Plan, project.PlanVersion, customers[project.CustomerId].Currency))
            .Select(group => new PlanUsers(
                group.Key.Plan, group.Key.PlanVersion, group.Key.Currency, group.Count(each => each.Id == each.CustomerId),
                group.Count()))]);

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<string>> AddCustomersAsync(IReadOnlyList<CustomerRecord> added, CancellationToken cancellation) =>
        Answer(() =>
    {
        var existed = new List<string>();
        foreach (CustomerRecord customer in added)
        {
            if (projects.ContainsKey(customer.Id))
            {
                existed.Add(customer.Id);
                continue;
            }

            customers[customer.Id] = customer with { Version = ++version };
            projects[customer.Id] = new ProjectRecord(
                customer.Id, customer.Id, customer.Name, customer.Plan, customer.PlanVersion, customer.CreatedAt, version);
        }

        return (IReadOnlyList<string>)existed;
    });

    /// <inheritdoc />
    public ValueTask<CustomerRecord?> UpdateCustomerAsync(
        string id, string? name, string? email, string? tier, CancellationToken cancellation) => Answer(() =>
    {
        if (!customers.TryGetValue(id, out CustomerRecord? old))
            return null;
        return customers[id] = old with
        {
            Name = name ?? old.Name, Email = email ?? old.Email, Tier = tier ?? old.Tier, Version = ++version,
        };
    });

    /// <inheritdoc />
    public ValueTask FollowPartitionAsync(IReadOnlyList<PartitionFact> facts, CancellationToken cancellation) => Do(() =>
    {
        foreach (PartitionFact fact in facts)
        {
            version++;
            if (customers.TryGetValue(fact.ProjectId, out CustomerRecord? customer))
            {
                customers[customer.Id] = customer with
                {
                    Plan = fact.Plan ?? customer.Plan,
                    PlanVersion = fact.Plan is null ? customer.PlanVersion : fact.PlanVersion,
                    Status = fact.Status ?? customer.Status,
                    Version = version,
                };
            }

            if (fact.Plan is not null && projects.TryGetValue(fact.ProjectId, out ProjectRecord? project))
                projects[project.Id] = project with { Plan = fact.Plan, PlanVersion = fact.PlanVersion, Version = version };
        }
    });

    /// <inheritdoc />
    public ValueTask<bool> AddProjectAsync(ProjectRecord project, CancellationToken cancellation) =>
        Answer(() => projects.TryAdd(project.Id, project with { Version = ++version }));

    /// <inheritdoc />
    public ValueTask<bool> AddKeyAsync(KeyRecord key, CancellationToken cancellation) => Answer(() =>
    {
        if (keys.Exists(known => known.Sha256.AsSpan().SequenceEqual(key.Sha256)))
            return false;
        keys.Add(key with { Version = ++version });
        return true;
    });

    /// <inheritdoc />
    public ValueTask<KeyRecord?> RevokeKeyAsync(string id, Instant at, CancellationToken cancellation) => Answer(() =>
    {
        int index = keys.FindIndex(key => key.Id == id);
        if (index < 0)
            return null;
        bool isLast = keys[index].CustomerId is null && keys.Count(key => key is { CustomerId: null, RevokedAt: null }) <= 1;
        if (keys[index].RevokedAt is null && !isLast)
            keys[index] = keys[index] with { RevokedAt = at, Version = ++version };
        return keys[index];
    });

    /// <inheritdoc />
    public ValueTask<MeterPutStatus> PutMeterAsync(Meter meter, CancellationToken cancellation) => Answer(() =>
    {
        string id = meter.Id.Value;
        if (!meters.TryGetValue(id, out Meter? old))
        {
            meters[id] = meter;
            catalogVersion = ++version;
            return MeterPutStatus.Created;
        }

        if (old == meter)
            return MeterPutStatus.Unchanged;
        if (used.Contains(id))
            return MeterPutStatus.InUse;
        meters[id] = meter;
        catalogVersion = ++version;
        return MeterPutStatus.Changed;
    });

    /// <inheritdoc />
    public ValueTask MarkMetersUsedAsync(IReadOnlyList<string> marked, CancellationToken cancellation) => Do(() => used.UnionWith(marked));

    /// <inheritdoc />
    public ValueTask<Plan> PutPlanAsync(Plan plan, CancellationToken cancellation) => Answer(() =>
    {
        Plan? newest = plans.Where(known => known.Id == plan.Id).MaxBy(known => known.Version);
        if (newest is not null && newest == plan with { Version = newest.Version })
            return newest;
        Plan added = plan with { Version = (newest?.Version ?? 0) + 1 };
        plans.Add(added);
        catalogVersion = ++version;
        return added;
    });

    /// <inheritdoc />
    public ValueTask<CustomerRecord?> SetBillingAsync(string customerId, BillingProfile billing, CancellationToken cancellation) =>
        Answer(() => customers.TryGetValue(customerId, out CustomerRecord? old)
            ? customers[customerId] = old with { Billing = billing, Version = ++version }
            : null);

    /// <inheritdoc />
    public ValueTask<FactPutStatus> PutTaxRateAsync(TaxRate rate, CancellationToken cancellation) => Put(() => facts.Put(rate));

    /// <inheritdoc />
    public ValueTask<FactPutStatus> PutCouponAsync(Coupon coupon, CancellationToken cancellation) => Put(() => facts.Put(coupon));

    /// <inheritdoc />
    public ValueTask<FactPutStatus> PutExchangeRateAsync(ExchangeRate rate, CancellationToken cancellation) => Put(() => facts.Put(rate));

    /// <inheritdoc />
    public ValueTask<bool> RemoveTaxRateAsync(TaxRateId id, CancellationToken cancellation) =>
        Remove(() => facts.RemoveTaxRate(id.Value));

    /// <inheritdoc />
    public ValueTask<bool> RemoveCouponAsync(CouponId id, CancellationToken cancellation) => Remove(() => facts.RemoveCoupon(id.Value));

    /// <inheritdoc />
    public ValueTask<bool> RemoveExchangeRateAsync(Currency from, Currency to, DateOnly validFrom, CancellationToken cancellation) =>
        Remove(() => facts.RemoveExchangeRate(from.Code, to.Code, validFrom));

    private ValueTask<FactPutStatus> Put(Func<FactPutStatus> put) => Answer(() =>
    {
        FactPutStatus status = put();
        if (status != FactPutStatus.Unchanged)
            catalogVersion = ++version;
        return status;
    });

    private ValueTask<bool> Remove(Func<bool> remove) => Answer(() =>
    {
        bool removed = remove();
        if (removed)
            catalogVersion = ++version;
        return removed;
    });

    /// <summary>Adds a customer with its default project.</summary>
    public async Task<CustomerRecord> AddCustomerAsync(string id, string plan, CustomerStatus status = CustomerStatus.Active)
    {
        var record = new CustomerRecord(id, id, $"{id}@example.com", plan, 1, "USD", "UTC", null, status, Instant.UnixEpoch, 0);
        await AddCustomersAsync([record], CancellationToken.None);
        return record;
    }

    /// <summary>Puts a whole catalogue.</summary>
    public async Task AddCatalogueAsync(Catalogue catalogue)
    {
        foreach (Meter meter in catalogue.Meters)
            await PutMeterAsync(meter, CancellationToken.None);
        foreach (Plan plan in catalogue.Plans)
            await PutPlanAsync(plan, CancellationToken.None);
    }

    private ValueTask Do(Action action)
    {
        ValueTask<bool> done = Answer(() =>
        {
            action();
            return true;
        });
        return done.IsCompletedSuccessfully ? ValueTask.CompletedTask : new ValueTask(done.AsTask());
    }

    private ValueTask<T> Answer<T>(Func<T> query)
    {
        lock (guard)
        {
            return Away
                ? ValueTask.FromException<T>(new IOException("The control database is away."))
                : ValueTask.FromResult(query());
        }
    }

    private async ValueTask WaitAsync(CancellationToken cancellation)
    {
        if (Gate is { } gate)
            await gate.Task.WaitAsync(cancellation);
    }
}
