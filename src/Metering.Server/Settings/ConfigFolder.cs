namespace Metering.Server.Settings;

/// <summary>
/// The folder <c>silo-config</c>: of the repository that the program runs from, so that edits there count, or else beside the program.
/// </summary>
internal static class ConfigFolder
{
    private static readonly Lazy<string?> repository = new(FindRepository);
    private static readonly Lazy<string?> found = new(Find);

    /// <summary>
    /// Where data goes when nothing else is said: <c>.data</c> of the repository the program runs from, or else of the working folder.
    /// </summary>
    public static string DefaultData => Path.Combine(repository.Value ?? Directory.GetCurrentDirectory(), ".data");

    /// <summary>A file of the folder, or null when there is none.</summary>
    public static string? File(string name) =>
        found.Value is { } folder && System.IO.File.Exists(Path.Combine(folder, name)) ? Path.Combine(folder, name) : null;

    /// <summary>A folder in it, or null when there is none.</summary>
    public static string? Folder(string name) =>
        found.Value is { } folder && Directory.Exists(Path.Combine(folder, name)) ? Path.Combine(folder, name) : null;

    private static string? FindRepository()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (System.IO.File.Exists(Path.Combine(folder.FullName, "OrleansMetering.sln")))
                return folder.FullName;
        }

        return null;
    }

    private static string? Find()
    {
        const string name = "silo-config";
        string?[] places = [repository.Value, AppContext.BaseDirectory];
        return places.OfType<string>().Select(place => Path.Combine(place, name)).FirstOrDefault(Directory.Exists);
    }
}
