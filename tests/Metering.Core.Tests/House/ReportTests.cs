using Metering.TestSupport;
using Metering.TestSupport.Report;

namespace Metering.Core.Tests.House;

public sealed class ReportTests : IDisposable
{
    private readonly TestFolder _folder = new("report");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Results_of_all_projects_are_summed_and_the_last_line_is_the_sum()
    {
        Results("One", "Completed", "Passed", "Passed", "NotExecuted");
        Results("Two", "Completed", "Passed");
        var (code, output) = Print("--skipped", "1", "--ran", "One=0", "Two=0");
        Assert.Equal("3 passed, 0 failed, 2 skipped", output[^1]);
        Assert.Equal(0, code);
    }

    [Theory]
    [InlineData("Failed", 1, "Passed", "Failed")]
    [InlineData("Failed", 1, "Passed", "Timeout")]
    [InlineData("Failed", 0, "Passed")]
    [InlineData("Completed", 134, "Passed")]
    [InlineData("Completed", 0)]
    public void Failed_test_broken_off_run_bad_exit_and_empty_run_each_fail(string outcome, int exitCode, params string[] tests)
    {
        Results("One", outcome, tests);
        var (code, output) = Print("--skipped", "0", "--ran", $"One={exitCode}");
        Assert.Equal($"{tests.Count(test => test == "Passed")} passed, 1 failed, 0 skipped", output[^1]);
        Assert.Equal(1, code);
    }

    [Fact]
    public void Missing_and_broken_results_and_no_projects_at_all_fail()
    {
        Assert.Equal("0 passed, 1 failed, 0 skipped", Print("--skipped", "0", "--ran", "Gone=0").Output[^1]);
        Assert.Equal("0 passed, 1 failed, 0 skipped", Print("--skipped", "0", "--ran").Output[^1]);
        Directory.CreateDirectory(Path.Combine(_folder.Path, "Half"));
        File.WriteAllText(Path.Combine(_folder.Path, "Half", "results.trx"), "<TestRun><Results>");
        Assert.Equal("0 passed, 1 failed, 0 skipped", Print("--skipped", "0", "--ran", "Half=0").Output[^1]);
    }

    [Fact]
    public void Line_is_covered_when_any_run_covers_it_and_the_threshold_is_kept()
    {
        Results("One", "Completed", "Passed");
        var source = Path.Combine(_folder.Path, "src");
        Directory.CreateDirectory(Path.Combine(source, "P"));
        File.WriteAllText(Path.Combine(source, "P", "A.cs"), "");
        Coverage("One", source, "P/A.cs", (1, 1), (2, 0), (3, 0), (4, 0));
        Coverage("Two", Path.Combine(source, "P"), "A.cs", (1, 0), (2, 7), (3, 1), (4, 0));
        Assert.Equal(new LineCoverage("P", 3, 4), Assert.Single(LineCoverage.Merge(_folder.Path, ["P"])));

        Assert.Equal(0, Print("--covered", "P", "--threshold", "75", "--skipped", "0", "--ran", "One=0").Code);
        var (code, output) = Print("--covered", "P", "--threshold", "76", "--skipped", "0", "--ran", "One=0");
        Assert.Equal(1, code);
        Assert.Contains("line coverage of P: 75.0 % (3 of 4 lines), FAILED: below the 76 % demanded", output);
    }

    private (int Code, string[] Output) Print(params string[] arguments)
    {
        using var output = new StringWriter();
        var code = Summary.Print([_folder.Path, .. arguments], output);
        return (code, output.ToString().TrimEnd().Split('\n'));
    }

    private void Results(string project, string outcome, params string[] tests)
    {
        Directory.CreateDirectory(Path.Combine(_folder.Path, project));
        File.WriteAllText(
            Path.Combine(_folder.Path, project, "results.trx"),
            "<TestRun xmlns=\"http://microsoft.com/schemas/VisualStudio/TeamTest/2010\"><Results>" +
            string.Concat(tests.Select((test, index) => $"<UnitTestResult testName=\"T{index}\" outcome=\"{test}\" />")) +
            $"</Results><ResultSummary outcome=\"{outcome}\" /></TestRun>");
    }

    private void Coverage(string project, string source, string file, params (int Line, int Hits)[] lines)
    {
        var folder = Path.Combine(_folder.Path, project, "run");
        Directory.CreateDirectory(folder);
        File.WriteAllText(
            Path.Combine(folder, "coverage.cobertura.xml"),
            $"<coverage><sources><source>{source}</source></sources><packages><package name=\"P\"><classes>" +
            $"<class filename=\"{file}\"><lines>" +
            string.Concat(lines.Select(line => $"<line number=\"{line.Line}\" hits=\"{line.Hits}\" />")) +
            "</lines></class></classes></package></packages></coverage>");
    }
}
