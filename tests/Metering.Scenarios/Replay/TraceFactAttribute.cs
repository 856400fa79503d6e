using Metering.TestSupport;

namespace Metering.Scenarios.Replay;

/// <summary>
/// A test on the Azure LLM inference trace, read from the folder <c>shared/data</c> beside the project or from <c>METERING_TRACE</c>.
/// </summary>
public sealed class TraceFactAttribute : FactAttribute
{
    private const string Name = "AzureLLMInferenceTrace_code.csv";

    public TraceFactAttribute()
    {
        if (File is null)
            Skip = $"{Name} is not here: put it into shared/data beside the project, or set METERING_TRACE to its path.";
    }

    /// <summary>The file, or null.</summary>
    public static string? File { get; } = Find();

    private static string? Find()
    {
        string? given = Environment.GetEnvironmentVariable("METERING_TRACE");
        string[] places = [given ?? "", .. Above(Repository.Root).Select(folder => Path.Combine(folder, "shared", "data", Name))];
        return places.FirstOrDefault(System.IO.File.Exists);
    }

    private static IEnumerable<string> Above(string folder)
    {
        for (DirectoryInfo? parent = Directory.GetParent(folder); parent is not null; parent = parent.Parent)
            yield return parent.FullName;
    }
}
