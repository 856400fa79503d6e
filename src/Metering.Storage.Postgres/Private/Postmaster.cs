using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Metering.Storage.Postgres.Private;

/// <summary>A running PostgreSQL server process, known by its process id and by what it wrote into <c>postmaster.pid</c>.</summary>
internal sealed record Postmaster(int ProcessId, int Port, string SocketFolder)
{
    private const int SignalKill = 9;
    private const int SignalInterrupt = 2;
    private const int SignalQuit = 3;

    /// <summary>
    /// The server that runs on these database files, or null. A <c>postmaster.pid</c> that a crash left behind is removed when its
    /// process id now belongs to something else: PostgreSQL itself would take that process for a server and refuse to start, which is
    /// usual in containers, where process ids begin anew.
    /// </summary>
    public static Postmaster? Find(string folder)
    {
        var file = Path.Combine(folder, "postmaster.pid");
        string[] lines;
        try
        {
            lines = File.ReadAllLines(file);
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }

        if (lines.Length == 0 || !int.TryParse(lines[0].Trim(), CultureInfo.InvariantCulture, out var processId))
        {
            return null;
        }

        if (!IsAlive(processId) || !WorksIn(processId, folder))
        {
            File.Delete(file);
            return null;
        }

        return lines.Length < 5 || !int.TryParse(lines[3].Trim(), CultureInfo.InvariantCulture, out var port)
            ? null
            : new Postmaster(processId, port, lines[4].Trim());
    }

    public bool IsRunning => IsAlive(ProcessId);

    /// <summary>Asks for a fast shutdown: sessions are ended, a checkpoint is written.</summary>
    public void ShutDownFast() => _ = SendSignal(ProcessId, SignalInterrupt);

    /// <summary>Asks for an immediate shutdown: no checkpoint; the next start recovers from the log.</summary>
    public void ShutDownNow() => _ = SendSignal(ProcessId, SignalQuit);

    /// <summary>Kills the server and its workers where they stand; returns the ids of all of them.</summary>
    public IReadOnlyList<int> Kill()
    {
        // The parent goes first: it would take a dead worker for a crash and start others.
        var all = new List<int> { ProcessId };
        all.AddRange(Workers());
        foreach (var processId in all)
        {
            _ = SendSignal(processId, SignalKill);
        }

        return all;
    }

    /// <summary>Whether a process is there and not merely waiting for its parent to collect it.</summary>
    public static bool IsAlive(int processId)
    {
        // Signal 0 only asks; "not permitted" also means that it is there.
        const int notPermitted = 1;
        if (SendSignal(processId, 0) != 0 && Marshal.GetLastPInvokeError() != notPermitted)
        {
            return false;
        }

        return !Directory.Exists("/proc/self") || Stat(processId) is { State: not ('Z' or 'X') };
    }

    /// <summary>Waits until all these processes are gone; false when that takes too long.</summary>
    public static async Task<bool> EndAsync(IReadOnlyList<int> processIds, TimeSpan within, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        while (processIds.Any(IsAlive))
        {
            if (Stopwatch.GetElapsedTime(started) > within)
            {
                return false;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(25), cancellationToken);
        }

        return true;
    }

    private IEnumerable<int> Workers() =>
        Directory.Exists("/proc/self")
            ? Directory.EnumerateDirectories("/proc")
                .Select(path => int.TryParse(Path.GetFileName(path), CultureInfo.InvariantCulture, out var id) ? id : 0)
                .Where(id => id > 0 && Stat(id) is { } stat && stat.Parent == ProcessId)
                .ToList()
            : [];

    // A server changes into its data folder first. Where that cannot be seen (no /proc), the word of the file is taken.
    private static bool WorksIn(int processId, string folder)
    {
        if (!Directory.Exists("/proc/self"))
        {
            return true;
        }

        try
        {
            return Directory.ResolveLinkTarget($"/proc/{processId}/cwd", returnFinalTarget: false)?.FullName is { } work
                && (work == folder || work == Canonical(folder));
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    // The kernel names a folder with every link on the way resolved.
    private static string Canonical(string folder)
    {
        var path = "/";
        foreach (var part in folder.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            path = Path.Combine(path, part);
            path = Directory.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;
        }

        return path;
    }

    private static (char State, int Parent)? Stat(int processId)
    {
        try
        {
            // "pid (name) state parent ..."; the name may hold anything, also spaces and brackets.
            var stat = File.ReadAllText($"/proc/{processId}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return (fields[0][0], int.Parse(fields[1], CultureInfo.InvariantCulture));
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static extern int SendSignal(int processId, int signal);
}
