using System.Xml;
using System.Xml.Linq;

namespace Metering.TestSupport.Report;

/// <summary>What the tests of one project came to, read from the result file of the test runner (TRX).</summary>
public sealed record TestTotals(int Passed, int Failed, int Skipped, IReadOnlyList<string> Failures)
{
    /// <summary>
    /// Reads one project's result. A run that leaves no readable file, that runs no test, or that ends badly although no test failed
    /// (its host crashed or hung) counts as a failure, so a project can never vanish from the sum.
    /// </summary>
    /// <param name="project">The project's name, for messages.</param>
    /// <param name="file">The result file; it may be missing.</param>
    /// <param name="exitCode">What the test runner ended with.</param>
    public static TestTotals Read(string project, string file, int exitCode)
    {
        var totals = File.Exists(file)
            ? ReadFile(project, file)
            : Fault(project, "left no results: its test host crashed or did not start");
        if (totals.Failed == 0 && exitCode != 0)
        {
            return totals.With($"{project}: ended with exit code {exitCode} although no test failed");
        }

        return totals.Passed + totals.Failed + totals.Skipped == 0 ? Fault(project, "ran no test") : totals;
    }

    public static TestTotals Sum(IEnumerable<TestTotals> parts) => parts.Aggregate(
        new TestTotals(0, 0, 0, []),
        (sum, part) => new TestTotals(
            sum.Passed + part.Passed, sum.Failed + part.Failed, sum.Skipped + part.Skipped, [.. sum.Failures, .. part.Failures]));

    private static TestTotals ReadFile(string project, string file)
    {
        XDocument document;
        try
        {
            document = XDocument.Load(file);
        }
        catch (XmlException broken)
        {
            return Fault(project, $"left broken results: {broken.Message}");
        }

        var totals = new TestTotals(0, 0, 0, []);
        foreach (var result in Named(document, "UnitTestResult"))
        {
            totals = (string?)result.Attribute("outcome") switch
            {
                "Passed" => totals with { Passed = totals.Passed + 1 },
                "NotExecuted" => totals with { Skipped = totals.Skipped + 1 },
                _ => totals.With($"{(string?)result.Attribute("testName")}: {FirstLine(result)}"),
            };
        }

        var summary = Named(document, "ResultSummary").FirstOrDefault();
        return totals.Failed == 0 && (string?)summary?.Attribute("outcome") is not ("Completed" or "Passed")
            ? totals.With($"{project}: the run was broken off: {FirstLine(summary)}")
            : totals;
    }

    private TestTotals With(string failure) => this with { Failed = Failed + 1, Failures = [.. Failures, failure] };

    private static TestTotals Fault(string project, string what) => new(0, 1, 0, [$"{project}: {what}"]);

    private static IEnumerable<XElement> Named(XContainer container, string name) =>
        container.Descendants().Where(element => element.Name.LocalName == name);

    private static string FirstLine(XElement? element)
    {
        var text = element is null
            ? null
            : Named(element, "Message").Concat(Named(element, "Text"))
                .Select(found => found.Value.Trim())
                .FirstOrDefault(found => found != "");
        return text is null ? "no message" : text.Split('\n')[0].Trim();
    }
}
