using System.Globalization;
using System.Xml.Linq;

namespace Metering.TestSupport.Report;

/// <summary>
/// Line coverage of a project over several runs: a line counts once, and is covered when any run covered it. Lines of generated files
/// (below <c>obj/</c>) do not count.
/// </summary>
public sealed record LineCoverage(string Project, int Covered, int Lines)
{
    /// <summary>Rounded down to a tenth, so that a threshold is never met by rounding.</summary>
    public decimal Percent => Lines == 0 ? 0 : Math.Floor(1000m * Covered / Lines) / 10;

    /// <summary>Merges all <c>coverage.cobertura.xml</c> at or below a folder.</summary>
    public static IReadOnlyList<LineCoverage> Merge(string folder, IReadOnlyList<string> projects)
    {
        var lines = projects.ToDictionary(project => project, _ => new Dictionary<(string File, int Line), bool>());
        foreach (var file in Directory.EnumerateFiles(folder, "coverage.cobertura.xml", SearchOption.AllDirectories))
        {
            var document = XDocument.Load(file);
            var sources = document.Descendants("source").Select(source => source.Value).ToList();
            foreach (var package in document.Descendants("package"))
            {
                if (lines.TryGetValue((string?)package.Attribute("name") ?? "", out var found))
                {
                    Add(package, sources, found);
                }
            }
        }

        return [.. projects.Select(project => new LineCoverage(project, lines[project].Values.Count(hit => hit), lines[project].Count))];
    }

    private static void Add(XElement package, List<string> sources, Dictionary<(string File, int Line), bool> lines)
    {
        foreach (var type in package.Descendants("class"))
        {
            var name = FullName((string?)type.Attribute("filename") ?? "", sources);
            if (name.Contains("/obj/", StringComparison.Ordinal))
            {
                continue;
            }

            foreach (var line in type.Elements("lines").Elements("line"))
            {
                var key = (name, int.Parse(line.Attribute("number")!.Value, CultureInfo.InvariantCulture));
                var hit = line.Attribute("hits")!.Value != "0";
                lines[key] = hit || lines.GetValueOrDefault(key);
            }
        }
    }

    // Each run names files relative to a root of its own choice; only the full path is the same in all of them.
    private static string FullName(string name, List<string> sources) =>
        sources.Select(source => Path.Combine(source, name)).FirstOrDefault(File.Exists) ?? name;
}
