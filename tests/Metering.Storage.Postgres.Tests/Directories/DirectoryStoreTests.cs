using System.Security.Cryptography;
using System.Text;
using Metering.Core.Catalog;
using Metering.Core.Ids;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Grid.Directory;
using Metering.Grid.Ingest;
using Metering.Storage.Postgres.Connections;
using Metering.Storage.Postgres.Directories;
using Metering.TestSupport;
using Npgsql;

namespace Metering.Storage.Postgres.Tests.Directories;

public sealed class DirectoryStoreTests : IAsyncLifetime
{
    private static readonly Instant Noon = Instant.FromUnixMicroseconds(1_737_115_200_123_456);
    private static readonly byte[] IdentityKey = [.. Enumerable.Range(0, 16).Select(i => (byte)i)];

    private TestDatabase _database = null!;
    private ControlDatabase _control = null!;
    private DirectoryStore _store = null!;

    public async Task InitializeAsync()
    {
        _database = await PostgresServer.CreateControlAsync();
        _control = new ControlDatabase(new PostgresOptions { ConnectionString = _database.ConnectionString });
        _store = new DirectoryStore(_control);
    }

    public async Task DisposeAsync()
    {
        await _control.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Fact]
    public async Task Cluster_is_made_once_with_its_partitions_dealt_out_over_the_shards()
    {
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await _store.ReadClusterAsync(default));
        ShardAddress[] shards = [new("a", "Host=a"), new("b", "Host=b"), new("c", "Host=c")];
        await _control.EnsureClusterAsync(8, IdentityKey, shards, default);
        await _control.EnsureClusterAsync(8, new byte[16], [new("a", "Host=a2"), new("d", "Host=d")], default);

