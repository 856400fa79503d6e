using System.Globalization;

namespace Metering.TestSupport.Report;

/// <summary>The end of <c>./test</c>: what failed, the line coverage, the sum over all projects.</summary>
public static class Summary
{
    /// <summary>
    /// <c>RESULTS --covered NAME... --threshold PERCENT --skipped COUNT --ran PROJECT=EXITCODE...</c>: expects the results of each
    /// project that ran in <c>RESULTS/PROJECT/results.trx</c>. Without <c>--covered</c>, coverage is neither printed nor demanded.
    /// The last line printed is <c>N passed, N failed, N skipped</c>.
    /// </summary>
    /// <returns>0 when nothing failed and the threshold was met, 1 otherwise.</returns>
    public static int Print(IReadOnlyList<string> arguments, TextWriter output)
    {
        var folder = arguments[0];
        var options = Options(arguments);
        var projects = options["--ran"].Select(pair => pair.Split('=')).Select(pair => (Name: pair[0], ExitCode: Number(pair[1]))).ToList();
        var sum = TestTotals.Sum(projects
            .Select(project => TestTotals.Read(project.Name, Path.Combine(folder, project.Name, "results.trx"), project.ExitCode)));
        if (projects.Count == 0)
        {
            sum = sum with { Failed = 1, Failures = ["no test project was run"] };
        }

        foreach (var failure in sum.Failures)
        {
            output.WriteLine($"FAILED {failure}");
        }

        var covered = Coverage(folder, options, output);
        output.WriteLine($"{sum.Passed} passed, {sum.Failed} failed, {sum.Skipped + Number(options["--skipped"].Single())} skipped");
        return sum.Failed == 0 && covered ? 0 : 1;
    }

    private static bool Coverage(string folder, Dictionary<string, List<string>> options, TextWriter output)
    {
        if (!options.TryGetValue("--covered", out var names))
        {
            return true;
        }

        var threshold = Number(options["--threshold"].Single());
        var enough = true;
        foreach (var coverage in LineCoverage.Merge(folder, names))
        {
            var verdict = coverage.Percent >= threshold ? "" : $", FAILED: below the {threshold} % demanded";
            enough &= verdict.Length == 0;
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"line coverage of {coverage.Project}: {coverage.Percent:0.0} % ({coverage.Covered} of {coverage.Lines} lines){verdict}"));
        }

        return enough;
    }

    private static Dictionary<string, List<string>> Options(IReadOnlyList<string> arguments)
    {
        var options = new Dictionary<string, List<string>> { ["--ran"] = [], ["--skipped"] = [] };
        var current = options["--ran"];
        foreach (var argument in arguments.Skip(1))
        {
            if (argument.StartsWith("--", StringComparison.Ordinal))
            {
                options[argument] = current = [];
            }
            else
            {
                current.Add(argument);
            }
        }

        return options;
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
