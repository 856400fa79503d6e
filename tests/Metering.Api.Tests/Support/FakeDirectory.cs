using System.Collections.Concurrent;
using System.Text;
using Metering.Core.Catalog;
using Metering.Core.Ids;
using Metering.Core.Invoicing;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Grid.Directory;
using Metering.Grid.Ingest;
using Metering.TestSupport.Memory;

namespace Metering.Api.Tests.Support;

/// <summary>A directory in memory: the control database and its cache in one.</summary>
internal sealed class FakeDirectory : IDirectory, IDirectoryStore
{
    private readonly ConcurrentDictionary<string, CustomerEntry> customers = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, ProjectEntry> projects = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, KeyRecord> keys = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Meter> meters = new(StringComparer.Ordinal);
    private readonly List<Plan> plans = [];
    private readonly MemoryFacts facts = new();
    private readonly HashSet<string> used = new(StringComparer.Ordinal);
    private long version;

    /// <summary>While true every look-up of the control database fails.</summary>
    public bool IsAway { get; set; }

    /// <summary>While true a change of the catalogue is seen with the next refresh, as one that another process makes.</summary>
    public bool SeesChangesLate { get; set; }

    public CatalogSnapshot Catalog { get; private set; } = CatalogSnapshot.Empty;

    public ClusterRecord Cluster { get; } = new(64, new byte[16]);

    public ValueTask<CustomerEntry?> FindCustomerAsync(string id, CancellationToken cancellation) =>
        ValueTask.FromResult(customers.GetValueOrDefault(id));

    public ValueTask<ProjectEntry?> FindProjectAsync(string id, CancellationToken cancellation) =>
        ValueTask.FromResult(projects.GetValueOrDefault(id));

