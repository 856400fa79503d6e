using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Metering.TestSupport;

/// <summary>
/// The real server in a process of its own, from the program beside the test. Disposing kills it if it still runs; a private PostgreSQL
/// it leaves behind then is the test's to clear, by a server or a reset on the same folder.
/// </summary>
public sealed partial class ServerProcess : IAsyncDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);
    private readonly Process _process;
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly TaskCompletionSource<Uri> _serving = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ServerProcess(Process process) => _process = process;

    /// <summary>The operator's key every server started here has.</summary>
    public const string OperatorKey = "mk_test_0123456789abcdefghijklmnopqrstuvwxyzABCD";

    public int ProcessId => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>Everything it wrote so far.</summary>
    public string Output => string.Join('\n', _lines);

    /// <summary>Where it serves, once it does.</summary>
    /// <exception cref="InvalidOperationException">It ended instead, or does not come up.</exception>
    public async Task<Uri> ServingAsync()
    {
        try
        {
            return await _serving.Task.WaitAsync(_patience);
        }
        catch (TimeoutException)
        {
            throw new InvalidOperationException("The server does not come up:\n" + Output);
        }
    }

    /// <summary>Starts the program.</summary>
    /// <param name="arguments">Its command line.</param>
    public static ServerProcess Start(params IEnumerable<string> arguments) => Start([], arguments);

    /// <summary>Starts the program with more in its environment.</summary>
    /// <param name="environment">Names and values.</param>
    /// <param name="arguments">Its command line.</param>
    public static ServerProcess Start(IEnumerable<(string Name, string Value)> environment, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "Metering.Server.dll"));
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["METERING_OPERATOR_KEY"] = OperatorKey;
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        var process = new Process { StartInfo = start, EnableRaisingEvents = true };
        var server = new ServerProcess(process);
        process.OutputDataReceived += (_, line) => server.Take(line.Data);
        process.ErrorDataReceived += (_, line) => server.Take(line.Data);
        process.Exited += (_, _) => server._serving.TrySetException(
            new InvalidOperationException($"The server ended with exit code {process.ExitCode}:\n{server.Output}"));
        process.Start();
        process.StandardInput.Close();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return server;
    }

    /// <summary>Sends a signal by its name, such as <c>TERM</c>, <c>KILL</c>, <c>STOP</c>, <c>CONT</c>.</summary>
    public async Task SignalAsync(string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", ProcessId.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    /// <summary>Waits until it has ended.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> EndedAsync()
    {
        using var patience = new CancellationTokenSource(_patience);
        try
        {
            await _process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            throw new InvalidOperationException("The server does not end:\n" + Output);
        }

        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
        _ = _serving.Task.Exception;
    }

    private void Take(string? line)
    {
        if (line is null)
        {
            return;
        }

        _lines.Enqueue(line);
        if (ServingLine().Match(line) is { Success: true } found)
        {
            _serving.TrySetResult(new Uri(found.Groups[1].Value));
        }
    }

    [GeneratedRegex(@"serving on (http://[0-9.:]+)")]
    private static partial Regex ServingLine();
}