        var cluster = await _store.ReadClusterAsync(default);
        Assert.Equal(8, cluster.Partitions);
        Assert.Equal(IdentityKey, cluster.IdentityKey);
        Assert.Equal(["a", "b", "c", "a", "b", "c", "a", "b"], (await _store.ReadShardMapAsync(default)).Select(home => home.Shard));
        Assert.Equal(
            [new("a", "Host=a2"), new("b", "Host=b"), new("c", "Host=c"), new("d", "Host=d")], await _control.ReadShardsAsync(default));
        await Assert.ThrowsAsync<InvalidOperationException>(() => _control.EnsureClusterAsync(16, IdentityKey, shards, default));
    }

    [Fact]
    public async Task Customer_reads_back_whole_with_its_default_project()
    {
        var customer = Customer("c1") with { Tier = "gold", Status = CustomerStatus.PastDue, Currency = "EUR", TimeZone = "Europe/Berlin" };
        Assert.Empty(await _store.AddCustomersAsync([customer, Customer("c2")], default));
        Assert.Equal(customer with { Version = 1 }, await _store.FindCustomerAsync("c1", default));
        Assert.Null((await _store.FindCustomerAsync("c2", default))!.Tier);
        Assert.Null(await _store.FindCustomerAsync("C1", default));
        Assert.Equal(new ProjectRecord("c1", "c1", customer.Name, "free", 1, Noon, 1), await _store.FindProjectAsync("c1", default));
    }

    [Fact]
    public async Task Ids_that_exist_as_customers_or_projects_are_told_and_left_alone()
    {
        await _store.AddCustomersAsync([Customer("c1")], default);
        await _store.AddProjectAsync(new ProjectRecord("p1", "c1", "P", "pro", 2, Noon, 0), default);
        var existed = await _store.AddCustomersAsync(
            [Customer("c1") with { Name = "Other" }, Customer("p1"), Customer("c3"), Customer("c3") with { Name = "Again" }], default);
        Assert.Equal(["c1", "p1", "c3"], existed);
        Assert.Equal("Name c1", (await _store.FindCustomerAsync("c1", default))!.Name);
        Assert.Null(await _store.FindCustomerAsync("p1", default));
        Assert.Equal("Name c3", (await _store.FindCustomerAsync("c3", default))!.Name);
        Assert.False(await _store.AddProjectAsync(new ProjectRecord("c3", "c1", "P", "pro", 2, Noon, 0), default));
    }

    [Fact]
    public async Task Many_projects_come_with_their_customers_in_one_query()
    {
        await _store.AddCustomersAsync([Customer("c1"), Customer("c2")], default);
        await _store.AddProjectAsync(new ProjectRecord("p1", "c2", "P", "pro", 2, Noon, 0), default);
        var found = await _store.FindProjectsAsync(["p1", "c1", "nobody"], default);
        Assert.Equal([("c1", "c1"), ("p1", "c2")], found.Select(pair => (pair.Project.Id, pair.Customer.Id)).Order());
        Assert.Equal(["c2", "p1"], (await _store.ListProjectsAsync("c2", default)).Select(project => project.Id));
    }

    [Fact]
    public async Task Changes_after_a_version_are_complete_and_nothing_changed_raises_nothing()
    {
        await _store.AddCustomersAsync([Customer("c1"), Customer("c2")], default);
        var version = await _store.ReadVersionAsync(default);
        Assert.Null(await _store.UpdateCustomerAsync("nobody", "X", null, null, default));
        await _store.AddCustomersAsync([Customer("c1")], default);
        Assert.Equal(version, await _store.ReadVersionAsync(default));

        await _store.UpdateCustomerAsync("c2", "New", null, "silver", default);
        await _store.AddProjectAsync(new ProjectRecord("p1", "c2", "P", "pro", 2, Noon, 0), default);
        await _store.AddKeyAsync(Key("k1", "c1"), default);
        var changes = await _store.ReadChangesAsync(version, default);
        Assert.Equal(version + 3, changes.Version);
        Assert.Equal(("c2", "New", "c2@example.com", "silver"), Assert.Single(
            changes.Customers.Select(customer => (customer.Id, customer.Name, customer.Email, customer.Tier))));
        Assert.Equal("p1", Assert.Single(changes.Projects).Id);
        Assert.Equal("k1", Assert.Single(changes.Keys).Id);
        Assert.False(changes.CatalogChanged || changes.ShardMapChanged);
        Assert.Empty((await _store.ReadChangesAsync(changes.Version, default)).Customers);
    }

    [Fact]
    public async Task Reader_beside_many_writers_never_misses_a_change()
    {
        var seen = new HashSet<string>();
        var version = 0L;
        var writers = Enumerable.Range(0, 4).Select(writer => Task.Run(async () =>
        {
            for (var i = 0; i < 25; i++)
                await _store.AddCustomersAsync([Customer($"w{writer}-{i}")], default);
        })).ToArray();
        while (!Array.TrueForAll(writers, writer => writer.IsCompleted))
            await FollowAsync();
        await Task.WhenAll(writers);
        await FollowAsync();
        Assert.Equal(100, seen.Count);
        Assert.Equal(100, version);

        async Task FollowAsync()
        {
            var changes = await _store.ReadChangesAsync(version, default);
            Assert.Equal(changes.Version - version, changes.Customers.Count);
            seen.UnionWith(changes.Customers.Select(customer => customer.Id));
            version = changes.Version;
        }
    }

    [Fact]
    public async Task Key_is_found_by_hash_and_id_and_stays_revoked()
    {
        await _store.AddCustomersAsync([Customer("c1")], default);
        var key = Key("k1", "c1");
        Assert.True(await _store.AddKeyAsync(key, default));
        Assert.False(await _store.AddKeyAsync(key with { Id = "k2" }, default));
        Assert.True(await _store.AddKeyAsync(Key("op", null), default));
        var found = await _store.FindKeyAsync(key.Sha256, default);
        Assert.Equal((key.Id, key.CustomerId, key.Prefix, key.Scopes, key.CreatedAt, (Instant?)null),
            (found!.Id, found.CustomerId, found.Prefix, found.Scopes, found.CreatedAt, found.RevokedAt));
        Assert.Equal(key.Sha256, found.Sha256);
        Assert.Null(await _store.FindKeyAsync(new byte[32], default));

        Assert.Equal(Noon, (await _store.RevokeKeyAsync("k1", Noon, default))!.RevokedAt);
        Assert.Equal(Noon, (await _store.RevokeKeyAsync("k1", Noon + TimeSpan.FromDays(1), default))!.RevokedAt);
        Assert.Equal(Noon, (await _store.FindKeyByIdAsync("k1", default))!.RevokedAt);
        Assert.Null(await _store.RevokeKeyAsync("nobody", Noon, default));
        Assert.Equal("k1", Assert.Single(await _store.ListKeysAsync("c1", default)).Id);
        Assert.Equal("op", Assert.Single(await _store.ListKeysAsync(null, default)).Id);
    }

    [Fact]
    public async Task Customers_are_listed_by_filter_search_order_and_page()
    {
        await _store.AddCustomersAsync(
        [
            Customer("a_1") with { Name = "Zoë", Plan = "pro", CreatedAt = Noon + TimeSpan.FromHours(2) },
            Customer("b%2") with { Name = "anna", Status = CustomerStatus.Suspended, CreatedAt = Noon + TimeSpan.FromHours(1) },
            Customer("c-3") with { Name = "Bob", Plan = "pro" },
        ], default);
        Assert.Equal(["a_1", "b%2", "c-3"], await ListAsync(new CustomerQuery(null, null, null, "id", false, 0, 10)));
        Assert.Equal(["c-3", "b%2", "a_1"], await ListAsync(new CustomerQuery(null, null, null, "created_at", false, 0, 10)));
        Assert.Equal(["c-3", "a_1"], await ListAsync(new CustomerQuery("pro", null, null, "id", true, 0, 10)));
        Assert.Equal(["b%2"], await ListAsync(new CustomerQuery(null, CustomerStatus.Suspended, null, "name", false, 0, 10)));
        Assert.Equal(["b%2", "c-3", "a_1"], await ListAsync(new CustomerQuery(null, null, null, "name", false, 0, 10)));
        Assert.Equal(["a_1"], await ListAsync(new CustomerQuery(null, null, "ZOË", "name", false, 0, 10)));
        Assert.Equal(["b%2"], await ListAsync(new CustomerQuery(null, null, "%", "name", false, 0, 10)));
        Assert.Equal(["a_1"], await ListAsync(new CustomerQuery("pro", CustomerStatus.Active, "_", "email", false, 0, 10)));
        var page = await _store.ListCustomersAsync(new CustomerQuery(null, null, null, "id", false, 1, 1), default);
        Assert.Equal((3L, "b%2"), (page.Total, Assert.Single(page.Customers).Id));
        await Assert.ThrowsAsync<ArgumentException>(async () => await ListAsync(new CustomerQuery(null, null, null,
            "tier; DROP TABLE customer", false, 0, 10)));

        async Task<string[]> ListAsync(CustomerQuery query) =>
            [.. (await _store.ListCustomersAsync(query, default)).Customers.Select(customer => customer.Id)];
    }

    [Fact]
    public async Task Facts_of_a_partition_move_forward_only()
    {
        await _store.AddCustomersAsync([Customer("c1")], default);
        await _store.AddProjectAsync(new ProjectRecord("p1", "c1", "P", "free", 1, Noon, 0), default);
        await _store.FollowPartitionAsync(
        [
            new PartitionFact("c1", "c1", "pro", 3, null, 0, 10), new PartitionFact("c1", "c1", "max", 4, null, 0, 10),
            new PartitionFact("c1", "p1", "pro", 2, null, 0, 9), new PartitionFact("c1", "c1", null, 0, CustomerStatus.Suspended, 0, 12),
        ], default);
        var version = await _store.ReadVersionAsync(default);
        await _store.FollowPartitionAsync(
        [
            new PartitionFact("c1", "c1", "free", 1, null, 0, 9), new PartitionFact("c1", "c1", null, 0, CustomerStatus.Active, 0, 11),
            new PartitionFact("c1", "c1", "max", 4, null, 0, 10), new PartitionFact("nobody", "nobody", "max", 4, null, 0, 10),
        ], default);
        Assert.Equal(version, await _store.ReadVersionAsync(default));
        var customer = await _store.FindCustomerAsync("c1", default);
        Assert.Equal(("max", 4, CustomerStatus.Suspended), (customer!.Plan, customer.PlanVersion, customer.Status));
        Assert.Equal(("max", 4), ((await _store.FindProjectAsync("c1", default))!.Plan, (await _store.FindProjectAsync("c1",
            default))!.PlanVersion));
        Assert.Equal("pro", (await _store.FindProjectAsync("p1", default))!.Plan);
    }

    [Fact]
    public async Task Meter_changes_until_it_was_used()
    {
        Assert.Equal(MeterPutStatus.Created, await _store.PutMeterAsync(Meter("tokens"), default));
        Assert.Equal(MeterPutStatus.Unchanged, await _store.PutMeterAsync(Meter("tokens"), default));
        var changed = Meter("tokens") with { Unit = "tokens" };
        Assert.Equal(MeterPutStatus.Changed, await _store.PutMeterAsync(changed, default));
        await _store.MarkMetersUsedAsync(["tokens", "nobody"], default);
        await _store.MarkMetersUsedAsync(["tokens"], default);
        var version = await _store.ReadVersionAsync(default);
        Assert.Equal(MeterPutStatus.InUse, await _store.PutMeterAsync(Meter("tokens"), default));
        Assert.Equal(MeterPutStatus.Unchanged, await _store.PutMeterAsync(changed, default));
        Assert.Equal(version, await _store.ReadVersionAsync(default));
        Assert.Equal(changed, Assert.Single((await _store.ReadCatalogAsync(default)).Meters));
    }

    [Fact]
    public async Task Last_key_of_the_operator_is_not_revoked_however_many_try_at_once()
    {
        string[] ids = ["o1", "o2", "o3", "o4"];
        foreach (var id in ids)
            await _store.AddKeyAsync(Key(id, null), default);
        await _store.AddCustomersAsync([Customer("c1")], default);
        await _store.AddKeyAsync(Key("k1", "c1"), default);
        var revoked = await Task.WhenAll(ids.Select(id => _store.RevokeKeyAsync(id, Noon, default).AsTask()));
        Assert.Single(revoked, key => key!.RevokedAt is null);
        Assert.Single(await _store.ListKeysAsync(null, default), key => key.RevokedAt is null);
        Assert.Equal(Noon, (await _store.RevokeKeyAsync("k1", Noon, default))!.RevokedAt);
    }

    [Fact]
    public async Task Meter_that_a_plan_needs_as_it_is_does_not_change()
    {
        await _store.PutMeterAsync(Meter("tokens"), default);
        var plan = await _store.PutPlanAsync(PlanOn("tokens"), default);
        var version = await _store.ReadVersionAsync(default);
        Assert.Equal(MeterPutStatus.Conflicts, await _store.PutMeterAsync(Meter("tokens") with { Dimensions = ["model"] }, default));
        Assert.Equal(MeterPutStatus.Conflicts, await _store.PutMeterAsync(Meter("tokens") with { Aggregation = Aggregation.Avg }, default));
        Assert.Equal(version, await _store.ReadVersionAsync(default));
        Assert.Equal(MeterPutStatus.Changed, await _store.PutMeterAsync(Meter("tokens") with { Unit = "tokens" }, default));
        Assert.Equal(plan, Assert.Single((await _store.ReadCatalogAsync(default)).Plans));
    }

    [Fact]
    public async Task Event_type_takes_as_many_meters_as_the_journal_can_tell_apart()
    {
        for (var i = 0; i < EventShape.MetersMax; i++)
            Assert.Equal(MeterPutStatus.Created, await _store.PutMeterAsync(Meter($"tokens_{i}"), default));
        Assert.Equal(MeterPutStatus.Conflicts, await _store.PutMeterAsync(Meter("one_more"), default));
        Assert.Equal(MeterPutStatus.Changed, await _store.PutMeterAsync(Meter("tokens_0") with { Unit = "tokens" }, default));
        Assert.Equal(MeterPutStatus.Created, await _store.PutMeterAsync(Meter("one_more") with { EventType = "other" }, default));
        _ = new CatalogSnapshot(await _store.ReadCatalogAsync(default));
    }

    [Fact]
    public async Task Plan_that_does_not_fit_the_meters_is_not_kept()
    {
        await _store.PutMeterAsync(Meter("tokens") with { Dimensions = ["model"] }, default);
        var conflict = await Assert.ThrowsAsync<CatalogConflictException>(async () => await _store.PutPlanAsync(PlanOn("tokens"), default));
        Assert.Contains("provider", Assert.Single(conflict.Faults).Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<CatalogConflictException>(async () => await _store.PutPlanAsync(PlanOn("nothing"), default));
        Assert.Empty((await _store.ReadCatalogAsync(default)).Plans);
    }

    [Fact]
    public async Task Shipped_catalogues_are_kept_with_all_versions_of_every_plan()
    {
        var files = System.IO.Directory.GetFiles(Path.Combine(Repository.Root, "silo-config", "catalog"), "*.json");
        Assert.NotEmpty(files);
        var meters = new Dictionary<MeterId, Meter>();
        var plans = new List<Plan>();
        foreach (var file in files)
        {
            Assert.True(CatalogJson.TryReadCatalogue(await File.ReadAllBytesAsync(file), meters, out var catalogue, out var faults),
                string.Join("; ", faults));
            foreach (var meter in catalogue.Meters)
            {
                meters[meter.Id] = meter;
                await _store.PutMeterAsync(meter, default);
            }

            foreach (var plan in catalogue.Plans)
                plans.Add(await _store.PutPlanAsync(plan, default));
        }

        Assert.All(plans, plan => Assert.Equal(1, plan.Version));
        Assert.Equal(plans[0], await _store.PutPlanAsync(plans[0], default));
        var changed = await _store.PutPlanAsync(plans[0] with { BaseFee = Amount.FromWhole(77) }, default);
        Assert.Equal(2, changed.Version);
        Assert.Equal(3, (await _store.PutPlanAsync(plans[0], default)).Version);

        var catalog = await _store.ReadCatalogAsync(default);
        Assert.Equal(meters.Values.ToHashSet(), catalog.Meters.ToHashSet());
        Assert.Equal([plans[0], changed, plans[0] with { Version = 3 }], catalog.Plans.Where(plan => plan.Id == plans[0].Id));
        Assert.Equal(plans.Count + 2, catalog.Plans.Count);
        Assert.True((await _store.ReadChangesAsync(0, default)).CatalogChanged);
    }

    [Fact]
    public async Task Control_database_that_is_away_throws()
    {
        await using var away = new ControlDatabase(
            new PostgresOptions { ConnectionString = "Host=127.0.0.1;Port=1;Username=nobody;Database=none" });
        await Assert.ThrowsAnyAsync<NpgsqlException>(async () => await new DirectoryStore(away).ReadVersionAsync(default));
    }

    private static CustomerRecord Customer(string id) =>
        new(id, $"Name {id}", $"{id}@example.com", "free", 1, "USD", "UTC", null, CustomerStatus.Active, Noon, 0);

    private static KeyRecord Key(string id, string? customer) => new(
        id, SHA256.HashData(Encoding.UTF8.GetBytes(id)), "mk_live_abcd", customer, "Key", KeyScopes.Ingest | KeyScopes.Wallet, Noon, null,
            0);

    private static Plan PlanOn(string meter) => new()
    {
        Id = PlanId.Parse("by_provider"),
        Version = 1,
        Name = "By provider",
        Currency = Currency.Parse("USD"),
        WalletMode = WalletMode.Postpaid,
        Charges =
        [
            new Charge
            {
                Meter = MeterId.Parse(meter), In = ChargeUnit.Money, Model = ChargeModel.Matrix, Dimensions = ["provider"],
                Cells = [new MatrixCell([new DimensionMatch("provider", "OPENAI")], Amount.One)],
            },
        ],
    };

    private static Meter Meter(string id) => new()
    {
        Id = MeterId.Parse(id),
        EventType = "llm.call",
        Aggregation = Aggregation.Sum,
        Value = "tokens",
        Dimensions = ["provider", "model"],
    };
}
