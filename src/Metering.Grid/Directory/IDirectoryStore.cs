using Metering.Core.Catalog;
using Metering.Core.Ids;
using Metering.Core.Invoicing;
using Metering.Core.Money;
using Metering.Core.Time;

namespace Metering.Grid.Directory;

/// <summary>
/// The control database: customers, projects, keys, plans, meters, the shard map. Every change raises one version counter in the same
/// database transaction;
/// a process polls that counter and reads what has changed since.
/// </summary>
/// <remarks>All methods throw on a broken connection; nothing here is retried.</remarks>
public interface IDirectoryStore
{
    /// <summary>The cluster's unchangeable settings.</summary>
    ValueTask<ClusterRecord> ReadClusterAsync(CancellationToken cancellation);

    /// <summary>Every partition's shard.</summary>
    ValueTask<IReadOnlyList<ShardAssignment>> ReadShardMapAsync(CancellationToken cancellation);

    /// <summary>The newest version of the directory.</summary>
    ValueTask<long> ReadVersionAsync(CancellationToken cancellation);

    /// <summary>Everything that changed after a version. Meters and plans come whole; customers, projects and keys as they are
    /// now.</summary>
    ValueTask<DirectoryChanges> ReadChangesAsync(long afterVersion, CancellationToken cancellation);

    /// <summary>All meters and all versions of all plans.</summary>
    ValueTask<CatalogRecord> ReadCatalogAsync(CancellationToken cancellation);

    /// <summary>A customer, or null.</summary>
    ValueTask<CustomerRecord?> FindCustomerAsync(string id, CancellationToken cancellation);

    /// <summary>A project, or null. The default project is found by the customer's id.</summary>
    ValueTask<ProjectRecord?> FindProjectAsync(string id, CancellationToken cancellation);

    /// <summary>Many projects, with their customers, in one query, for a batch whose subjects are not cached. Unknown ids are left
    /// out.</summary>
    ValueTask<IReadOnlyList<(ProjectRecord Project, CustomerRecord Customer)>> FindProjectsAsync(
        IReadOnlyList<string> ids, CancellationToken cancellation);

    /// <summary>A key by the SHA-256 of its secret, or null. Revoked keys are found too.</summary>
    ValueTask<KeyRecord?> FindKeyAsync(ReadOnlyMemory<byte> sha256, CancellationToken cancellation);

    /// <summary>A key by its id, or null.</summary>
    ValueTask<KeyRecord?> FindKeyByIdAsync(string id, CancellationToken cancellation);

    /// <summary>Keys of a customer, newest first; of the operator for null.</summary>
    ValueTask<IReadOnlyList<KeyRecord>> ListKeysAsync(string? customerId, CancellationToken cancellation);

    /// <summary>Projects of a customer, oldest first, the default project among them.</summary>
    ValueTask<IReadOnlyList<ProjectRecord>> ListProjectsAsync(string customerId, CancellationToken cancellation);

    /// <summary>A page of customers.</summary>
    ValueTask<CustomerPage> ListCustomersAsync(CustomerQuery query, CancellationToken cancellation);

    /// <summary>How many customers and projects are on each plan version, by the customers' currency.</summary>
    ValueTask<IReadOnlyList<PlanUsers>> CountCustomersAsync(CancellationToken cancellation);

    /// <summary>Adds customers, each with its default project, in one database transaction.</summary>
    /// <returns>The ids that existed before; those customers were left as they are.</returns>
    ValueTask<IReadOnlyList<string>> AddCustomersAsync(IReadOnlyList<CustomerRecord> customers, CancellationToken cancellation);

    /// <summary>Changes name, e-mail and tier of a customer.</summary>
    /// <returns>The customer as it is now, or null if there is none.</returns>
    ValueTask<CustomerRecord?> UpdateCustomerAsync(
        string id, string? name, string? email, string? tier, CancellationToken cancellation);

    /// <summary>Replaces the billing profile of a customer.</summary>
    /// <returns>The customer as it is now, or null if there is none.</returns>
    ValueTask<CustomerRecord?> SetBillingAsync(string customerId, BillingProfile billing, CancellationToken cancellation);

    /// <summary>Copies what a partition has journaled about a customer or project into the directory, for lists. An older position
    /// changes nothing.</summary>
    ValueTask FollowPartitionAsync(IReadOnlyList<PartitionFact> facts, CancellationToken cancellation);

    /// <summary>Adds a project.</summary>
    /// <returns>False if the id is taken by any project.</returns>
    ValueTask<bool> AddProjectAsync(ProjectRecord project, CancellationToken cancellation);

    /// <summary>Adds a key.</summary>
    /// <returns>False if the hash is taken.</returns>
    ValueTask<bool> AddKeyAsync(KeyRecord key, CancellationToken cancellation);

    /// <summary>Revokes a key; one that is revoked already stays as it is, and so does the operator's last.</summary>
    /// <returns>The key as it is now, or null where there is none. The operator's last key comes back as not revoked.</returns>
    ValueTask<KeyRecord?> RevokeKeyAsync(string id, Instant at, CancellationToken cancellation);

    /// <summary>Adds a meter, or changes one that was never used.</summary>
    ValueTask<MeterPutStatus> PutMeterAsync(Meter meter, CancellationToken cancellation);

    /// <summary>Marks meters as used; from then on they do not change. Idempotent.</summary>
    ValueTask MarkMetersUsedAsync(IReadOnlyList<string> meters, CancellationToken cancellation);

