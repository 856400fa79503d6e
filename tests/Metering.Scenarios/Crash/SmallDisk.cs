using System.Diagnostics;

namespace Metering.Scenarios.Crash;

/// <summary>A disk in memory, to be filled up.</summary>
internal sealed class SmallDisk : IDisposable
{
    private const int Block = 64 * 1024;
    private readonly string filler;

    public SmallDisk(string folder, int megabytes)
    {
        Folder = folder;
        filler = Path.Combine(folder, "filler");
        Directory.CreateDirectory(folder);
        if (!Run("mount", "-t", "tmpfs", "-o", $"size={megabytes}m,mode=755", "tmpfs", folder))
            throw new InvalidOperationException($"Nothing could be mounted on {folder}.");
    }

    public string Folder { get; }

    public static bool Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }

    /// <summary>Takes all room there is.</summary>
    public void Fill()
    {
        using var file = new FileStream(filler, FileMode.Append);
        var block = new byte[Block];
        try
        {
            while (true)
            {
                file.Write(block);
                file.Flush();
            }
        }
        catch (IOException)
        {
            // That was all.
        }
    }

    /// <summary>Gives the room back.</summary>
    public void Clear() => File.Delete(filler);

    public void Dispose()
    {
        Run("umount", "-l", Folder);
    }
}
