using System.Diagnostics;
using System.Globalization;

namespace Metering.Benchmarks.Processes;

/// <summary>
/// Kills the processes that this one has started when it ends, however it ends: by itself, by an exception, by a signal nobody can catch.
/// A shell reads their numbers from a pipe; its end comes with the end of this process, and then the shell kills what is left. So nothing
/// is polled, and there is no moment in which a process exists that the shell does not know of: see <see cref="Gate"/>.
/// </summary>
internal static class ProcessGuard
{
    /// <summary>
    /// Stands before a command line, for <c>/bin/sh -c</c>: the program begins, in the same process, when a line comes in on its input, and
    /// never when the input ends before. The line is sent when the guard knows the process.
    /// </summary>
    private const string Gate = """read -r go && exec "$@" """;

    private const string MergingGate = """read -r go && exec "$@" 2>&1""";

    // Signals that a terminal sends to all must not end the guard before what it guards.
    private const string Script = """
        trap '' INT TERM HUP
        known=
        while read -r line; do
            case $line in
                -*) left=
                    for id in $known; do [ "$id" = "${line#-}" ] || left="$left $id"; done
                    known=$left ;;
                *) known="$known $line" ;;
            esac
        done
        for id in $known; do kill -KILL "$id" 2>/dev/null; done
        """;

    private static readonly Lock _gate = new();
    private static readonly Lazy<Process> _shell = new(Start);

    /// <summary>Starts a program that dies with this process.</summary>
    /// <param name="start">Its input is redirected; the program and its arguments are put behind the gate.</param>
    /// <param name="mergeErrors">Whether its errors go where its output goes.</param>
    public static Process Start(ProcessStartInfo start, bool mergeErrors = false)
    {
        var gated = new ProcessStartInfo("/bin/sh")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = start.RedirectStandardOutput,
            RedirectStandardError = start.RedirectStandardError,
        };
        foreach (string argument in (string[])["-c", mergeErrors ? MergingGate : Gate, "sh", start.FileName, .. start.ArgumentList])
            gated.ArgumentList.Add(argument);
        foreach ((string name, string? value) in start.Environment)
            gated.Environment[name] = value;
        Process process = Process.Start(gated)!;
        Tell(process.Id.ToString(CultureInfo.InvariantCulture));
        process.StandardInput.Write('\n');
        process.StandardInput.Flush();
        return process;
    }

    /// <summary>Forgets a process that has ended, whose number may be another's next.</summary>
    public static void Forget(int processId) => Tell((-processId).ToString(CultureInfo.InvariantCulture));

    private static void Tell(string line)
    {
        lock (_gate)
        {
            _shell.Value.StandardInput.Write(line + "\n");
            _shell.Value.StandardInput.Flush();
        }
    }

    private static Process Start() => Process.Start(
        new ProcessStartInfo("/bin/sh", ["-c", Script]) { RedirectStandardInput = true, WorkingDirectory = "/" })!;
}