    /// <summary>Adds a new version of a plan, unless the newest version says the same.</summary>
    /// <param name="plan">The plan; its version is ignored.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>The plan with the version it has now.</returns>
    /// <exception cref="CatalogConflictException">It does not fit the meters as they are now; nothing was done.</exception>
    ValueTask<Plan> PutPlanAsync(Plan plan, CancellationToken cancellation);

    /// <summary>Adds or replaces a tax rate. Invoices that are issued keep the rates they were issued with.</summary>
    /// <returns>What became of it.</returns>
    ValueTask<FactPutStatus> PutTaxRateAsync(TaxRate rate, CancellationToken cancellation);

    /// <summary>Adds or replaces a coupon. Customers who have it keep it as it was when they got it.</summary>
    /// <returns>What became of it.</returns>
    ValueTask<FactPutStatus> PutCouponAsync(Coupon coupon, CancellationToken cancellation);

    /// <summary>Adds or replaces the rate between two currencies from a day on. For reports alone.</summary>
    /// <returns>What became of it.</returns>
    ValueTask<FactPutStatus> PutExchangeRateAsync(ExchangeRate rate, CancellationToken cancellation);

    /// <summary>Removes a tax rate.</summary>
    /// <returns>False where there is none of that id.</returns>
    ValueTask<bool> RemoveTaxRateAsync(TaxRateId id, CancellationToken cancellation);

    /// <summary>Removes a coupon from the catalogue; customers who have it keep it.</summary>
    /// <returns>False where there is none of that id.</returns>
    ValueTask<bool> RemoveCouponAsync(CouponId id, CancellationToken cancellation);

    /// <summary>Removes the rate between two currencies from a day on.</summary>
    /// <returns>False where there is none.</returns>
    ValueTask<bool> RemoveExchangeRateAsync(Currency from, Currency to, DateOnly validFrom, CancellationToken cancellation);
}

/// <summary>What became of a fact of the catalogue that was put.</summary>
public enum FactPutStatus
{
    /// <summary>It is new.</summary>
    Created = 0,

    /// <summary>It says what it said before.</summary>
    Unchanged = 1,

    /// <summary>It says something else now.</summary>
    Changed = 2,
}

/// <summary>What became of a meter that was put.</summary>
public enum MeterPutStatus
{
    /// <summary>It is new.</summary>
    Created = 0,

    /// <summary>It says what it said before.</summary>
    Unchanged = 1,

    /// <summary>It was never used and says something else now.</summary>
    Changed = 2,

    /// <summary>It has been used and would have changed: nothing was done.</summary>
    InUse = 3,

    /// <summary>
    /// A plan that names it would no longer be valid, or its event type has as many meters as it can have: nothing was done.
    /// </summary>
    Conflicts = 4,
}

/// <summary>Meters and plans, and what invoices need besides.</summary>
public sealed record CatalogRecord(IReadOnlyList<Meter> Meters, IReadOnlyList<Plan> Plans)
{
    /// <summary>Tax rates, in the order of their ids.</summary>
    public IReadOnlyList<TaxRate> TaxRates { get; init; } = [];

    /// <summary>Coupons, in the order of their ids.</summary>
    public IReadOnlyList<Coupon> Coupons { get; init; } = [];

    /// <summary>Exchange rates, by currencies, then day.</summary>
    public IReadOnlyList<ExchangeRate> ExchangeRates { get; init; } = [];
}

/// <summary>What changed, and up to which version that is complete.</summary>
public sealed record DirectoryChanges(
    long Version, bool CatalogChanged, bool ShardMapChanged, IReadOnlyList<CustomerRecord> Customers, IReadOnlyList<ProjectRecord> Projects,
    IReadOnlyList<KeyRecord> Keys);

/// <summary>Which customers to list.</summary>
/// <param name="Plan">Only those on this plan.</param>
/// <param name="Status">Only those of this status.</param>
/// <param name="Search">Only those whose id, name or e-mail contains this, whatever the case.</param>
/// <param name="Sort"><c>id</c>, <c>name</c>, <c>email</c>, <c>plan</c> or <c>created_at</c>.</param>
/// <param name="Descending">The order.</param>
/// <param name="Offset">How many to skip (pages).</param>
/// <param name="Limit">How many to answer, 1 to 1,000.</param>
public sealed record CustomerQuery(
    string? Plan, CustomerStatus? Status, string? Search, string Sort, bool Descending, int Offset, int Limit);

/// <summary>A page of customers and how many there are in all.</summary>
public sealed record CustomerPage(IReadOnlyList<CustomerRecord> Customers, long Total);

/// <summary>Who is on a plan version.</summary>
/// <param name="Plan">The plan.</param>
/// <param name="PlanVersion">Its version.</param>
/// <param name="Currency">What its customers pay in.</param>
/// <param name="Customers">Customers whose default project is on it.</param>
/// <param name="Projects">Projects on it, the default ones among them.</param>
public sealed record PlanUsers(string Plan, int PlanVersion, string Currency, long Customers, long Projects);

/// <summary>Something a partition journaled that the directory's lists show.</summary>
/// <param name="CustomerId">The customer.</param>
/// <param name="ProjectId">The project whose plan is meant; the default project's for the customer itself.</param>
/// <param name="Plan">The plan it is on now, or null if unchanged.</param>
/// <param name="PlanVersion">Its version.</param>
/// <param name="Status">The status now, or null if unchanged.</param>
/// <param name="Partition">The partition.</param>
/// <param name="Sequence">The journal position; facts of an older position change nothing.</param>
public sealed record PartitionFact(
    string CustomerId, string ProjectId, string? Plan, int PlanVersion, CustomerStatus? Status, int Partition, long Sequence);
