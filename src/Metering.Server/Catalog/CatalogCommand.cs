using System.CommandLine;
using Metering.Core.Catalog;
using Metering.Grid.Directory;
using Metering.Server.CommandLine;
using Metering.Server.Databases;

namespace Metering.Server.Catalog;

/// <summary><c>catalog load</c>: meters and plans from files.</summary>
internal static class CatalogCommand
{
    public static Command Create()
    {
        var load = new Command(
            "load", "Put the meters and plans of a folder's *.json files. A plan that says something new becomes a new version.");
        var folder = new Argument<DirectoryInfo>("DIR") { Description = "The folder" };
        load.Arguments.Add(folder);
        SettingOptions settings = new SettingOptions().AddDatabases(load);
        load.SetAction((parsed, stop) =>
            ControlSession.WithDirectoryAsync(settings.Read(parsed), async (directory, cancellation) =>
        {
            DirectoryInfo chosen = parsed.GetValue(folder)!;
            if (!chosen.Exists)
                throw new CommandFailedException($"There is no folder {chosen.FullName}.");
            CatalogRecord known = await directory.ReadCatalogAsync(cancellation);
            Catalogue catalogue = CatalogFiles.Read(chosen.FullName, known.Meters);
            CatalogChanges changes = await CatalogFiles.PutAsync(directory, catalogue, cancellation);
            Console.WriteLine($"{catalogue.Meters.Count} meters, {changes.Meters} of them new or changed.");
            Console.WriteLine($"{catalogue.Plans.Count} plans, {changes.Plans} new versions.");
            if (changes.InUse.Count == 0)
                return ExitCodes.Done;
            string stayed = string.Join(", ", changes.InUse);
            Console.WriteLine($"Not changed, because they have been used: {stayed}. Give the new ones other ids.");
            return ExitCodes.Failed;
        }, stop));
        return new Command("catalog", "Meters and plans.") { load };
    }
}
