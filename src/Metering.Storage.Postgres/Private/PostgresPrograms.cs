using System.Globalization;
using System.Text.RegularExpressions;

namespace Metering.Storage.Postgres.Private;

/// <summary>The folder that holds <c>initdb</c> and <c>postgres</c>, and their major version.</summary>
public sealed partial record PostgresPrograms(string Folder, int MajorVersion)
{
    /// <summary>Where programs are looked for before anything else, when this environment variable is set.</summary>
    public const string FolderVariable = "PG_BIN";

    internal string InitDb => Path.Combine(Folder, "initdb");

    internal string Postgres => Path.Combine(Folder, "postgres");

    /// <summary>
    /// Finds the programs: <c>PG_BIN</c>, then <c>PATH</c>, then the folders that packages use, newest version first.
    /// </summary>
    /// <param name="majorVersion">The version that existing database files need; null takes the first found.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    /// <exception cref="PrivatePostgresException">None was found, or none of that version.</exception>
    public static async Task<PostgresPrograms> FindAsync(int? majorVersion = null, CancellationToken cancellationToken = default)
    {
        var seen = new List<PostgresPrograms>();
        foreach (var folder in Candidates().Where(Holds).Distinct(StringComparer.Ordinal))
        {
            if (await VersionAsync(folder, cancellationToken) is not { } version)
            {
                continue;
            }

            var programs = new PostgresPrograms(folder, version);
            if (majorVersion is null || version == majorVersion)
            {
                return programs;
            }

            seen.Add(programs);
        }

        throw new PrivatePostgresException(seen.Count == 0
            ? "PostgreSQL's programs (initdb, postgres) were not found. Debian, Ubuntu: apt-get install postgresql. macOS: brew install " +
              $"postgresql. Elsewhere: set {FolderVariable} to the folder that holds them."
            : $"The database files were made by PostgreSQL {majorVersion}, but only " +
              $"{string.Join(", ", seen.Select(found => $"{found.MajorVersion} ({found.Folder})"))} was found. Install version " +
              $"{majorVersion} or set {FolderVariable} to the folder that holds its programs.");
    }

    private static IEnumerable<string> Candidates()
    {
        if (Environment.GetEnvironmentVariable(FolderVariable) is { Length: > 0 } chosen)
        {
            yield return chosen;
        }

        foreach (var folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries))
        {
            yield return folder;
        }

        foreach (var folder in NewestFirst("/usr/lib/postgresql", "*", "bin")
                     .Concat(NewestFirst("/usr", "pgsql-*", "bin"))
                     .Concat(NewestFirst("/opt/homebrew/opt", "postgresql*", "bin"))
                     .Concat(NewestFirst("/usr/local/opt", "postgresql*", "bin"))
                     .Append("/usr/local/pgsql/bin"))
        {
            yield return folder;
        }
    }

    private static IEnumerable<string> NewestFirst(string root, string pattern, string below) =>
        Directory.Exists(root)
            ? Directory.EnumerateDirectories(root, pattern)
                .OrderByDescending(folder => Number().Match(Path.GetFileName(folder)) is { Success: true } number
                    ? int.Parse(number.Value, CultureInfo.InvariantCulture)
                    : 0)
                .Select(folder => Path.Combine(folder, below))
            : [];

    private static bool Holds(string folder) =>
        File.Exists(Path.Combine(folder, "initdb")) && File.Exists(Path.Combine(folder, "postgres"));

    private static async Task<int?> VersionAsync(string folder, CancellationToken cancellationToken)
    {
        var run = await ProgramRun.OfAsync([Path.Combine(folder, "postgres"), "--version"], cancellationToken);
        return run.ExitCode == 0 && Number().Match(run.Output) is { Success: true } number
            ? int.Parse(number.Value, CultureInfo.InvariantCulture)
            : null;
    }

    [GeneratedRegex("[0-9]{1,4}")]
    private static partial Regex Number();
}
