using System.Text.Json;
using System.Text.RegularExpressions;

namespace Metering.Core.Tests.House;

public sealed partial class DependencyTests
{
    // What each project may refer to. The executables and the tests, which are not here, see everything.
    private static readonly Dictionary<string, string[]> _allowed = new()
    {
        ["Metering.Core"] = [],
        ["Metering.Grid"] = ["Metering.Core"],
        ["Metering.Storage.Postgres"] = ["Metering.Core", "Metering.Grid"],
        ["Metering.Api"] = ["Metering.Core", "Metering.Grid"],
        ["Metering.Delivery"] = ["Metering.Core", "Metering.Grid"],
        ["Metering.Orleans"] = ["Metering.Core", "Metering.Grid"],
    };

    private static readonly string[] _executables = ["Metering.Server", "Metering.Silo"];

    [Fact]
    public void Dependencies_point_inward()
    {
        var faults = new List<string>();
        foreach (var project in Project.All().Values.Where(project => !project.IsTest && !_executables.Contains(project.Name)))
        {
            if (!_allowed.TryGetValue(project.Name, out var allowed))
            {
                faults.Add($"{project.Name} is not in the table of this test");
                continue;
            }

            faults.AddRange(project.Projects.Except(allowed).Select(other => $"{project.Name} refers to {other}"));
        }

        Assert.Empty(faults);
    }

    [Fact]
    public void No_product_project_refers_to_a_test_project()
    {
        var all = Project.All();
        Assert.Empty(all.Values.Where(project => !project.IsTest)
            .SelectMany(project => project.Projects.Where(other => all[other].IsTest).Select(other => $"{project.Name} -> {other}")));
    }

    [Theory]
    [InlineData("Metering.Core")]
    [InlineData("Metering.Grid")]
    public void Domain_and_grid_use_no_package(string name) => Assert.Empty(Project.All()[name].Packages);

    [Fact]
    public void Only_the_projects_of_the_cluster_refer_to_Orleans()
    {
        string[] cluster = ["Metering.Orleans", "Metering.Silo", "Metering.Orleans.Tests"];
        Assert.Empty(Project.All().Values
            .Where(project => project.Packages.Any(Project.IsOrleans) && !cluster.Contains(project.Name))
            .Select(project => project.Name));
    }

    [Fact]
    public void Solution_holds_every_project_and_the_filter_those_without_Orleans()
    {
        var all = Project.All();
        var solution = SolutionProject().Matches(Sources.Text("OrleansMetering.sln"))
            .Select(match => match.Groups[1].Value.Replace('\\', '/'));
        using var filter = JsonDocument.Parse(Sources.Text("Metering.slnf"));
        var filtered = filter.RootElement.GetProperty("solution").GetProperty("projects").EnumerateArray()
            .Select(path => path.GetString()!.Replace('\\', '/'));

        Assert.Equal(all.Values.Select(project => project.Path).Order(StringComparer.Ordinal), solution.Order(StringComparer.Ordinal));
        Assert.Equal(
            all.Values.Where(project => !project.NeedsOrleans(all)).Select(project => project.Path).Order(StringComparer.Ordinal),
            filtered.Order(StringComparer.Ordinal));
    }

    [GeneratedRegex("\"([^\"]+\\.csproj)\"")]
    private static partial Regex SolutionProject();
}
