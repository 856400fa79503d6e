using System.Diagnostics.CodeAnalysis;
using Metering.Grid.Ingest;

namespace Metering.Grid.Directory;

/// <summary>
/// The directory as a process sees it: cached, polled every second for changes, read once on a miss before anything is refused. While
/// the control database is away, what is cached goes on; a miss throws <see cref="DirectoryUnavailableException"/>.
/// </summary>
public interface IDirectory
{
    /// <summary>The catalogue as it is now; immutable, replaced whole.</summary>
    CatalogSnapshot Catalog { get; }

    /// <summary>The cluster's unchangeable settings.</summary>
    ClusterRecord Cluster { get; }

    /// <summary>Finds a customer, cached or read once.</summary>
    ValueTask<CustomerEntry?> FindCustomerAsync(string id, CancellationToken cancellation);

    /// <summary>Finds many customers, cached or read in one query; ids that nobody has are left out.</summary>
    ValueTask<IReadOnlyList<CustomerEntry>> FindCustomersAsync(IReadOnlyList<string> ids, CancellationToken cancellation);

    /// <summary>Finds a project, cached or read once.</summary>
    ValueTask<ProjectEntry?> FindProjectAsync(string id, CancellationToken cancellation);

    /// <summary>
    /// Sets the project and the identity of every event of a batch; all misses are read in one query. An event whose subject nobody has
    /// keeps a null project.
    /// Completes synchronously when everything is cached.
    /// </summary>
    ValueTask ResolveAsync(EventBatch batch, CancellationToken cancellation);

    /// <summary>Finds a key by the SHA-256 of its secret. Revoked keys are not found: one revoked anywhere stops within five
    /// seconds.</summary>
    ValueTask<KeyRecord?> FindKeyAsync(ReadOnlyMemory<byte> sha256, CancellationToken cancellation);

    /// <summary>The same for a key that is cached, without a wait or an allocation. False means: ask <see cref="FindKeyAsync"/>.</summary>
    bool TryFindCachedKey(ReadOnlySpan<byte> sha256, [NotNullWhen(true)] out KeyRecord? key)
    {
        key = null;
        return false;
    }

    /// <summary>Makes changes that this process has just made visible here at once, without waiting for the next poll.</summary>
    ValueTask RefreshAsync(CancellationToken cancellation);

    /// <summary>Marks meters as used before their first event is journaled; cheap when they already are.</summary>
    ValueTask MarkUsedAsync(EventShape shape, CancellationToken cancellation);
}

/// <summary>The control database is away and the answer is not cached. The caller answers 503 <c>unavailable</c>.</summary>
public sealed class DirectoryUnavailableException(string message, Exception? inner) : Exception(message, inner);