    public ValueTask ResolveAsync(EventBatch batch, CancellationToken cancellation)
    {
        for (int i = 0; i < batch.Count; i++)
        {
            ref ParsedEvent item = ref batch[i];
            item.Project = projects.GetValueOrDefault(Encoding.UTF8.GetString(batch.Slice(item.Subject)));
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask<KeyRecord?> FindKeyAsync(ReadOnlyMemory<byte> sha256, CancellationToken cancellation)
    {
        byte[] hash = sha256.ToArray();
        return ValueTask.FromResult(keys.Values.FirstOrDefault(key => key.RevokedAt is null && key.Sha256.AsSpan().SequenceEqual(hash)));
    }

    public ValueTask RefreshAsync(CancellationToken cancellation)
    {
        if (SeesChangesLate)
            Compile();
        return ValueTask.CompletedTask;
    }

    public ValueTask MarkUsedAsync(EventShape shape, CancellationToken cancellation) =>
        MarkMetersUsedAsync([.. shape.Meters.Select(meter => meter.Meter.Id.Value)], cancellation);

    public ValueTask<ClusterRecord> ReadClusterAsync(CancellationToken cancellation) => ValueTask.FromResult(Cluster);

    public ValueTask<IReadOnlyList<ShardAssignment>> ReadShardMapAsync(CancellationToken cancellation) =>
        ValueTask.FromResult<IReadOnlyList<ShardAssignment>>(
            [.. Enumerable.Range(0, 64).Select(partition => new ShardAssignment(partition, "s0"))]);

    public ValueTask<long> ReadVersionAsync(CancellationToken cancellation) =>
        IsAway ? throw new AwayException() : ValueTask.FromResult(version);

    public ValueTask<DirectoryChanges> ReadChangesAsync(long afterVersion, CancellationToken cancellation) =>
        throw new NotSupportedException();

    public ValueTask<CatalogRecord> ReadCatalogAsync(CancellationToken cancellation) =>
        ValueTask.FromResult(facts.Fill([.. meters.Values], [.. plans]));

    ValueTask<CustomerRecord?> IDirectoryStore.FindCustomerAsync(string id, CancellationToken cancellation) =>
        ValueTask.FromResult(customers.GetValueOrDefault(id)?.Record);

    ValueTask<ProjectRecord?> IDirectoryStore.FindProjectAsync(string id, CancellationToken cancellation) =>
        ValueTask.FromResult(projects.GetValueOrDefault(id)?.Record);

    public ValueTask<IReadOnlyList<(ProjectRecord Project, CustomerRecord Customer)>> FindProjectsAsync(
        IReadOnlyList<string> ids, CancellationToken cancellation) => throw new NotSupportedException();

    public ValueTask<KeyRecord?> FindKeyByIdAsync(string id, CancellationToken cancellation) =>
        ValueTask.FromResult(keys.GetValueOrDefault(id));

    public ValueTask<IReadOnlyList<KeyRecord>> ListKeysAsync(string? customerId, CancellationToken cancellation) =>
        ValueTask.FromResult<IReadOnlyList<KeyRecord>>(
            [.. keys.Values.Where(key => key.CustomerId == customerId).OrderByDescending(key => key.CreatedAt.UnixMicroseconds)
                .ThenBy(key => key.Id)]);

    public ValueTask<IReadOnlyList<ProjectRecord>> ListProjectsAsync(string customerId, CancellationToken cancellation) =>
        ValueTask.FromResult<IReadOnlyList<ProjectRecord>>(
            [.. projects.Values.Where(project => project.Customer.Id == customerId).Select(project => project.Record)
                .OrderBy(record => record.CreatedAt.UnixMicroseconds)]);

    public ValueTask<CustomerPage> ListCustomersAsync(CustomerQuery query, CancellationToken cancellation)
    {
        if (IsAway)
            throw new AwayException();
        IEnumerable<CustomerRecord> found = customers.Values.Select(entry => entry.Record)
            .Where(record => query.Plan is null || record.Plan == query.Plan)
            .Where(record => query.Status is null || record.Status == query.Status)
            .Where(record => query.Search is null || record.Name.Contains(query.Search, StringComparison.OrdinalIgnoreCase));
        Func<CustomerRecord, string> key = query.Sort switch
        {
            "name" => record => record.Name,
            "created_at" => record => record.CreatedAt.ToString(),
            _ => record => record.Id,
        };
        CustomerRecord[] sorted = [.. query.Descending
            ? found.OrderByDescending(key, StringComparer.Ordinal)
            : found.OrderBy(key, StringComparer.Ordinal)];
        return ValueTask.FromResult(new CustomerPage([.. sorted.Skip(query.Offset).Take(query.Limit)], sorted.Length));
    }

    public ValueTask<IReadOnlyList<PlanUsers>> CountCustomersAsync(CancellationToken cancellation) =>
        ValueTask.FromResult<IReadOnlyList<PlanUsers>>([.. customers.Values.Select(entry => entry.Record)
            .GroupBy(record => (record.Plan, record.PlanVersion, record.Currency))
            .Select(group => new PlanUsers(
                group.Key.Plan, group.Key.PlanVersion, group.Key.Currency, group.Count(), group.Count()))]);

    public ValueTask<IReadOnlyList<string>> AddCustomersAsync(IReadOnlyList<CustomerRecord> added, CancellationToken cancellation)
    {
        List<string> existing = [];
        foreach (CustomerRecord record in added)
        {
            byte[] id = Encoding.UTF8.GetBytes(record.Id);
            var entry = new CustomerEntry(record, Placement.PartitionOf(id, Cluster.Partitions), Placement.BucketOf(id));
            var project = new ProjectRecord(record.Id, record.Id, record.Name, record.Plan, record.PlanVersion, record.CreatedAt, 0);
            if (!projects.TryAdd(record.Id, new ProjectEntry(project, entry)))
                existing.Add(record.Id);
            else
                customers[record.Id] = entry;
        }

        version++;
        return ValueTask.FromResult<IReadOnlyList<string>>(existing);
    }

    public ValueTask<CustomerRecord?> UpdateCustomerAsync(
        string id, string? name, string? email, string? tier, CancellationToken cancellation)
    {
        if (!customers.TryGetValue(id, out CustomerEntry? entry))
            return ValueTask.FromResult<CustomerRecord?>(null);
        entry.Record = entry.Record with { Name = name ?? entry.Record.Name, Email = email ?? entry.Record.Email, Tier = tier
            ?? entry.Record.Tier };
        return ValueTask.FromResult<CustomerRecord?>(entry.Record);
    }

    public ValueTask FollowPartitionAsync(IReadOnlyList<PartitionFact> facts, CancellationToken cancellation)
    {
        foreach (PartitionFact fact in facts)
        {
            CustomerEntry entry = customers[fact.CustomerId];
            ProjectEntry project = projects[fact.ProjectId];
            if (fact.Plan is { } plan)
            {
                project.Record = project.Record with { Plan = plan, PlanVersion = fact.PlanVersion };
                if (project.IsDefault)
                    entry.Record = entry.Record with { Plan = plan, PlanVersion = fact.PlanVersion };
            }

            if (fact.Status is { } status)
                entry.Record = entry.Record with { Status = status };
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask<bool> AddProjectAsync(ProjectRecord project, CancellationToken cancellation) =>
        ValueTask.FromResult(projects.TryAdd(project.Id, new ProjectEntry(project, customers[project.CustomerId])));

    public ValueTask<bool> AddKeyAsync(KeyRecord key, CancellationToken cancellation) =>
        ValueTask.FromResult(!keys.Values.Any(other => other.Sha256.AsSpan().SequenceEqual(key.Sha256)) && keys.TryAdd(key.Id, key));

    public ValueTask<KeyRecord?> RevokeKeyAsync(string id, Instant at, CancellationToken cancellation)
    {
        if (!keys.TryGetValue(id, out KeyRecord? key))
            return ValueTask.FromResult<KeyRecord?>(null);
        if (key.CustomerId is null && keys.Values.Count(other => other is { CustomerId: null, RevokedAt: null }) <= 1)
            return ValueTask.FromResult<KeyRecord?>(key);
        keys[id] = key with { RevokedAt = key.RevokedAt ?? at };
        return ValueTask.FromResult<KeyRecord?>(keys[id]);
    }

    public ValueTask<MeterPutStatus> PutMeterAsync(Meter meter, CancellationToken cancellation)
    {
        bool exists = meters.TryGetValue(meter.Id.Value, out Meter? known);
        if (exists && known == meter)
            return ValueTask.FromResult(MeterPutStatus.Unchanged);
        if (used.Contains(meter.Id.Value))
            return ValueTask.FromResult(MeterPutStatus.InUse);
        if (!CatalogCheck.Takes(new CatalogRecord([.. meters.Values], [.. plans]), meter))
            return ValueTask.FromResult(MeterPutStatus.Conflicts);
        meters[meter.Id.Value] = meter;
        ShowChange();
        return ValueTask.FromResult(exists ? MeterPutStatus.Changed : MeterPutStatus.Created);
    }

    public ValueTask MarkMetersUsedAsync(IReadOnlyList<string> ids, CancellationToken cancellation)
    {
        used.UnionWith(ids);
        return ValueTask.CompletedTask;
    }

    public ValueTask<Plan> PutPlanAsync(Plan plan, CancellationToken cancellation)
    {
        Plan? newest = plans.Where(known => known.Id == plan.Id).MaxBy(known => known.Version);
        if (newest is not null && newest == plan with { Version = newest.Version })
            return ValueTask.FromResult(newest);
        plans.Add(plan with { Version = (newest?.Version ?? 0) + 1 });
        ShowChange();
        return ValueTask.FromResult(plans[^1]);
    }

    public ValueTask<IReadOnlyList<CustomerEntry>> FindCustomersAsync(IReadOnlyList<string> ids, CancellationToken cancellation) =>
        ValueTask.FromResult<IReadOnlyList<CustomerEntry>>([.. ids.Where(customers.ContainsKey).Select(id => customers[id])]);

    public ValueTask<CustomerRecord?> SetBillingAsync(string customerId, BillingProfile billing, CancellationToken cancellation)
    {
        if (!customers.TryGetValue(customerId, out CustomerEntry? entry))
            return ValueTask.FromResult<CustomerRecord?>(null);
        entry.Record = entry.Record with { Billing = billing };
        return ValueTask.FromResult<CustomerRecord?>(entry.Record);
    }

    public ValueTask<FactPutStatus> PutTaxRateAsync(TaxRate rate, CancellationToken cancellation) => Changed(facts.Put(rate));

    public ValueTask<FactPutStatus> PutCouponAsync(Coupon coupon, CancellationToken cancellation) => Changed(facts.Put(coupon));

    public ValueTask<FactPutStatus> PutExchangeRateAsync(ExchangeRate rate, CancellationToken cancellation) => Changed(facts.Put(rate));

    public ValueTask<bool> RemoveTaxRateAsync(TaxRateId id, CancellationToken cancellation) => Changed(facts.RemoveTaxRate(id.Value));

    public ValueTask<bool> RemoveCouponAsync(CouponId id, CancellationToken cancellation) => Changed(facts.RemoveCoupon(id.Value));

    public ValueTask<bool> RemoveExchangeRateAsync(Currency from, Currency to, DateOnly validFrom, CancellationToken cancellation) =>
        Changed(facts.RemoveExchangeRate(from.Code, to.Code, validFrom));

    private ValueTask<T> Changed<T>(T answer)
    {
        ShowChange();
        return ValueTask.FromResult(answer);
    }

    private void ShowChange()
    {
        if (!SeesChangesLate)
            Compile();
    }

    private void Compile() => Catalog = new CatalogSnapshot(facts.Fill([.. meters.Values], [.. plans]));

    private sealed class AwayException() : System.Data.Common.DbException("The control database is away.")
    {
        public override bool IsTransient => true;
    }
}
