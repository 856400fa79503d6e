using Metering.TestSupport;

namespace Metering.Core.Tests.House;

/// <summary>The files of this checkout that are written by hand, with paths relative to its root.</summary>
internal static class Sources
{
    private static readonly string[] _made = ["bin", "obj", ".git", ".data", ".vs", ".idea", "TestResults"];

    public static IEnumerable<string> All() => Below(Repository.Root).Order(StringComparer.Ordinal);

    public static IEnumerable<string> Code() => All().Where(path => path.EndsWith(".cs", StringComparison.Ordinal));

    public static IEnumerable<string> Projects() => All().Where(path => path.EndsWith(".csproj", StringComparison.Ordinal));

    public static string Text(string path) => File.ReadAllText(Path.Combine(Repository.Root, path));

    public static bool IsMade(string folder) => _made.Contains(Path.GetFileName(folder));

    private static IEnumerable<string> Below(string folder) =>
        Directory.EnumerateFiles(folder).Select(path => Path.GetRelativePath(Repository.Root, path))
            .Concat(Directory.EnumerateDirectories(folder).Where(below => !IsMade(below)).SelectMany(Below));
}
