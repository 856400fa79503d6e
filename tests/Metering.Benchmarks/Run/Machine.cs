using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json;
using Metering.TestSupport;

namespace Metering.Benchmarks.Run;

/// <summary>What the figures were measured on.</summary>
internal static class Machine
{
    private const int Syncs = 200;

    // What of the runtime's environment changes how fast it is.
    private static readonly string[] _tuning = ["GC", "Tiered", "TC_", "PGO", "ReadyToRun", "ThreadPool", "Perf", "WriteXor", "SystemNet"];

    /// <summary>Processor, memory, kernel, disk, runtime.</summary>
    /// <param name="folder">A folder on the disk that holds the databases.</param>
    public static IReadOnlyDictionary<string, string> Describe(string folder) => new Dictionary<string, string>
    {
        ["processor"] = Processor(),
        ["cores"] = Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture),
        ["memory"] = string.Create(CultureInfo.InvariantCulture, $"{GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 1e9:0.0} GB"),
        ["kernel"] = RuntimeInformation.OSDescription,
        [".NET"] = Environment.Version.ToString(),
        ["server"] = ServerRuntime(),
        ["probe and peers"] = "server GC",
        ["write and flush of 8 kB"] = string.Create(CultureInfo.InvariantCulture, $"{FlushMicroseconds(folder):0} us (median of {Syncs})"),
        ["load average at the start"] = File.ReadAllText("/proc/loadavg").Split(' ')[0],
    };

    /// <summary>The commit of the checkout, with a mark when files differ from it.</summary>
    public static string Commit()
    {
        string commit = Git("rev-parse", "--short", "HEAD");
        return Git("status", "--porcelain", "--untracked-files=no", "--", "src").Length > 0 ? commit + " with changes in src" : commit;
    }

    private static string Processor() => File.Exists("/proc/cpuinfo")
        ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name",
            StringComparison.Ordinal))?.Split(':')[1].Trim()
            ?? RuntimeInformation.ProcessArchitecture.ToString()
        : RuntimeInformation.ProcessArchitecture.ToString();

    /// <summary>How the product is run: as it was built, with what its runtime configuration and this environment say.</summary>
    private static string ServerRuntime()
    {
        string file = Path.ChangeExtension(ServerTarget.Program, ".runtimeconfig.json");
        using JsonDocument runtime = JsonDocument.Parse(File.ReadAllText(file));
        IEnumerable<string> settings = runtime.RootElement.GetProperty("runtimeOptions").GetProperty("configProperties").EnumerateObject()
            .Where(property => property.Name.StartsWith("System.GC.", StringComparison.Ordinal)
                || property.Name.Contains("Tiered", StringComparison.Ordinal))
            .Select(property => $"{property.Name}={property.Value.GetRawText()}");
        IEnumerable<string> environment = Environment.GetEnvironmentVariables().Keys.Cast<string>()
            .Where(name => name.StartsWith("METERING_", StringComparison.Ordinal)
                || (name.StartsWith("DOTNET_", StringComparison.Ordinal) && _tuning.Any(name.Contains)))
            .Select(name => $"{name}={Environment.GetEnvironmentVariable(name)}");
        string build = typeof(ServerTarget).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;
        return string.Join(", ", [$"{build} build, settings as shipped", .. settings, .. environment]);
    }

    private static double FlushMicroseconds(string folder)
    {
        string path = Path.Combine(folder, "metering-flush-" + Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        try
        {
            using FileStream file = File.Create(path);
            byte[] page = new byte[8_192];
            var times = new double[Syncs];
            for (int i = 0; i < Syncs; i++)
            {
                long started = Stopwatch.GetTimestamp();
                file.Write(page);
                file.Flush(flushToDisk: true);
                times[i] = Stopwatch.GetElapsedTime(started).TotalMicroseconds;
            }

            Array.Sort(times);
            return times[Syncs / 2];
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static string Git(params string[] arguments)
    {
        try
        {
            using Process git = Process.Start(new ProcessStartInfo("git", arguments) { RedirectStandardOutput = true,
                WorkingDirectory = Repository.Root })!;
            string said = git.StandardOutput.ReadToEnd().Trim();
            git.WaitForExit();
            return git.ExitCode == 0 ? said : "unknown";
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return "unknown: there is no git";
        }
    }
}
