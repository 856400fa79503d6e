using Metering.Core.Catalog;
using Metering.Core.Ids;
using Metering.Grid.Directory;
using Metering.Server.CommandLine;

namespace Metering.Server.Catalog;

/// <summary>
/// Catalogue files: <c>*.json</c> of a folder, in the order of their names; a plan may name meters of files before its own.
/// </summary>
internal static class CatalogFiles
{
    /// <summary>Reads a folder.</summary>
    /// <exception cref="CommandFailedException">A file is wrong; all faults of all files are named.</exception>
    public static Catalogue Read(string folder, IReadOnlyList<Meter> known)
    {
        Dictionary<MeterId, Meter> meters = known.ToDictionary(meter => meter.Id);
        var read = new List<Meter>();
        var plans = new List<Plan>();
        var wrong = new List<string>();
        foreach (string file in Directory.EnumerateFiles(folder, "*.json").Order(StringComparer.Ordinal))
        {
            if (!CatalogJson.TryReadCatalogue(
                File.ReadAllBytes(file), meters, out Catalogue? catalogue, out IReadOnlyList<CatalogFault> faults))
            {
                wrong.AddRange(faults.Select(fault => $"{Path.GetFileName(file)}: {fault.Field}: {fault.Message} ({fault.Code})"));
                continue;
            }

            read.AddRange(catalogue.Meters);
            plans.AddRange(catalogue.Plans);
            foreach (Meter meter in catalogue.Meters)
                meters[meter.Id] = meter;
        }

        return wrong.Count == 0
            ? new Catalogue(read.ToValueList(), plans.ToValueList())
            : throw new CommandFailedException($"The catalogue in {folder} is wrong:\n  - " + string.Join("\n  - ", wrong));
    }

    /// <summary>
    /// Adds what is not there yet by its id. What is there stays: it may have been changed since, and that is not undone by a start.
    /// </summary>
    public static async Task AddMissingAsync(IDirectoryStore directory, string folder, CancellationToken cancellation)
    {
        CatalogRecord known = await directory.ReadCatalogAsync(cancellation);
        HashSet<MeterId> meters = [.. known.Meters.Select(meter => meter.Id)];
        HashSet<PlanId> plans = [.. known.Plans.Select(plan => plan.Id)];
        Catalogue catalogue = Read(folder, known.Meters);
        foreach (Meter meter in catalogue.Meters.Where(meter => !meters.Contains(meter.Id)))
            await directory.PutMeterAsync(meter, cancellation);
        foreach (Plan plan in catalogue.Plans.Where(plan => !plans.Contains(plan.Id)))
            await directory.PutPlanAsync(plan, cancellation);
    }

    /// <summary>
    /// Puts meters, then plans. What is there and says the same stays; a plan that says something else becomes a new version; a meter
    /// in use stays as it is.
    /// </summary>
    public static async Task<CatalogChanges> PutAsync(IDirectoryStore directory, Catalogue catalogue, CancellationToken cancellation)
    {
        var inUse = new List<string>();
        int meters = 0;
        foreach (Meter meter in catalogue.Meters)
        {
            MeterPutStatus status = await directory.PutMeterAsync(meter, cancellation);
            if (status == MeterPutStatus.InUse)
                inUse.Add(meter.Id.ToString());
            if (status == MeterPutStatus.Conflicts)
                throw new CommandFailedException(
                    $"Meter '{meter.Id}' cannot be put: a plan that names it would no longer be valid, "
                    + "or its event type has too many meters.");
            meters += status is MeterPutStatus.Created or MeterPutStatus.Changed ? 1 : 0;
        }

        CatalogRecord before = await directory.ReadCatalogAsync(cancellation);
        HashSet<(PlanId, int)> versions = [.. before.Plans.Select(plan => (plan.Id, plan.Version))];
        int plans = 0;
        foreach (Plan plan in catalogue.Plans)
        {
            Plan put = await directory.PutPlanAsync(plan, cancellation);
            plans += versions.Add((put.Id, put.Version)) ? 1 : 0;
        }

        return new CatalogChanges(meters, plans, inUse);
    }
}

/// <summary>What putting a catalogue changed.</summary>
/// <param name="Meters">Meters that are new or say something else now.</param>
/// <param name="Plans">New plans and new versions.</param>
/// <param name="InUse">Meters that would have changed but have been used: they stay as they were.</param>
internal sealed record CatalogChanges(int Meters, int Plans, IReadOnlyList<string> InUse);
