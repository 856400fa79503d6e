using System.Text;
using Metering.Core.Catalog;
using Metering.Core.Ids;
using Metering.Grid.Directory;

namespace Metering.Grid.Tests.Partitions;

/// <summary>The catalogues as they ship, and what a test adds.</summary>
internal static class ShippedCatalog
{
    private static readonly Lazy<CatalogRecord> Shipped = new(() =>
    {
        var meters = new List<Meter>();
        var plans = new List<Plan>();
        string[] paths = System.IO.Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "catalog"), "*.json");
        foreach (string path in paths.Order(StringComparer.Ordinal))
        {
            Catalogue catalogue = Read(File.ReadAllBytes(path), []);
            meters.AddRange(catalogue.Meters);
            plans.AddRange(catalogue.Plans);
        }

        return new CatalogRecord(meters, plans);
    });

    /// <summary>The shipped catalogues.</summary>
    public static CatalogSnapshot Default { get; } = new(Shipped.Value);

    /// <summary>The shipped catalogues and another, in the form of a catalogue file.</summary>
    public static CatalogSnapshot With(string json, params Plan[] more)
    {
        Catalogue added = Read(Encoding.UTF8.GetBytes(json), Shipped.Value.Meters);
        return new CatalogSnapshot(new CatalogRecord(
            [.. Shipped.Value.Meters, .. added.Meters], [.. Shipped.Value.Plans, .. added.Plans, .. more]));
    }

    private static Catalogue Read(byte[] utf8, IReadOnlyList<Meter> others)
    {
        Dictionary<MeterId, Meter> known = others.ToDictionary(meter => meter.Id);
        Assert.True(
            CatalogJson.TryReadCatalogue(utf8, known, out Catalogue? catalogue, out IReadOnlyList<CatalogFault> faults),
            string.Join('\n', faults));
        return catalogue;
    }
}
