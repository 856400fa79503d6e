using System.Collections.Concurrent;
using System.Diagnostics;

namespace Metering.Benchmarks.Processes;

/// <summary>
/// A .NET program in a process of its own, which dies with this one (<see cref="ProcessGuard"/>). What it writes is read line by line;
/// what nobody waits for is kept, the last lines of it, for when it fails.
/// </summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    private const int KeptLines = 200;
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(5);
    private readonly Process process;
    private readonly ConcurrentQueue<string> kept = new();

    private ChildProcess(Process process) => this.process = process;

    public int Id => process.Id;

    public bool HasExited => process.HasExited;

    /// <summary>Starts this program once more.</summary>
    /// <param name="arguments">Its command line.</param>
    /// <param name="environment">More environment.</param>
    public static ChildProcess Start(IEnumerable<string> arguments, params IEnumerable<(string Name, string Value)> environment) =>
        Start(typeof(ChildProcess).Assembly.Location, arguments, environment, mergeErrors: false);

    /// <summary>Starts a program.</summary>
    /// <param name="assembly">The file of its assembly.</param>
    /// <param name="arguments">Its command line.</param>
    /// <param name="environment">More environment.</param>
    /// <param name="mergeErrors">Whether its errors are read with its output; otherwise they go where this program's go.</param>
    public static ChildProcess Start(
        string assembly, IEnumerable<string> arguments, IEnumerable<(string Name, string Value)> environment, bool mergeErrors)
    {
        var start = new ProcessStartInfo("dotnet", [assembly, .. arguments]) { RedirectStandardOutput = true };
        foreach ((string name, string value) in environment)
            start.Environment[name] = value;
        return new ChildProcess(ProcessGuard.Start(start, mergeErrors));
    }

    public Task WriteLineAsync(string line) => process.StandardInput.WriteLineAsync(line);

    /// <summary>The next line it writes.</summary>
    /// <exception cref="InvalidOperationException">It ended without one.</exception>
    public async Task<string> ReadLineAsync() =>
        await process.StandardOutput.ReadLineAsync()
            ?? throw new InvalidOperationException("A process of the benchmark ended early; see above.\n" + string.Join('\n', kept));

    /// <summary>The first line that holds something; those before it are kept.</summary>
    public async Task<string> ReadLineAsync(string holds)
    {
        while (true)
        {
            string line = await ReadLineAsync();
            if (line.Contains(holds, StringComparison.Ordinal))
                return line;
            Keep(line);
        }
    }

    /// <summary>Reads on and keeps, so that the process never waits for a reader. Nothing else may read from then on.</summary>
    public void KeepReading() => _ = KeepReadingAsync();

    /// <summary>Stops it where it stands, as SIGSTOP does, or lets it go on.</summary>
    public void Pause(bool paused) => Signals.Send(process.Id, paused ? Signals.Stop : Signals.Continue);

    /// <summary>Ends it by closing its input, then, where that does not help, by force.</summary>
    public async ValueTask DisposeAsync()
    {
        using var patience = new CancellationTokenSource(_patience);
        try
        {
            process.StandardInput.Close();
            await process.WaitForExitAsync(patience.Token);
        }
        catch (Exception ended) when (ended is OperationCanceledException or IOException)
        {
            await KillAsync();
            return;
        }

        ProcessGuard.Forget(process.Id);
        process.Dispose();
    }

    /// <summary>Asks it to end, as SIGTERM does, and waits.</summary>
    public async Task TerminateAsync()
    {
        Signals.Send(process.Id, Signals.Terminate);
        await process.WaitForExitAsync();
        ProcessGuard.Forget(process.Id);
        process.Dispose();
    }

    /// <summary>Ends it at once, by force.</summary>
    public async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
        ProcessGuard.Forget(process.Id);
        process.Dispose();
    }

    private async Task KeepReadingAsync()
    {
        while (await process.StandardOutput.ReadLineAsync() is { } line)
            Keep(line);
    }

    private void Keep(string line)
    {
        kept.Enqueue(line);
        if (kept.Count > KeptLines)
            kept.TryDequeue(out _);
    }
}
