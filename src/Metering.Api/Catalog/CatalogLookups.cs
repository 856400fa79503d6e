using Metering.Core.Catalog;
using Metering.Grid.Directory;

namespace Metering.Api.Catalog;

/// <summary>
/// Looks things up in the catalogue; on a miss it is read once before anything is refused, because another process may have made them since
/// the last poll.
/// </summary>
internal static class CatalogLookups
{
    /// <summary>A plan in a version, or in the newest where none is given; null where there is none.</summary>
    /// <exception cref="DirectoryUnavailableException">It is not known here, and the control database is away.</exception>
    public static ValueTask<Plan?> FindPlanAsync(this IDirectory directory, string id, int? version, CancellationToken cancellation) =>
        FindAsync(directory, catalog => catalog.FindPlan(id, version), cancellation);

    /// <summary>A meter, or null.</summary>
    /// <exception cref="DirectoryUnavailableException">It is not known here, and the control database is away.</exception>
    public static ValueTask<Meter?> FindMeterAsync(this IDirectory directory, string id, CancellationToken cancellation) =>
        FindAsync(directory, catalog => catalog.Meters.GetValueOrDefault(id), cancellation);

    /// <summary>Reads the catalogue again.</summary>
    /// <returns>Whether it is another one than <paramref name="known"/>, which lacked something.</returns>
    /// <exception cref="DirectoryUnavailableException">The control database is away.</exception>
    public static async ValueTask<bool> HasNewerCatalogAsync(
        this IDirectory directory, CatalogSnapshot known, CancellationToken cancellation)
    {
        await directory.RefreshAsync(cancellation);
        return !ReferenceEquals(directory.Catalog, known);
    }

    private static async ValueTask<T?> FindAsync<T>(
        IDirectory directory, Func<CatalogSnapshot, T?> find, CancellationToken cancellation)
        where T : class
    {
        if (find(directory.Catalog) is { } found)
            return found;
        await directory.RefreshAsync(cancellation);
        return find(directory.Catalog);
    }

    private static Plan? FindPlan(this CatalogSnapshot catalog, string id, int? version)
    {
        Plan? plan;
        bool found = version is { } exact ? catalog.TryFindPlan(id, exact, out plan) : catalog.TryFindNewestPlan(id, out plan);
        return found ? plan : null;
    }
}
