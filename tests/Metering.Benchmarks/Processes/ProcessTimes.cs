using System.Globalization;

namespace Metering.Benchmarks.Processes;

/// <summary>Processor time of processes, from <c>/proc</c>, in steps of 10 ms.</summary>
internal static class ProcessTimes
{
    private const double TicksASecond = 100;

    /// <summary>Of one process.</summary>
    public static double SecondsOf(int processId) => Read(processId) is { } stat ? (stat.Own) / TicksASecond : 0;

    /// <summary>Of a process, its children, and those of its children that have ended.</summary>
    public static double SecondsWithChildrenOf(int processId)
    {
        double seconds = Read(processId) is { } parent ? (parent.Own + parent.Ended) / TicksASecond : 0;
        foreach (string folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out int id)
                && Read(id) is { } child && child.Parent == processId)
                seconds += (child.Own + child.Ended) / TicksASecond;
        }

        return seconds;
    }

    /// <summary>The parent of a process.</summary>
    public static int ParentOf(int processId) =>
        Read(processId)?.Parent ?? throw new InvalidOperationException($"There is no process {processId}.");

    /// <summary>The letter of a process's state, as in proc(5); null where there is none.</summary>
    public static char? StateOf(int processId) => Read(processId)?.State;

    /// <summary>Resident memory, in MiB.</summary>
    public static double ResidentMegabytesOf(int processId)
    {
        string line = File.ReadLines($"/proc/{processId}/status").First(line => line.StartsWith("VmRSS", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024.0;
    }

    // Fields as in proc(5), counted behind the name, which may hold anything: state, parent, ..., utime, stime, cutime, cstime.
    private static (char State, int Parent, long Own, long Ended)? Read(int processId)
    {
        try
        {
            string text = File.ReadAllText($"/proc/{processId}/stat");
            string[] fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            return (fields[0][0], int.Parse(fields[1], CultureInfo.InvariantCulture), Number(11) + Number(12), Number(13) + Number(14));

            long Number(int field) => long.Parse(fields[field], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            // It has ended.
            return null;
        }
    }
}
