using System.Diagnostics;
using System.Text;

namespace Metering.Scenarios.Crash;

/// <summary>The real executable in a process of its own.</summary>
internal sealed class ServerProcess : IDisposable
{
    private const int OutputMax = 64 * 1024;
    private readonly Guardian guardian;
    private readonly Process process;
    private readonly StringBuilder output = new();

    private ServerProcess(Guardian guardian, Process process)
    {
        this.guardian = guardian;
        this.process = process;
        StartedAt = Stopwatch.GetTimestamp();
        ProcessId = process.Id;
        guardian.Started(ProcessId);
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public int ProcessId { get; }

    /// <summary>Timestamp of the start.</summary>
    public long StartedAt { get; }

    public bool HasExited => process.HasExited;

    /// <summary>The newest of what it printed.</summary>
    public string Output
    {
        get
        {
            lock (output)
                return output.ToString();
        }
    }

    /// <summary>Starts the server of one machine; it serves when <c>/ready</c> says so.</summary>
    public static ServerProcess Start(
        Guardian guardian, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment) =>
        Start(guardian, "Metering.Server.dll", arguments, environment);

    /// <summary>Starts a program that is beside the tests.</summary>
    public static ServerProcess Start(
        Guardian guardian, string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } host ? host : "dotnet")
        {
            WorkingDirectory = guardian.Path,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, program));
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        foreach ((string name, string value) in environment)
            start.Environment[name] = value;
        return new ServerProcess(guardian, Process.Start(start)!);
    }

    /// <summary>Gives it a line to read.</summary>
    public async Task WriteLineAsync(string line)
    {
        await process.StandardInput.WriteLineAsync(line);
        await process.StandardInput.FlushAsync();
    }

    public void Send(Signal signal) => Signals.Send(ProcessId, signal);

    /// <summary>Kills it where it stands; returns when it is gone.</summary>
    public async Task KillAsync()
    {
        Send(Signal.Kill);
        await ExitAsync(TimeSpan.FromSeconds(30));
    }

    /// <summary>Waits for its end.</summary>
    /// <returns>The exit code; 128 and the signal's number where a signal ended it.</returns>
    public async Task<int> ExitAsync(TimeSpan within)
    {
        using var patience = new CancellationTokenSource(within);
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException(
                $"The server, process {ProcessId}, has not ended within {within.TotalSeconds} s. It said:\n{Output}");
        }

        guardian.Ended(ProcessId);
        return process.ExitCode;
    }

    public void Dispose()
    {
        if (!process.HasExited)
        {
            Send(Signal.Kill);
            process.WaitForExit(TimeSpan.FromSeconds(30));
        }

        guardian.Ended(ProcessId);
        process.Dispose();
    }

    private void Keep(string? line)
    {
        if (line is null)
            return;
        lock (output)
        {
            output.Append(line).Append('\n');
            if (output.Length > OutputMax)
                output.Remove(0, output.Length - OutputMax / 2);
        }
    }
}
