using System.Xml.Linq;

namespace Metering.Core.Tests.House;

/// <summary>A project file: what it refers to.</summary>
internal sealed record Project(string Path, IReadOnlyList<string> Projects, IReadOnlyList<string> Packages)
{
    public string Name => System.IO.Path.GetFileNameWithoutExtension(Path);

    public bool IsTest => Path.StartsWith("tests/", StringComparison.Ordinal);

    public static IReadOnlyDictionary<string, Project> All() =>
        Sources.Projects().Select(Read).ToDictionary(project => project.Name);

    /// <summary>Whether it needs Orleans, itself or through another project.</summary>
    public bool NeedsOrleans(IReadOnlyDictionary<string, Project> all) =>
        Packages.Any(IsOrleans) || Projects.Any(name => all[name].NeedsOrleans(all));

    public static bool IsOrleans(string package) => package.StartsWith("Microsoft.Orleans", StringComparison.Ordinal);

    private static Project Read(string path)
    {
        var document = XDocument.Parse(Sources.Text(path));
        IReadOnlyList<string> Included(string element) =>
            [.. document.Descendants(element).Select(found => ((string?)found.Attribute("Include") ?? "").Replace('\\', '/'))];
        return new Project(
            path,
            [.. Included("ProjectReference").Select(reference => System.IO.Path.GetFileNameWithoutExtension(reference))],
            Included("PackageReference"));
    }
}
