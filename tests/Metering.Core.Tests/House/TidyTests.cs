namespace Metering.Core.Tests.House;

public sealed class TidyTests
{
    private const int MostLinesOfAFile = 400;
    private const int MostLinesOfAMethod = 70;
    private const int MostColumns = 140;

    // Files ("path") and methods ("path: Name") past the sizes, each with its reason behind a '#'. It can only shrink: what is not past
    // the sizes any more has to leave it.
    private const string Exceptions = "tests/Metering.Core.Tests/House/oversized.txt";

    [Fact]
    public void Files_and_methods_stay_small()
    {
        var oversized = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var path in Sources.Code().Where(IsOurs))
        {
            var text = Sources.Text(path);
            if (text.AsSpan().Count('\n') > MostLinesOfAFile)
            {
                oversized.Add(path);
            }

            oversized.UnionWith(MethodLengths.In(text)
                .Where(method => method.Lines > MostLinesOfAMethod)
                .Select(method => $"{path}: {method.Name}"));
        }

        var excused = Sources.Text(Exceptions).Split('\n')
            .Select(line => line.Split('#')[0].Trim())
            .Where(line => line.Length > 0)
            .ToHashSet();
        Assert.True(oversized.IsSubsetOf(excused), $"Too long: {string.Join(", ", oversized.Except(excused))}");
        Assert.True(excused.IsSubsetOf(oversized), $"Take them off {Exceptions}: {string.Join(", ", excused.Except(oversized))}");
    }

    [Fact]
    public void Lines_fit_the_screen() =>
        Nothing(Sources.Code().Where(IsOurs).SelectMany(path => Sources.Text(path).Split('\n')
            .Select((line, index) => (Length: line.Length, Place: $"{path}:{index + 1}"))
            .Where(line => line.Length > MostColumns)
            .Select(line => line.Place)));

    [Fact]
    public void Every_feature_folder_of_the_domain_and_the_grid_has_a_readme() =>
        Nothing(Sources.Code()
            .Where(path => path.StartsWith("src/Metering.Core/", StringComparison.Ordinal)
                || path.StartsWith("src/Metering.Grid/", StringComparison.Ordinal))
            .Select(path => path.Split('/'))
            .Where(parts => parts.Length > 3)
            .Select(parts => string.Join('/', parts.Take(3)))
            .Distinct()
            .Except(Sources.All().Where(path => Path.GetFileName(path) == "README.md").Select(path => Path.GetDirectoryName(path)!)));

    [Fact]
    public void No_file_names_a_folder_of_one_machine_or_a_package_registry()
    {
        // Put together here, so that this file does not name them itself.
        string[] foreign = ["/" + "home/", "/" + "work/", "/" + "root/", "/" + "Users/", "/v3/" + "index.json", "package" + "Sources"];
        Nothing(Sources.All().SelectMany(path => foreign
            .Where(text => Sources.Text(path).Contains(text, StringComparison.Ordinal))
            .Select(text => $"{path} holds {text}")));
    }

    [Theory]
    [InlineData("class A { void B()\n{\nvar c = \"{{{\";\n// }\n} }", "B 5")]
    [InlineData("class A { int B(int x) => x switch\n{\n1 => 2,\n_ => 3,\n};\n\nint C { get; } }", "B 5")]
    [InlineData("record A { static A operator +(A x, A y)\n{\nif (x is { X: 1 })\n{\n}\n} }", "+ 6")]
    [InlineData("class A {\nint[] _b = F(\n1);\n\nA()\n: base(1)\n{\n_ = $\"{_b[\"}\"]}{{\";\n}\n}", "A 5")]
    [InlineData("class A {\nvoid B()\n{\nF($\"\"\"\n{d}\n\"\"\");\n}\n\nvoid E()\n{\nF(\"\"\"}\"\"\");\n}\n}", "B 6, E 4")]
    public void Methods_are_measured_from_header_to_brace(string code, string expected) =>
        Assert.Equal(expected, string.Join(", ", MethodLengths.In(code).Select(method => $"{method.Name} {method.Lines}")));

    // Assert.Empty would show the first few only.
    private static void Nothing(IEnumerable<string> faults)
    {
        var all = faults.ToList();
        Assert.True(all.Count == 0, $"{all.Count}: {string.Join(", ", all)}");
    }

    private static bool IsOurs(string path) =>
        path.StartsWith("src/", StringComparison.Ordinal) || path.StartsWith("tests/", StringComparison.Ordinal);
}
