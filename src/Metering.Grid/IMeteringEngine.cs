using Metering.Grid.Billing;
using Metering.Grid.Directory;
using Metering.Grid.History;
using Metering.Grid.Ingest;
using Metering.Grid.Projects;
using Metering.Grid.Wallets;

namespace Metering.Grid;

/// <summary>
/// The partition's shard or owner is away, or the outcome of a write is unknown. Safe to send again: 503 <c>unavailable</c>.
/// </summary>
public sealed class PartitionUnavailableException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>Past the bound of work in flight: 503 <c>overloaded</c> with <c>Retry-After</c>. Nothing was taken.</summary>
public sealed class OverloadedException(string message) : Exception(message);

/// <summary>
/// The grid as its callers see it, whichever engine hosts the partitions.
/// </summary>
public interface IMeteringEngine
{
    /// <summary>The directory.</summary>
    IDirectory Directory { get; }

    /// <summary>The control database behind it, for changes and lists.</summary>
    IDirectoryStore DirectoryStore { get; }

    /// <summary>Queries of the projections.</summary>
    IUsageHistory History { get; }

    /// <summary>Lists of invoices and sums over them, of the projections.</summary>
    IInvoiceHistory InvoiceHistory { get; }

    /// <summary>How far the projections are behind.</summary>
    IProjectionLag Lag { get; }

    /// <summary>Counts and states for health and metrics.</summary>
    EngineStatus Status { get; }

    /// <summary>
    /// Decides the events of a resolved batch, in order within a customer. Completes when everything taken is durable and every answer is
    /// fenced. A partition that is away gives its events <c>unavailable</c>; the others are taken.
    /// </summary>
    /// <param name="batch">The batch, resolved; not kept after the task ends.</param>
    /// <param name="cancellation">Ends the wait; what was taken stays taken.</param>
    ValueTask<IngestAnswer> IngestAsync(EventBatch batch, CancellationToken cancellation);

    /// <summary>
    /// Counts a request against a rate limit, in the customer's partition. Not journaled, not fenced.
    /// </summary>
    ValueTask<RateStatus> CountRequestAsync(CustomerEntry customer, RateCheck rate, CancellationToken cancellation);

    /// <summary>A customer's wallet.</summary>
    IWallet Wallet(CustomerEntry customer);

    /// <summary>A project.</summary>
    IProject Project(ProjectEntry project);

    /// <summary>A customer's invoices, credit notes and coupons.</summary>
    IBilling Billing(CustomerEntry customer);

    /// <summary>
    /// Loads customers into memory, with what the directory says of them; all that were ever saved where <paramref name="customers"/> is
    /// null, up to the bound of memory.
    /// </summary>
    /// <returns>How many customers are in memory that were not before.</returns>
    ValueTask<long> WarmAsync(IReadOnlyList<CustomerEntry>? customers, CancellationToken cancellation);
}
