using System.Diagnostics;
using Metering.TestSupport;

namespace Metering.Scenarios.Crash;

/// <summary>
/// The folder of one test, and the end of everything that the test started: by <see cref="Dispose"/>, or by a shell that outlives the
/// test host when that dies first. Processes are known by files of their id, written at their start and removed once they have ended.
/// </summary>
internal sealed class Guardian : IDisposable
{
    private const string Script = """
        trap '' INT TERM HUP
        while kill -0 "$1" 2>/dev/null && [ -d "$2" ]; do sleep 0.3; done
        [ -d "$2" ] || exit 0
        for file in "$2"/pids/*; do
            [ -e "$file" ] && kill -KILL "$(basename "$file")" 2>/dev/null
        done
        for file in "$2"/data/postgres*/postmaster.pid "$2"/disk/data/postgres*/postmaster.pid; do
            [ -e "$file" ] && kill -QUIT "$(head -n 1 "$file")" 2>/dev/null
        done
        sleep 1
        umount -l "$2/disk" 2>/dev/null
        rm -rf "$2"
        """;

    private readonly TestFolder folder = new("crash");

    public Guardian()
    {
        Directory.CreateDirectory(Pids);
        var start = new ProcessStartInfo("/bin/sh")
        {
            ArgumentList = { "-c", Script, "sh", $"{Environment.ProcessId}", folder.Path },
            WorkingDirectory = "/",
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        Process.Start(start)!.Dispose();
    }

    public string Path => folder.Path;

    private string Pids => System.IO.Path.Combine(folder.Path, "pids");

    public void Started(int processId) => File.WriteAllBytes(FileOf(processId), []);

    public void Ended(int processId) => File.Delete(FileOf(processId));

    /// <summary>Deletes the folder, by which the shell ends, too. All processes must have ended.</summary>
    public void Dispose() => folder.Dispose();

    private string FileOf(int processId) => System.IO.Path.Combine(Pids, $"{processId}");
}
